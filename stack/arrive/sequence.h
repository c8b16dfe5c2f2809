// The checks on sequence numbers that several states share (RFC 9293 §3.10.7.4, First).

#ifndef STACK_ARRIVE_SEQUENCE_H_
#define STACK_ARRIVE_SEQUENCE_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/wire/segment.h"

namespace handfast {

// RFC 9293 table 6. A closed window takes one thing more: a segment that starts at RCV.NXT,
// for its ACK, URG or RST; its text is not taken ("special allowance", MUST-66).
constexpr bool SequenceAcceptable(const Segment& seg, Seq rcv_nxt, uint32_t rcv_wnd) {
  if (seg.seq == rcv_nxt) return true;
  if (rcv_wnd == 0) return false;
  if (InWindow(seg.seq, rcv_nxt, rcv_wnd)) return true;
  return seg.length() > 0 && InWindow(seg.end() - 1, rcv_nxt, rcv_wnd);
}

}  // namespace handfast

#endif  // STACK_ARRIVE_SEQUENCE_H_
