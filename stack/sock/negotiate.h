// Which options both ends have (RFC 7323 §1.3, RFC 2018 §2, RFC 3168 §6.1.1): an option is
// on when the peer's SYN offers it and the policy does.

#ifndef STACK_SOCK_NEGOTIATE_H_
#define STACK_SOCK_NEGOTIATE_H_

#include "stack/sock/negotiated.h"
#include "stack/sock/policy.h"
#include "stack/wire/segment.h"

namespace handfast {

inline constexpr uint16_t kDefaultMss = 536;  // RFC 9293 §3.7.1, IPv4
inline constexpr uint8_t kEcnMask = 3;        // of TOS
inline constexpr uint8_t kEct0 = 2;
inline constexpr uint8_t kEcnCe = 3;

constexpr uint16_t PeerMss(const Options& options) {
  return options.has(Options::kMss) ? options.mss : kDefaultMss;
}

// What we are ready to use.
constexpr Negotiated Offer(const Policy& policy) {
  Negotiated offer;
  if (policy.timestamps) offer.Set(Negotiated::kTimestamps);
  if (policy.sack_permitted) offer.Set(Negotiated::kSack);
  if (policy.window_scale) offer.Set(Negotiated::kWindowScale);
  return offer;
}

// What is left of an offer when the peer's SYN has these options. ECN is no option; it stays.
constexpr Negotiated Agree(Negotiated offer, const Options& peer) {
  if (!peer.has(Options::kTimestamps)) offer.Clear(Negotiated::kTimestamps);
  if (!peer.has(Options::kSackPermitted)) offer.Clear(Negotiated::kSack);
  if (!peer.has(Options::kWindowScale)) offer.Clear(Negotiated::kWindowScale);
  return offer;
}

// An ECN-setup SYN: ECE and CWR, and no ECN field in its IP header unless a reserved bit
// says that the sender knows more than we do (Linux: tcp_ecn_create_request).
constexpr bool AsksForEcn(const Segment& syn, const Policy& policy) {
  const bool marked = (syn.tos & kEcnMask) != 0;
  return policy.ecn != Ecn::kOff && syn.flags.has_all(kEce | kCwr) &&
         (!marked || syn.has(kReserved));
}

// An ECN-setup SYN-ACK: ECE without CWR (RFC 3168 §6.1.1).
constexpr bool GrantsEcn(const Segment& synack) {
  return synack.has(kEce) && !synack.has(kCwr);
}

}  // namespace handfast

#endif  // STACK_SOCK_NEGOTIATE_H_
