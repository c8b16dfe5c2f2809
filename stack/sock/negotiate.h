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
  offer.Set(Negotiated::kTimestamps, policy.timestamps);
  offer.Set(Negotiated::kSack, policy.sack_permitted);
  offer.Set(Negotiated::kWindowScale, policy.window_scale);
  return offer;
}

constexpr Negotiated Agree(Negotiated offer, const Options& peer) {
  Negotiated both;
  both.Set(Negotiated::kTimestamps,
           offer.has(Negotiated::kTimestamps) && peer.has(Options::kTimestamps));
  both.Set(Negotiated::kSack,
           offer.has(Negotiated::kSack) && peer.has(Options::kSackPermitted));
  both.Set(Negotiated::kWindowScale,
           offer.has(Negotiated::kWindowScale) && peer.has(Options::kWindowScale));
  return both;
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
