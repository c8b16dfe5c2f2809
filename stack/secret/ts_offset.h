// Timestamp offsets: TSval = clock + F(flow, key) (RFC 7323 §5.4; Linux: secure_tcp_ts_off).
//
// F covers the ports too: with one offset for a pair of hosts, an outsider who owns one
// flow can test which ports another flow uses.

#ifndef STACK_SECRET_TS_OFFSET_H_
#define STACK_SECRET_TS_OFFSET_H_

#include <cstdint>

#include "stack/base/siphash.h"
#include "stack/base/time.h"
#include "stack/base/units.h"

namespace handfast {

constexpr uint32_t TimestampOffset(SipKey key, const Flow& flow) {
  return static_cast<uint32_t>(HashFlow<SipHash24>(key, flow));
}

// The timestamp clock ticks in milliseconds.
constexpr uint32_t TsVal(Instant now, uint32_t offset) {
  return static_cast<uint32_t>(now.ms()) + offset;
}

}  // namespace handfast

#endif  // STACK_SECRET_TS_OFFSET_H_
