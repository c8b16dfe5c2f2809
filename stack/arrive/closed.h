// A segment that belongs to nobody (RFC 9293 §3.10.7.1).

#ifndef STACK_ARRIVE_CLOSED_H_
#define STACK_ARRIVE_CLOSED_H_

#include "stack/arrive/verdict.h"
#include "stack/wire/segment.h"

namespace handfast {

constexpr Verdict JudgeClosed(const Segment& seg) {
  if (seg.has(kRst)) return {Action::kDrop, Drop::kNoSocket};
  return {Action::kSendRst, Drop::kNoSocket};
}

}  // namespace handfast

#endif  // STACK_ARRIVE_CLOSED_H_
