#include "harness/packet.h"

#include <algorithm>
#include <numeric>

#include "stack/wire/be.h"

namespace handfast {
namespace {

void Put16(std::vector<uint8_t>& out, unsigned x) {
  out.push_back(static_cast<uint8_t>(x >> 8));
  out.push_back(static_cast<uint8_t>(x));
}

void Put32(std::vector<uint8_t>& out, uint32_t x) {
  Put16(out, x >> 16);
  Put16(out, x & 0xffff);
}

uint16_t TcpChecksum(const Addr& source, const Addr& destination, Bytes segment) {
  std::vector<uint8_t> pseudo;
  Put32(pseudo, source.v4());
  Put32(pseudo, destination.v4());
  Put16(pseudo, kProtocolTcp);
  Put16(pseudo, static_cast<unsigned>(segment.size()));
  pseudo.insert(pseudo.end(), segment.begin(), segment.end());
  return Rfc1071(pseudo);
}

}  // namespace

uint16_t Rfc1071(Bytes bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += static_cast<uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

ExactBytes::ExactBytes(Bytes bytes)
    : block_(std::make_unique<uint8_t[]>(bytes.size())), size_(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), block_.get());
}

OptionList& OptionList::Raw(std::initializer_list<int> bytes) {
  for (const int byte : bytes) bytes_.push_back(static_cast<uint8_t>(byte));
  return *this;
}
OptionList& OptionList::Mss(uint16_t mss) { return Raw({2, 4, mss >> 8, mss & 255}); }
OptionList& OptionList::Scale(uint8_t shift) { return Raw({3, 3, shift}); }
OptionList& OptionList::SackPermitted() { return Raw({4, 2}); }
OptionList& OptionList::Sack(std::initializer_list<std::pair<uint32_t, uint32_t>> blocks) {
  Raw({5, static_cast<int>(2 + 8 * blocks.size())});
  for (const auto& [first, end] : blocks) {
    Put32(bytes_, first);
    Put32(bytes_, end);
  }
  return *this;
}
OptionList& OptionList::Timestamps(uint32_t val, uint32_t ecr) {
  Raw({8, 10});
  Put32(bytes_, val);
  Put32(bytes_, ecr);
  return *this;
}
OptionList& OptionList::Nop(int count) {
  bytes_.insert(bytes_.end(), static_cast<size_t>(count), 1);
  return *this;
}
OptionList OptionList::Usual(uint32_t ts_val, uint32_t ts_ecr) {
  return OptionList().Mss(1460).SackPermitted().Timestamps(ts_val, ts_ecr).Nop().Scale(7);
}

std::vector<uint8_t> TcpPacket::SealSegment() const {
  std::vector<uint8_t> tcp;
  Put16(tcp, static_cast<uint16_t>(flow.local_port));
  Put16(tcp, static_cast<uint16_t>(flow.peer_port));
  Put32(tcp, seq);
  Put32(tcp, ack);
  const size_t padded = (options.bytes().size() + 3) / 4 * 4;
  const auto words = static_cast<unsigned>(data_offset >= 0 ? static_cast<size_t>(data_offset)
                                                            : 5 + padded / 4);
  Put16(tcp, (words & 15) << 12 | (flags & 0xfff));
  Put16(tcp, window);
  Put16(tcp, 0);
  Put16(tcp, urgent);
  tcp.insert(tcp.end(), options.bytes().begin(), options.bytes().end());
  tcp.resize(20 + padded, 0);
  tcp.insert(tcp.end(), text.begin(), text.end());
  const unsigned checksum = TcpChecksum(flow.local, flow.peer, tcp) ^ (bad_checksum ? 1u : 0u);
  StoreBe16(&tcp[16], static_cast<uint16_t>(checksum));
  return tcp;
}

Datagram TcpPacket::Seal() const {
  return SealIpv4(flow.local, flow.peer, kProtocolTcp, SealSegment(), tos, ttl);
}

std::vector<uint8_t> Text(uint64_t position, size_t count) {
  std::vector<uint8_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t at = position + i;
    out[i] = static_cast<uint8_t>(at ^ (at >> 8) * 31 ^ (at >> 16) * 131);
  }
  return out;
}

Datagram Ipv4Packet::Seal() const {
  const size_t header = 20 + (options.size() + 3) / 4 * 4;
  const auto words =
      static_cast<unsigned>(header_words >= 0 ? static_cast<size_t>(header_words) : header / 4);
  Datagram out{static_cast<uint8_t>(0x40 | words), tos};
  Put16(out, static_cast<unsigned>(total_length >= 0 ? static_cast<size_t>(total_length)
                                                     : header + payload.size()));
  Put16(out, id);
  Put16(out, fragment);
  out.push_back(ttl);
  out.push_back(protocol);
  Put16(out, 0);
  Put32(out, source.v4());
  Put32(out, destination.v4());
  out.insert(out.end(), options.begin(), options.end());
  out.resize(header, 0);
  out.insert(out.end(), payload.begin(), payload.end());
  const size_t covered = std::min<size_t>(words * size_t{4}, out.size());
  const unsigned checksum = Rfc1071(Bytes(out).first(covered)) ^ (bad_checksum ? 1u : 0u);
  StoreBe16(&out[10], static_cast<uint16_t>(checksum));
  return out;
}

Datagram SealIpv4(Addr source, Addr destination, uint8_t protocol, Bytes payload, uint8_t tos,
                  uint8_t ttl) {
  Ipv4Packet packet;
  packet.source = source;
  packet.destination = destination;
  packet.protocol = protocol;
  packet.payload.assign(payload.begin(), payload.end());
  packet.tos = tos;
  packet.ttl = ttl;
  return packet.Seal();
}

Datagram SealEthernet(const Mac& destination, const Mac& source, uint16_t type, Bytes payload) {
  Datagram frame(destination.octets.begin(), destination.octets.end());
  frame.insert(frame.end(), source.octets.begin(), source.octets.end());
  Put16(frame, type);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Datagram SealIcmp(Addr source, Addr destination, std::vector<uint8_t> icmp) {
  StoreBe16(&icmp[2], 0);
  StoreBe16(&icmp[2], Rfc1071(icmp));
  return SealIpv4(source, destination, kProtocolIcmp, icmp);
}

Datagram IcmpEcho(Addr source, Addr destination, Bytes data) {
  std::vector<uint8_t> icmp{8, 0, 0, 0, 0x12, 0x34, 0, 1};
  icmp.insert(icmp.end(), data.begin(), data.end());
  return SealIcmp(source, destination, icmp);
}

Datagram IcmpErrorAbout(Bytes original, Addr source, uint8_t type, uint8_t code, uint16_t mtu,
                        size_t quoted) {
  std::vector<uint8_t> icmp{type, code, 0, 0, 0, 0};
  Put16(icmp, mtu);
  const Bytes quote = original.first(std::min(quoted, original.size()));
  icmp.insert(icmp.end(), quote.begin(), quote.end());
  return SealIcmp(source, Addr::V4(LoadBe32(&original[12])), icmp);
}

std::optional<Seen> Read(Bytes datagram) {
  if (Ipv4View::Check(datagram) != Drop::kNone) return std::nullopt;
  const Ipv4View ip(datagram);
  const Bytes bytes = ip.payload();
  if (ip.protocol() != kProtocolTcp || TcpView::Check(bytes) != Drop::kNone)
    return std::nullopt;
  if (TcpChecksum(ip.source(), ip.destination(), bytes) != 0) return std::nullopt;
  const TcpView tcp(bytes);
  Seen seen;
  seen.flow = {ip.source(), ip.destination(), tcp.source(), tcp.destination()};
  seen.seq = tcp.seq().raw();
  seen.ack = tcp.ack().raw();
  seen.flags = tcp.flags().bits();
  seen.window = tcp.window();
  seen.tos = ip.tos();
  seen.option_bytes.assign(tcp.options().begin(), tcp.options().end());
  seen.options = ParseOptions(seen.option_bytes);
  for (uint8_t i = 0; i < seen.options.sack_blocks; ++i)
    seen.sack.emplace_back(LoadBe32(seen.options.sack + 8 * i),
                           LoadBe32(seen.options.sack + 8 * i + 4));
  seen.options.sack = seen.options.md5 = seen.options.cookie = nullptr;
  seen.text.assign(tcp.payload().begin(), tcp.payload().end());
  return seen;
}

TcpPacket PacketOf(const Seen& seen) {
  TcpPacket packet;
  packet.flow = seen.flow;
  packet.seq = seen.seq;
  packet.ack = seen.ack;
  packet.flags = seen.flags;
  packet.window = seen.window;
  packet.tos = seen.tos;
  packet.options = OptionList(seen.option_bytes);
  packet.text = seen.text;
  return packet;
}

std::string ShowFlags(unsigned flags) {
  std::string out;
  constexpr struct {
    unsigned bit;
    char letter;
  } kLetters[] = {{kSyn, 'S'}, {kFin, 'F'}, {kRst, 'R'}, {kPsh, 'P'},     {kUrg, 'U'},
                  {kEce, 'E'}, {kCwr, 'W'}, {kAck, '.'}, {kReserved, 'A'}};
  for (const auto& [bit, letter] : kLetters)
    if ((flags & bit) != 0) out += letter;
  return out.empty() ? "none" : out;
}

namespace {

std::string ShowOptions(const Seen& seen) {
  std::vector<std::string> parts;
  const Options& options = seen.options;
  if (options.has(Options::kMss)) parts.push_back("mss " + std::to_string(options.mss));
  if (options.has(Options::kSackPermitted)) parts.emplace_back("sackOK");
  if (options.has(Options::kTimestamps))
    parts.push_back("TS val " + std::to_string(options.ts_val) + " ecr " +
                    std::to_string(options.ts_ecr));
  if (options.has(Options::kWindowScale))
    parts.push_back("wscale " + std::to_string(options.window_scale));
  for (const auto& [first, end] : seen.sack)
    parts.push_back("sack " + std::to_string(first) + ":" + std::to_string(end));
  if (parts.empty()) return "";
  return std::accumulate(
             parts.begin() + 1, parts.end(), " <" + parts[0],
             [](const std::string& a, const std::string& b) { return a + "," + b; }) +
         ">";
}

}  // namespace

std::string Show(const Seen& seen) {
  const auto length = static_cast<uint32_t>(seen.text.size());
  std::string out = ShowFlags(seen.flags) + " " + std::to_string(seen.seq) + ":" +
                    std::to_string(seen.seq + length) + "(" + std::to_string(length) + ")";
  if (seen.has(kAck)) out += " ack " + std::to_string(seen.ack);
  return out + " win " + std::to_string(seen.window) + ShowOptions(seen);
}

}  // namespace handfast
