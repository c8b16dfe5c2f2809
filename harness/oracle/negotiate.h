// Negotiate: what SYNs agree upon, and which window they offer.

#ifndef HARNESS_ORACLE_NEGOTIATE_H_
#define HARNESS_ORACLE_NEGOTIATE_H_

#include <algorithm>

#include "stack/sock/negotiated.h"
#include "stack/sock/policy.h"
#include "stack/wire/segment.h"

namespace handfast::oracle {

inline Negotiated Offered(const Policy& policy) {
  Negotiated offer;
  if (policy.timestamps) offer.Set(Negotiated::kTimestamps);
  if (policy.sack_permitted) offer.Set(Negotiated::kSack);
  if (policy.window_scale) offer.Set(Negotiated::kWindowScale);
  return offer;
}

// RFC 7323 §1.3, RFC 2018 §2: an option is in use if both SYNs have it.
inline Negotiated Agreed(Negotiated offer, const Segment& syn) {
  if (!syn.options.has(Options::kTimestamps)) offer.Clear(Negotiated::kTimestamps);
  if (!syn.options.has(Options::kSackPermitted)) offer.Clear(Negotiated::kSack);
  if (!syn.options.has(Options::kWindowScale)) offer.Clear(Negotiated::kWindowScale);
  return offer;
}

// RFC 3168 §6.1.1: ECE and CWR, and the IP header has no mark, unless a reserved bit tells of
// a newer protocol.
inline bool AsksForEcn(const Segment& syn, const Policy& policy) {
  if (policy.ecn == Ecn::kOff || !syn.has(kEce) || !syn.has(kCwr)) return false;
  return (syn.tos & 3) == 0 || syn.has(kReserved);
}

// RFC 9293 §3.7.1, MUST-15.
inline uint16_t MssOf(const Segment& syn) {
  return syn.options.has(Options::kMss) ? syn.options.mss : uint16_t{536};
}

// RFC 7323 §2.3: the shift with which 16 bits hold the buffer.
inline uint8_t ScaleOf(uint32_t buffer) {
  uint8_t scale = 0;
  while (scale < 14 && buffer >> scale > 65535) ++scale;
  return scale;
}

// Whole segments, if there is room for one.
inline uint16_t FirstWindow(uint32_t buffer, uint32_t segment) {
  const uint32_t window = std::min(buffer, 65535u);
  return static_cast<uint16_t>(window > segment ? window / segment * segment : window);
}

}  // namespace handfast::oracle

#endif  // HARNESS_ORACLE_NEGOTIATE_H_
