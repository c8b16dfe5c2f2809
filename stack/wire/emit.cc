#include "stack/wire/emit.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "stack/base/check.h"
#include "stack/wire/be.h"
#include "stack/wire/checksum.h"
#include "stack/wire/ipv4_view.h"

namespace handfast {
namespace {

constexpr uint8_t kNop = 1;

// Stores words in network order and sums them up on the way: what was just stored in pieces
// is slow to read again as a whole.
class WordWriter {
 public:
  explicit WordWriter(uint8_t* out) : out_(out) {}

  void Put32(uint32_t word) {
    StoreBe32(out_ + size_, word);
    size_ += 4;
    sum_ += word;
  }
  void Put(const Addr& addr) { Put32(addr.v4()); }
  // REQUIRES: a multiple of four octets.
  void Put(Bytes bytes) {
    for (size_t i = 0; i < bytes.size(); i += 4) Put32(LoadBe32(&bytes[i]));
  }

  size_t size() const { return size_; }
  uint64_t sum() const { return sum_; }

 private:
  uint8_t* out_;
  size_t size_ = 0;
  uint64_t sum_ = 0;
};

// The checksum of words in host order that add up to this.
uint16_t Fold(uint64_t sum) {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Options, as many as fit.
class OptionWriter : public WordWriter {
 public:
  using WordWriter::WordWriter;
  size_t room() const { return TcpView::kMaxOptions - size(); }
};

// Kind and length, behind NOPs or before a value of two octets.
constexpr uint32_t Aligned(OptionKind kind, size_t length) {
  return uint32_t{kNop} << 24 | uint32_t{kNop} << 16 |
         uint32_t{static_cast<uint8_t>(kind)} << 8 | static_cast<uint32_t>(length);
}

void PutTimestamps(const OutOptions& options, OptionWriter& out) {
  constexpr uint32_t kAlone = Aligned(OptionKind::kTimestamps, 10);
  constexpr uint32_t kBehindSackPermitted = (kAlone & 0xffff) | 0x0402'0000;
  out.Put32(options.has(Options::kSackPermitted) ? kBehindSackPermitted : kAlone);
  out.Put32(options.ts_val);
  out.Put32(options.ts_ecr);
}

void PutFastOpen(const OutOptions& options, OptionWriter& out) {
  std::array<uint8_t, 4 + kMaxFastOpenCookie> value;
  value.fill(kNop);
  const OptionKind kind =
      options.fastopen_experimental ? OptionKind::kExperimental : OptionKind::kFastOpen;
  const size_t head = options.fastopen_experimental ? 4 : 2;
  const size_t length = head + options.cookie.size();
  const size_t padded = (length + 3) / 4 * 4;
  HF_CHECK(options.cookie.size() <= kMaxFastOpenCookie);
  if (padded > out.room()) return;
  value[0] = static_cast<uint8_t>(kind);
  value[1] = static_cast<uint8_t>(length);
  if (options.fastopen_experimental) StoreBe16(&value[2], kFastOpenMagic);
  std::copy(options.cookie.begin(), options.cookie.end(), value.begin() + head);
  out.Put(Bytes(value).first(padded));
}

void PutSack(const OutOptions& options, OptionWriter& out) {
  if (out.room() < 12) return;
  const size_t blocks = std::min(options.sack.size(), (out.room() - 4) / 8);
  out.Put32(Aligned(OptionKind::kSack, 2 + 8 * blocks));
  for (size_t i = 0; i < blocks; ++i) {
    out.Put32(options.sack[i].first.raw());
    out.Put32(options.sack[i].end.raw());
  }
}

// DF set and identification 0: an atomic datagram (RFC 6864 §4.1).
void EmitIpv4(const Addr& source, const Addr& destination, uint8_t protocol, uint8_t tos,
              uint8_t ttl, size_t total, uint8_t* out) {
  WordWriter header(out);
  header.Put32(0x4500'0000 | uint32_t{tos} << 16 | static_cast<uint32_t>(total));
  header.Put32(0x0000'4000);
  header.Put32(uint32_t{ttl} << 24 | uint32_t{protocol} << 16);
  header.Put(source);
  header.Put(destination);
  StoreBe16(out + 10, Fold(header.sum()));
}

}  // namespace

EmittedOptions EmitOptions(const OutOptions& options, uint8_t* list) {
  OptionWriter out(list);
  if (options.has(Options::kMd5)) {
    out.Put32(Aligned(OptionKind::kMd5, 18));
    out.Put(options.md5.first(16));
  }
  if (options.has(Options::kMss)) out.Put32(0x0204'0000 | options.mss);
  const bool timestamps = options.has(Options::kTimestamps) && out.room() >= 12;
  if (timestamps) PutTimestamps(options, out);
  if (options.has(Options::kSackPermitted) && !timestamps && out.room() >= 4)
    out.Put32(Aligned(OptionKind::kSackPermitted, 2));
  if (options.has(Options::kWindowScale) && out.room() >= 4)
    out.Put32(0x0103'0300 | options.window_scale);
  if (options.has(Options::kFastOpen)) PutFastOpen(options, out);
  if (options.has(Options::kSack) && !options.sack.empty()) PutSack(options, out);
  return {out.size(), out.sum()};
}

size_t EmitTcp(const Outgoing& segment, const EmittedOptions& options, size_t text_length,
               MutableBytes out) {
  const size_t header = TcpView::kMinHeader + options.length;
  const size_t length = header + text_length;
  const size_t total = 20 + length;
  HF_CHECK(options.length % 4 == 0 && options.length <= TcpView::kMaxOptions);
  HF_CHECK(total <= out.size() && total <= 0xffff);
  const Flow& flow = segment.flow;
  EmitIpv4(flow.local, flow.peer, kProtocolTcp, segment.tos, segment.ttl, total, out.data());
  uint8_t* const at = out.data() + 20;
  WordWriter tcp(at);
  tcp.Put32(uint32_t{static_cast<uint16_t>(flow.local_port)} << 16 |
            static_cast<uint16_t>(flow.peer_port));
  tcp.Put32(segment.seq.raw());
  tcp.Put32(segment.ack.raw());
  tcp.Put32(static_cast<uint32_t>(header / 4) << 28 | uint32_t{segment.flags.bits()} << 16 |
            segment.window);
  tcp.Put32(0);
  const uint64_t pseudo = uint64_t{flow.local.v4()} + flow.peer.v4() + kProtocolTcp + length;
  uint64_t sum = tcp.sum() + options.sum + pseudo;
  if (text_length != 0) {
    Checksum text;
    text.Add(out.subspan(20 + header, text_length));
    sum += static_cast<uint16_t>(~text.Fold());
  }
  StoreBe16(at + 16, Fold(sum));
  return total;
}

size_t EmitEchoReply(Bytes request, MutableBytes out) {
  const Ipv4View ip(request);
  const Bytes icmp = ip.payload();
  const size_t total = 20 + icmp.size();
  if (total > out.size()) return 0;
  EmitIpv4(ip.destination(), ip.source(), kProtocolIcmp, ip.tos() & 0xfc, kDefaultTtl, total,
           out.data());
  uint8_t* const reply = out.data() + 20;
  std::memcpy(reply, icmp.data(), icmp.size());
  StoreBe32(reply, 0);
  Checksum sum;
  sum.Add(Bytes(reply, icmp.size()));
  StoreBe16(reply + 2, sum.Fold());
  return total;
}

}  // namespace handfast
