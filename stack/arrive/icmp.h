// An ICMP error about a flow of ours (RFC 1122 §4.2.3.9, RFC 5927; Linux: tcp_v4_err).
//
// Anyone can send one. It counts only when it quotes a sequence number that is in flight;
// it ends nothing but an attempt to connect, whose one segment it must quote; elsewhere it
// is advice (RFC 5927 §5.2).

#ifndef STACK_ARRIVE_ICMP_H_
#define STACK_ARRIVE_ICMP_H_

#include <iterator>

#include "stack/arrive/verdict.h"
#include "stack/base/result.h"
#include "stack/base/seq.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"
#include "stack/sock/request.h"
#include "stack/wire/icmp.h"

namespace handfast {

// What an ICMP error means to a user; kOk: nothing.
constexpr Errno ErrnoOf(const IcmpError& icmp) {
  if (icmp.type == IcmpType::kTimeExceeded) return Errno::kHostUnreach;
  if (icmp.type == IcmpType::kParameterProblem) return Errno::kProto;
  constexpr Errno kUnreachable[] = {
      Errno::kNetUnreach,  Errno::kHostUnreach, Errno::kNoProtoOpt,  Errno::kConnRefused,
      Errno::kOk,          Errno::kOpNotSupp,   Errno::kNetUnreach,  Errno::kHostDown,
      Errno::kNoNet,       Errno::kNetUnreach,  Errno::kHostUnreach, Errno::kNetUnreach,
      Errno::kHostUnreach, Errno::kHostUnreach, Errno::kHostUnreach, Errno::kHostUnreach};
  return icmp.code < std::size(kUnreachable) ? kUnreachable[icmp.code] : Errno::kOk;
}

// Protocol or port unreachable (RFC 1122 §4.2.3.9; "fragmentation needed" is no error
// since path MTU discovery, RFC 1191).
constexpr bool IsHard(const IcmpError& icmp) {
  return icmp.type == IcmpType::kUnreachable && (icmp.code == 2 || icmp.code == 3);
}

constexpr bool IsTooBig(const IcmpError& icmp) {
  return icmp.type == IcmpType::kUnreachable && icmp.code == kCodeFragmentationNeeded;
}

// Can it be true that a datagram of ours was too big for such an MTU? (RFC 5927 §7.2)
constexpr bool IsPlausible(const Connection& conn, uint16_t mtu) {
  constexpr uint32_t kMostHeaders = 20 + 60;
  const uint32_t in_flight = conn.snd_nxt - conn.snd_una;
  return mtu != 0 && mtu < conn.path_mtu && mtu < in_flight + kMostHeaders;
}

constexpr Verdict JudgeIcmp(const Connection& conn, const IcmpError& icmp,
                            const Policy& policy) {
  if (!InWindow(icmp.seq, conn.snd_una, conn.snd_nxt - conn.snd_una))
    return {Action::kDrop, Drop::kIcmpSequence};
  if (IsTooBig(icmp)) {
    if (IsPlausible(conn, icmp.mtu)) return Action::kLowerMtu;
    return {Action::kDrop, Drop::kIcmpMtu};
  }
  if (ErrnoOf(icmp) == Errno::kOk) return {Action::kDrop, Drop::kIcmpType};
  if (conn.state == State::kSynSent &&
      (IsHard(icmp) || policy.on_soft_icmp == OnSoftIcmp::kAbort))
    return Action::kAbort;
  return Action::kSoftError;
}

constexpr Verdict JudgeIcmp(const Request& req, const IcmpError& icmp, const Policy& policy) {
  if (icmp.seq != req.iss) return {Action::kDrop, Drop::kIcmpSequence};
  const bool unreachable = icmp.type != IcmpType::kUnreachable || icmp.code <= 1;
  if (policy.on_icmp_half_open == OnIcmpHalfOpen::kForget && unreachable)
    return Action::kForget;
  return {Action::kDrop, Drop::kIcmpSoft};
}

}  // namespace handfast

#endif  // STACK_ARRIVE_ICMP_H_
