// PAWS: protection against wrapped sequence numbers (RFC 7323 §5).

#ifndef STACK_ARRIVE_PAWS_H_
#define STACK_ARRIVE_PAWS_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/time.h"
#include "stack/sock/policy.h"
#include "stack/wire/segment.h"

namespace handfast {

// SEG.TSval < TS.Recent, on the circle of timestamps (RFC 7323 §5.2).
constexpr bool TsBefore(uint32_t ts_val, uint32_t ts_recent) {
  return Before(Seq(ts_val), Seq(ts_recent));
}

// After so long TS.Recent says nothing any more (RFC 7323 §5.5).
inline constexpr Duration kTsRecentValid = 24h * 24;

// R1 of RFC 7323 §5.3, for a flow that negotiated timestamps. A RST is exempt (§5.2).
constexpr bool PawsRejects(const Segment& seg, uint32_t ts_recent, Duration age) {
  return seg.options.has(Options::kTimestamps) && !seg.has(kRst) && age < kTsRecentValid &&
         TsBefore(seg.options.ts_val, ts_recent);
}

// Timestamps were negotiated and the segment has none (RFC 7323 §3.2).
constexpr bool TimestampMissing(const Segment& seg, const Policy& policy) {
  return policy.on_missing_timestamp == OnMissingTimestamp::kDrop && !seg.has(kRst) &&
         !seg.options.has(Options::kTimestamps);
}

}  // namespace handfast

#endif  // STACK_ARRIVE_PAWS_H_
