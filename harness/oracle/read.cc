#include "harness/oracle/read.h"

#include <algorithm>

#include "harness/packet.h"

namespace handfast::oracle {
namespace {

constexpr uint8_t kIcmp = 1;
constexpr uint8_t kTcp = 6;

uint16_t At16(Bytes bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

uint32_t At32(Bytes bytes, size_t at) {
  return static_cast<uint32_t>(At16(bytes, at)) << 16 | At16(bytes, at + 2);
}

Addr AddrAt(Bytes bytes, size_t at) { return Addr::V4(At32(bytes, at)); }

Reading Nothing(Drop drop) {
  Reading nothing;
  nothing.drop = drop;
  return nothing;
}

uint32_t HostBits(const LocalAddr& local) {
  return static_cast<uint32_t>((uint64_t{1} << (32 - local.prefix_bits)) - 1);
}

bool IsOurs(const Addr& addr, const Config& config) {
  return std::any_of(config.addresses.begin(), config.addresses.begin() + config.address_count,
                     [&](const LocalAddr& local) { return local.addr == addr; });
}

// RFC 1122 §3.2.1.3: what stands where a host has its number, and means no host.
enum class HostNumber : uint8_t { kZeros, kOnes };

bool NamesASubnet(const Addr& addr, const Config& config, HostNumber number) {
  for (uint32_t i = 0; i < config.address_count; ++i) {
    const LocalAddr& local = config.addresses[i];
    const uint32_t host = HostBits(local);
    if (host < 3 || (addr.v4() | host) != (local.addr.v4() | host)) continue;
    if ((addr.v4() & host) == (number == HostNumber::kOnes ? host : 0)) return true;
  }
  return false;
}

bool IsGroupAddr(const Addr& addr, const Config& config) {
  const uint32_t first = addr.v4() >> 24;
  return (first >= 224 && first < 240) || addr.v4() == 0xffffffff ||
         NamesASubnet(addr, config, HostNumber::kOnes);
}

// RFC 1122 §3.2.1.3: who may be the source of what comes in.
bool IsHost(const Addr& addr, const Config& config) {
  const uint32_t first = addr.v4() >> 24;
  return first != 0 && first != 127 && first < 224 && !IsOurs(addr, config) &&
         !NamesASubnet(addr, config, HostNumber::kOnes) &&
         !NamesASubnet(addr, config, HostNumber::kZeros);
}

bool HasSourceRoute(Bytes options) {
  for (size_t i = 0; i < options.size() && options[i] != 0;) {
    if (options[i] == 131 || options[i] == 137) return true;
    if (options[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= options.size() || options[i + 1] < 2) return false;
    i += options[i + 1];
  }
  return false;
}

Drop CheckIp(Bytes ip, const Config& config, size_t& header, size_t& length) {
  if (ip.empty()) return Drop::kIpTooShort;
  if (ip[0] >> 4 != 4) return Drop::kIpVersion;  // of another version no length is known
  if (ip.size() < 20) return Drop::kIpTooShort;
  header = (ip[0] & 15) * size_t{4};
  length = At16(ip, 2);
  if (header < 20 || header > length) return Drop::kIpHeaderLength;
  if (length > ip.size()) return Drop::kIpTooShort;
  if (config.verify_checksums && Rfc1071(ip.first(header)) != 0) return Drop::kIpChecksum;
  if (IsGroupAddr(AddrAt(ip, 16), config)) return Drop::kIpGroupDestination;
  if (!IsOurs(AddrAt(ip, 16), config)) return Drop::kIpNotForUs;
  if (!IsHost(AddrAt(ip, 12), config)) return Drop::kIpSource;
  if ((At16(ip, 6) & 0x3fff) != 0) return Drop::kIpFragment;
  if (HasSourceRoute(ip.subspan(20, header - 20))) return Drop::kIpSourceRoute;
  return Drop::kNone;
}

uint16_t TcpSum(Bytes ip, Bytes tcp) {
  std::vector<uint8_t> all(ip.begin() + 12, ip.begin() + 20);
  all.push_back(0);
  all.push_back(kTcp);
  all.push_back(static_cast<uint8_t>(tcp.size() >> 8));
  all.push_back(static_cast<uint8_t>(tcp.size()));
  all.insert(all.end(), tcp.begin(), tcp.end());
  return Rfc1071(all);
}

Reading ReadTcp(Bytes ip, Bytes tcp, const Config& config) {
  if (tcp.size() < 20) return Nothing(Drop::kTcpTooShort);
  const size_t header = (tcp[12] >> 4) * size_t{4};
  if (header < 20) return Nothing(Drop::kTcpDataOffset);
  if (header > tcp.size()) return Nothing(Drop::kTcpTooShort);
  if (config.verify_checksums && TcpSum(ip, tcp) != 0) return Nothing(Drop::kTcpChecksum);
  if (At16(tcp, 0) == 0 || At16(tcp, 2) == 0) return Nothing(Drop::kTcpPortZero);
  Reading reading;
  reading.what = Reading::What::kSegment;
  Segment& seg = reading.segment;
  seg.flow = {AddrAt(ip, 16), AddrAt(ip, 12), Port{At16(tcp, 2)}, Port{At16(tcp, 0)}};
  seg.seq = Seq(At32(tcp, 4));
  seg.ack = Seq(At32(tcp, 8));
  seg.flags = Flags(At16(tcp, 12) & 0xfffu);
  seg.window = At16(tcp, 14);
  seg.tos = ip[1];
  seg.options = ReadOptions(tcp.subspan(20, header - 20));
  seg.text = tcp.subspan(header);
  if (seg.options.malformed && config.malformed_options == OnMalformedOptions::kDrop)
    return Nothing(Drop::kTcpOptions);
  return reading;
}

Reading ReadIcmp(Bytes icmp, const Config& config) {
  if (icmp.size() < 8) return Nothing(Drop::kIcmpTooShort);
  if (config.verify_checksums && Rfc1071(icmp) != 0) return Nothing(Drop::kIcmpChecksum);
  Reading reading;
  reading.type = icmp[0];
  reading.code = icmp[1];
  reading.mtu = At16(icmp, 6);
  switch (reading.type) {
    case 8:
      if (reading.code != 0) return Nothing(Drop::kIcmpType);
      if (icmp.size() + 20 > config.mtu) return Nothing(Drop::kIcmpTooLong);
      reading.what = Reading::What::kEcho;
      return reading;
    case 3:
    case 11:
    case 12:
      if (!ReadQuote(icmp.subspan(8), reading)) return Nothing(Drop::kIcmpQuote);
      reading.what = Reading::What::kIcmpError;
      return reading;
    case 4: return Nothing(Drop::kIcmpSourceQuench);
    default: return Nothing(Drop::kIcmpType);
  }
}

}  // namespace

bool ReadQuote(Bytes quote, Reading& out) {
  if (quote.size() < 20 || quote[0] >> 4 != 4) return false;
  const size_t header = (quote[0] & 15) * size_t{4};
  if (header < 20 || quote.size() < header + 8) return false;
  if (quote[9] != kTcp || (At16(quote, 6) & 0x1fff) != 0) return false;
  out.flow = {AddrAt(quote, 12), AddrAt(quote, 16), Port{At16(quote, header)},
              Port{At16(quote, header + 2)}};
  out.seq = At32(quote, header + 4);
  return true;
}

Options ReadOptions(Bytes list) {
  Options out;
  for (size_t i = 0; i < list.size() && list[i] != 0;) {
    if (list[i] == 1) {
      ++i;
      continue;
    }
    const size_t length = i + 1 < list.size() ? list[i + 1] : 0;
    if (length < 2 || length > list.size() - i) {
      out.malformed = true;
      break;
    }
    if (list[i] == 2 && length == 4 && At16(list, i + 2) != 0) {
      out.seen |= Options::kMss;
      out.mss = At16(list, i + 2);
    } else if (list[i] == 3 && length == 3) {
      out.seen |= Options::kWindowScale;
      out.window_scale = std::min<uint8_t>(list[i + 2], 14);  // RFC 7323 §2.3
      out.scale_clamped = out.scale_clamped || list[i + 2] > 14;
    } else if (list[i] == 4 && length == 2) {
      out.seen |= Options::kSackPermitted;
    } else if (list[i] == 8 && length == 10) {
      out.seen |= Options::kTimestamps;
      out.ts_val = At32(list, i + 2);
      out.ts_ecr = At32(list, i + 6);
    }
    i += length;
  }
  return out;
}

Reading ReadDatagram(Bytes datagram, const Config& config) {
  size_t header = 0, length = 0;
  if (const Drop drop = CheckIp(datagram, config, header, length); drop != Drop::kNone)
    return Nothing(drop);
  const Bytes ip = datagram.first(length);
  if (ip[9] == kTcp) return ReadTcp(ip, ip.subspan(header), config);
  if (ip[9] == kIcmp) return ReadIcmp(ip.subspan(header), config);
  return Nothing(Drop::kIpProtocol);
}

}  // namespace handfast::oracle
