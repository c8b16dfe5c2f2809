#include "harness/audit/reading.h"

#include <cstring>

namespace handfast {
namespace {

uint32_t At16(Bytes bytes, size_t at) { return uint32_t{bytes[at]} << 8 | bytes[at + 1]; }
uint32_t At32(Bytes bytes, size_t at) { return At16(bytes, at) << 16 | At16(bytes, at + 2); }

// The sum of 16-bit words, in the machine's own order: RFC 1071 §2 (B).
uint64_t Sum(Bytes bytes) {
  uint64_t sum = 0;
  size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, &bytes[i], 4);
    sum += word;
  }
  uint32_t last = 0;
  if (i < bytes.size()) std::memcpy(&last, &bytes[i], bytes.size() - i);
  return sum + last;
}

// All ones, if the checksum that was among what was summed is right.
uint32_t Folded(uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint32_t>(sum);
}

// Adds a number that is not in memory.
uint32_t InMemoryOrder(uint32_t number) {
  const uint8_t octets[2] = {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
  uint16_t word;
  std::memcpy(&word, octets, 2);
  return word;
}

void ReadTcp(Bytes bytes, Reading& out) {
  const Bytes segment = bytes.subspan(out.ip_header);
  if (segment.size() < 20) return void(out.wrong = "is shorter than a TCP header");
  const size_t header = (segment[12] >> 4) * size_t{4};
  if (header < 20 || header > segment.size())
    return void(out.wrong = "has a bad TCP data offset");
  const uint64_t pseudo = Sum(bytes.subspan(12, 8)) + InMemoryOrder(out.protocol) +
                          InMemoryOrder(static_cast<uint32_t>(segment.size()));
  if (Folded(pseudo + Sum(segment)) != 0xffff)
    return void(out.wrong = "has a bad TCP checksum");
  out.tcp = true;
  out.flow = {out.source, out.destination, Port(static_cast<uint16_t>(At16(segment, 0))),
              Port(static_cast<uint16_t>(At16(segment, 2)))};
  out.seq = At32(segment, 4);
  out.ack = At32(segment, 8);
  out.flags = At16(segment, 12) & 0xfff;
  out.window = static_cast<uint16_t>(At16(segment, 14));
  out.urgent = static_cast<uint16_t>(At16(segment, 18));
  out.options = segment.subspan(20, header - 20);
  out.text = segment.subspan(header);
}

// What is wrong with one option of a segment that we sent.
const char* WrongOption(Bytes options, size_t at, const Reading& sent) {
  const uint8_t kind = options[at];
  const uint8_t length = options[at + 1];
  const bool syn = sent.has(kSyn);
  if (kind == 2) return length == 4 && syn ? nullptr : "has a misplaced MSS";
  if (kind == 3)
    return length == 3 && syn && options[at + 2] <= 14 ? nullptr : "has a bad window scale";
  if (kind == 4) return length == 2 && syn ? nullptr : "has a misplaced SACK permitted";
  if (kind == 5) return length % 8 == 2 && length > 2 && !syn ? nullptr : "has a bad SACK";
  if (kind == 8) return length == 10 ? nullptr : "has bad timestamps";
  return "has an option that we do not know";
}

const char* WrongOptions(const Reading& sent) {
  const Bytes options = sent.options;
  uint64_t seen = 0;
  for (size_t at = 0; at < options.size();) {
    if (options[at] == 1) {
      ++at;
      continue;
    }
    if (options[at] == 0) return nullptr;
    if (at + 2 > options.size() || options[at + 1] < 2 || options[at + 1] > options.size() - at)
      return "has an option that does not fit";
    if (const char* const wrong = WrongOption(options, at, sent)) return wrong;
    if ((seen >> (options[at] & 63) & 1) != 0) return "has an option twice";
    seen |= uint64_t{1} << (options[at] & 63);
    at += options[at + 1];
  }
  return nullptr;
}

const char* WrongFlags(const Reading& sent) {
  if (sent.has(kUrg | kReserved)) return "has a flag that we never set";
  if (sent.has(kSyn) && sent.has(kFin | kRst)) return "opens and ends at once";
  if (sent.has(kRst) && sent.has(kFin)) return "ends twice";
  if (!sent.has(kAck) && !sent.has(kSyn | kRst)) return "acknowledges nothing";
  if (!sent.has(kAck) && sent.ack != 0) return "has an acknowledgment without the flag";
  if (sent.has(kSyn | kRst) && !sent.text.empty()) return "has text where none belongs";
  return nullptr;
}

}  // namespace

Reading ReadDatagram(Bytes bytes) {
  Reading out;
  if (bytes.size() < 20 || bytes[0] >> 4 != 4) {
    out.wrong = "is not IPv4";
    return out;
  }
  out.ip_header = (bytes[0] & 15) * size_t{4};
  out.length = At16(bytes, 2);
  out.protocol = bytes[9];
  out.source = Addr::V4(At32(bytes, 12));
  out.destination = Addr::V4(At32(bytes, 16));
  if (out.ip_header < 20 || out.length < out.ip_header || out.length > bytes.size()) {
    out.wrong = "has a bad length";
    return out;
  }
  out.padding = bytes.size() - out.length;
  if (Folded(Sum(bytes.first(out.ip_header))) != 0xffff) {
    out.wrong = "has a bad IP checksum";
    return out;
  }
  const Bytes datagram = bytes.first(out.length);
  if ((At16(bytes, 6) & 0x3fff) != 0)
    out.wrong = "is a fragment";
  else if (out.protocol == 6)
    ReadTcp(datagram, out);
  else if (out.protocol == 1 && Folded(Sum(datagram.subspan(out.ip_header))) != 0xffff)
    out.wrong = "has a bad ICMP checksum";
  return out;
}

bool IsHost(const Addr& addr, const Config& config) {
  if (!addr.is_v4()) return false;
  const uint32_t bits = addr.v4();
  const uint32_t high = bits >> 24;
  if (high == 0 || high == 127 || high >= 224) return false;
  for (const LocalAddr& local : config.locals()) {
    if (local.addr == addr) return false;
    if (local.prefix_bits >= 31) continue;
    const uint32_t hosts = (uint32_t{1} << (32 - local.prefix_bits)) - 1;
    if (((bits ^ local.addr.v4()) & ~hosts) != 0) continue;
    if ((bits & hosts) == 0 || (bits & hosts) == hosts) return false;
  }
  return true;
}

const char* WrongAsSent(const Reading& sent, const Config& config) {
  if (sent.wrong != nullptr) return sent.wrong;
  if (sent.ip_header != 20 || sent.padding != 0) return "is longer than what it says";
  if (sent.length > config.mtu) return "is longer than the MTU";
  bool ours = false;
  for (const LocalAddr& local : config.locals()) ours = ours || local.addr == sent.source;
  if (!ours) return "is not from an address of ours";
  if (!IsHost(sent.destination, config)) return "is for nobody";
  if (sent.protocol == 1) return nullptr;
  if (!sent.tcp) return "is neither TCP nor ICMP";
  if (sent.flow.local_port == Port{0} || sent.flow.peer_port == Port{0}) return "has port 0";
  if (sent.urgent != 0) return "is urgent";
  if (const char* const wrong = WrongFlags(sent)) return wrong;
  return WrongOptions(sent);
}

}  // namespace handfast
