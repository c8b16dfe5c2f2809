// Initial sequence numbers: ISN = M + F(flow, key) (RFC 6528 §3; Linux: secure_tcp_seq).
//
// M ticks every 64 ns and wraps in 275 s: a later incarnation of a flow starts above the
// former one. F hides where.

#ifndef STACK_SECRET_ISN_H_
#define STACK_SECRET_ISN_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/siphash.h"
#include "stack/base/time.h"
#include "stack/base/units.h"

namespace handfast {

constexpr Seq InitialSeq(SipKey key, const Flow& flow, Instant now) {
  return Seq(static_cast<uint32_t>(HashFlow<SipHash24>(key, flow)) +
             static_cast<uint32_t>(now.ns() >> 6));
}

}  // namespace handfast

#endif  // STACK_SECRET_ISN_H_
