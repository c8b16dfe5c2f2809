// The reference for what an ICMP error does (RFC 1122 §4.2.3.9, RFC 5927), beside the stack's
// own judges of the same.

#ifndef HARNESS_REFERENCE_ICMP_ARRIVES_H_
#define HARNESS_REFERENCE_ICMP_ARRIVES_H_

#include "harness/reference/segment_arrives.h"
#include "stack/arrive/icmp.h"

namespace handfast::reference {

// Of every flow, when an error comes in.
inline constexpr uint16_t kPathMtu = 1500;

// RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1, with the errors of Linux (icmp_err_convert).
constexpr Errno IcmpMeaning(unsigned type, unsigned code) {
  if (type == 11) return Errno::kHostUnreach;  // time exceeded
  if (type == 12) return Errno::kProto;        // parameter problem
  switch (code) {
    case 0:                               // net unreachable
    case 6:                               // net unknown
    case 9:                               // net prohibited
    case 11: return Errno::kNetUnreach;   // net unreachable for this TOS
    case 1:                               // host unreachable
    case 10:                              // host prohibited
    case 12:                              // host unreachable for this TOS
    case 13:                              // filtered
    case 14:                              // host precedence violation
    case 15: return Errno::kHostUnreach;  // precedence cutoff
    case 2: return Errno::kNoProtoOpt;
    case 3: return Errno::kConnRefused;
    case 5: return Errno::kOpNotSupp;  // source route failed
    case 7: return Errno::kHostDown;   // host unknown
    case 8: return Errno::kNoNet;      // host isolated
    default: return Errno::kOk;
  }
}

// SHLD-26: hard are 3/2, 3/3, and 3/4 as long as there was no path MTU discovery.
constexpr bool IsHardIcmp(unsigned type, unsigned code) {
  return type == 3 && (code == 2 || code == 3);
}

constexpr Verdict IcmpForConnection(const Tcb& tcb, const IcmpError& icmp,
                                    const Policy& policy) {
  const auto type = static_cast<unsigned>(icmp.type);
  // RFC 5927 §4.1: it must quote something in flight.
  if (!MeansOneOf(icmp.seq.raw(), tcb.snd_una, tcb.snd_nxt - 1))
    return {Action::kDrop, Drop::kIcmpSequence};
  // RFC 1191 §6.3: never a larger MTU; and one of 0 tells nothing. RFC 5927 §7.2: nor does
  // one that nothing in flight can have exceeded, with headers of 80 octets at the most.
  if (type == 3 && icmp.code == 4) {
    const bool told = icmp.mtu > 0 && icmp.mtu < kPathMtu;
    const bool exceeded = icmp.mtu < tcb.snd_nxt - tcb.snd_una + 80;
    return told && exceeded ? Action::kLowerMtu : Verdict{Action::kDrop, Drop::kIcmpMtu};
  }
  if (IcmpMeaning(type, icmp.code) == Errno::kOk) return {Action::kDrop, Drop::kIcmpType};
  // C1: only an attempt to connect ends; only for a hard error, but on Linux for all.
  const bool ends = IsHardIcmp(type, icmp.code) || policy.on_soft_icmp == OnSoftIcmp::kAbort;
  return tcb.state == State::kSynSent && ends ? Action::kAbort : Action::kSoftError;
}

// ICMP-05, and C1: a request ends on Linux only, and only if nobody can be there.
constexpr Verdict IcmpForRequest(const Tcb& tcb, const IcmpError& icmp, const Policy& policy) {
  const auto type = static_cast<unsigned>(icmp.type);
  if (icmp.seq.raw() != OnWire(tcb.iss)) return {Action::kDrop, Drop::kIcmpSequence};
  const bool nobody = type != 3 || icmp.code == 0 || icmp.code == 1;
  if (nobody && policy.on_icmp_half_open == OnIcmpHalfOpen::kForget) return Action::kForget;
  return {Action::kDrop, Drop::kIcmpSoft};
}

constexpr bool IsRequest(const Tcb& tcb) {
  return tcb.state == State::kSynReceived && tcb.opened == Opened::kPassively;
}

constexpr Verdict IcmpArrives(const Tcb& tcb, const IcmpError& icmp, const Policy& policy) {
  return IsRequest(tcb) ? IcmpForRequest(tcb, icmp, policy)
                        : IcmpForConnection(tcb, icmp, policy);
}

// What the stack says.
inline Verdict JudgedIcmp(const Tcb& tcb, const IcmpError& icmp, const Policy& policy) {
  if (IsRequest(tcb)) {
    Request req;
    req.iss = Seq(OnWire(tcb.iss));
    return JudgeIcmp(req, icmp, policy);
  }
  Connection conn;
  conn.state = tcb.state;
  conn.snd_una = Seq(OnWire(tcb.snd_una));
  conn.snd_nxt = Seq(OnWire(tcb.snd_nxt));
  conn.path_mtu = kPathMtu;
  return JudgeIcmp(conn, icmp, policy);
}

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_ICMP_ARRIVES_H_
