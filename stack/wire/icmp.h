// ICMP for IPv4: echo, and errors that quote a TCP segment (RFC 792, RFC 5927).

#ifndef STACK_WIRE_ICMP_H_
#define STACK_WIRE_ICMP_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/units.h"
#include "stack/wire/ipv4_view.h"

namespace handfast {

enum class IcmpType : uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kSourceQuench = 4,
  kRedirect = 5,
  kEcho = 8,
  kTimeExceeded = 11,
  kParameterProblem = 12,
};

inline constexpr uint8_t kCodeHostUnreachable = 1;
inline constexpr uint8_t kCodeFragmentationNeeded = 4;
inline constexpr size_t kIcmpHeader = 8;

// An error about a segment that we are said to have sent.
struct IcmpError {
  Flow flow;  // as we see it: `local` is the quoted source
  Seq seq;    // the quoted sequence number
  IcmpType type = IcmpType::kUnreachable;
  uint8_t code = 0;
  uint16_t mtu = 0;  // of the next hop, where the code is "fragmentation needed"
};

// Reads a datagram of ours that somebody quotes. Its length and checksum fields are not
// trusted: routers quote what they forwarded, and cut it. Eight octets of TCP are the least
// that tells a flow and a sequence number. kNone, or why not.
inline Drop ParseQuoted(Bytes quote, IcmpError& out) {
  if (quote.size() < Ipv4View::kMinHeader || quote[0] >> 4 != 4) return Drop::kIcmpQuote;
  const size_t header = (quote[0] & 15) * size_t{4};
  if (header < Ipv4View::kMinHeader || quote.size() < header + 8) return Drop::kIcmpQuote;
  if (quote[9] != kProtocolTcp) return Drop::kIcmpQuote;
  if ((LoadBe16(&quote[6]) & 0x1fff) != 0) return Drop::kIcmpQuote;  // no TCP header there
  const Bytes tcp = quote.subspan(header);
  out.flow.local = Addr::V4(LoadBe32(&quote[12]));
  out.flow.peer = Addr::V4(LoadBe32(&quote[16]));
  out.flow.local_port = Port{LoadBe16(&tcp[0])};
  out.flow.peer_port = Port{LoadBe16(&tcp[2])};
  out.seq = Seq(LoadBe32(&tcp[4]));
  return Drop::kNone;
}

// Reads an error. kNone, or why not.
inline Drop ParseQuote(Bytes icmp, IcmpError& out) {
  const Drop drop = ParseQuoted(icmp.subspan(kIcmpHeader), out);
  if (drop != Drop::kNone) return drop;
  out.type = static_cast<IcmpType>(icmp[0]);
  out.code = icmp[1];
  out.mtu = LoadBe16(&icmp[6]);
  return Drop::kNone;
}

}  // namespace handfast

#endif  // STACK_WIRE_ICMP_H_
