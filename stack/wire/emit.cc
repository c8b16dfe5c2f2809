#include "stack/wire/emit.h"

#include <algorithm>
#include <cstring>

#include "stack/base/check.h"
#include "stack/wire/be.h"
#include "stack/wire/checksum.h"
#include "stack/wire/ipv4_view.h"

namespace handfast {
namespace {

constexpr uint8_t kNop = 1;

// Appends to an option list of at most 40 octets.
class OptionWriter {
 public:
  explicit OptionWriter(std::array<uint8_t, TcpView::kMaxOptions>& out) : out_(out) {}

  size_t size() const { return size_; }
  size_t room() const { return out_.size() - size_; }

  void Put8(uint8_t x) { out_[size_++] = x; }
  void Put16(uint16_t x) { StoreBe16(&out_[size_], x), size_ += 2; }
  void Put32(uint32_t x) { StoreBe32(&out_[size_], x), size_ += 4; }
  void Put(Bytes bytes) {
    std::copy(bytes.begin(), bytes.end(), &out_[size_]);
    size_ += bytes.size();
  }
  // Four octets of kind, length and NOPs before them, as many as align `value` octets.
  void Head(OptionKind kind, size_t value) {
    for (size_t total = value + 2; total % 4 != 0; ++total) Put8(kNop);
    Put8(static_cast<uint8_t>(kind));
    Put8(static_cast<uint8_t>(value + 2));
  }

 private:
  std::array<uint8_t, TcpView::kMaxOptions>& out_;
  size_t size_ = 0;
};

void PutTimestamps(const OutOptions& options, OptionWriter& out) {
  const bool sack_permitted = options.has(Options::kSackPermitted);
  if (sack_permitted)
    out.Put16(0x0402);
  else
    out.Put16(0x0101);
  out.Put16(0x080a);
  out.Put32(options.ts_val);
  out.Put32(options.ts_ecr);
}

void PutFastOpen(const OutOptions& options, OptionWriter& out) {
  const size_t value = options.cookie.size() + (options.fastopen_experimental ? 2 : 0);
  const size_t padded = (value + 2 + 3) / 4 * 4;
  if (padded > out.room()) return;
  const size_t end = out.size() + padded;
  out.Put8(static_cast<uint8_t>(options.fastopen_experimental ? OptionKind::kExperimental
                                                              : OptionKind::kFastOpen));
  out.Put8(static_cast<uint8_t>(value + 2));
  if (options.fastopen_experimental) out.Put16(kFastOpenMagic);
  out.Put(options.cookie);
  while (out.size() < end) out.Put8(kNop);
}

void PutSack(const OutOptions& options, OptionWriter& out) {
  if (out.room() < 12) return;
  const size_t blocks = std::min<size_t>(options.sack_blocks, (out.room() - 4) / 8);
  out.Head(OptionKind::kSack, 8 * blocks);
  for (size_t i = 0; i < blocks; ++i) {
    out.Put32(options.sack[i].first.raw());
    out.Put32(options.sack[i].end.raw());
  }
}

// Stores words in network order and sums them up on the way.
class HeaderWriter {
 public:
  explicit HeaderWriter(uint8_t* out) : out_(out) {}
  void Put32(uint32_t word) {
    StoreBe32(out_, word);
    out_ += 4;
    sum_ += word;
  }
  void Sum(uint32_t word) { sum_ += word; }
  uint16_t Fold() const {
    uint64_t sum = (sum_ & 0xffff'ffff) + (sum_ >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  }

 private:
  uint8_t* out_;
  uint64_t sum_ = 0;
};

// DF set and identification 0: an atomic datagram (RFC 6864 §4.1).
void EmitIpv4(const Addr& source, const Addr& destination, uint8_t protocol, uint8_t tos,
              uint8_t ttl, size_t total, uint8_t* out) {
  HeaderWriter header(out);
  header.Put32(0x4500'0000 | uint32_t{tos} << 16 | static_cast<uint32_t>(total));
  header.Put32(0x0000'4000);
  header.Put32(uint32_t{ttl} << 24 | uint32_t{protocol} << 16);
  header.Put32(source.v4());
  header.Put32(destination.v4());
  StoreBe16(out + 10, header.Fold());
}

}  // namespace

size_t EmitOptions(const OutOptions& options,
                   std::array<uint8_t, TcpView::kMaxOptions>& buffer) {
  OptionWriter out(buffer);
  if (options.has(Options::kMd5)) {
    out.Head(OptionKind::kMd5, 16);
    out.Put(options.md5.first(16));
  }
  if (options.has(Options::kMss)) {
    out.Head(OptionKind::kMss, 2);
    out.Put16(options.mss);
  }
  const bool timestamps = options.has(Options::kTimestamps) && out.room() >= 12;
  if (timestamps) PutTimestamps(options, out);
  if (options.has(Options::kSackPermitted) && !timestamps && out.room() >= 4)
    out.Head(OptionKind::kSackPermitted, 0);
  if (options.has(Options::kWindowScale) && out.room() >= 4) {
    out.Head(OptionKind::kWindowScale, 1);
    out.Put8(options.window_scale);
  }
  if (options.has(Options::kFastOpen)) PutFastOpen(options, out);
  if (options.has(Options::kSack) && options.sack_blocks > 0) PutSack(options, out);
  return out.size();
}

size_t EmitTcp(const Outgoing& segment, Bytes options, size_t text_length, MutableBytes out) {
  const size_t text_at = TextOffset(options.size());
  const size_t total = text_at + text_length;
  HF_CHECK(options.size() % 4 == 0 && options.size() <= TcpView::kMaxOptions);
  HF_CHECK(total <= out.size() && total <= 0xffff);
  const Flow& flow = segment.flow;
  EmitIpv4(flow.local, flow.peer, kProtocolTcp, segment.tos, segment.ttl, total, out.data());

  uint8_t* const tcp = out.data() + 20;
  HeaderWriter header(tcp);
  header.Put32(uint32_t{static_cast<uint16_t>(flow.local_port)} << 16 |
               static_cast<uint16_t>(flow.peer_port));
  header.Put32(segment.seq.raw());
  header.Put32(segment.ack.raw());
  const auto words = static_cast<uint32_t>(5 + options.size() / 4);
  header.Put32(words << 28 | uint32_t{segment.flags.bits()} << 16 | segment.window);
  header.Put32(0);
  for (size_t i = 0; i < options.size(); i += 4) header.Put32(LoadBe32(&options[i]));
  header.Sum(flow.local.v4());
  header.Sum(flow.peer.v4());
  header.Sum(kProtocolTcp);
  header.Sum(static_cast<uint32_t>(total - 20));
  if (text_length != 0) {
    Checksum text;
    text.Add(Bytes(out.data() + text_at, text_length));
    header.Sum(static_cast<uint16_t>(~text.Fold()));
  }
  StoreBe16(tcp + 16, header.Fold());
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
