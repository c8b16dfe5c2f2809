// A segment for a listener (RFC 9293 §3.10.7.2; Linux: tcp_rcv_state_process in LISTEN,
// tcp_conn_request).
//
//   flags                       verdict
//   RST with anything           drop
//   ACK                         RST
//   SYN and FIN                 drop (RFC 9293 has no such segment; CVE-2012-6638)
//   SYN                         below
//   none of these               drop
//
// Bits without meaning here (PSH, URG, ECE, CWR, reserved) never change the verdict.

#ifndef STACK_ARRIVE_LISTEN_H_
#define STACK_ARRIVE_LISTEN_H_

#include "stack/arrive/verdict.h"
#include "stack/sock/listener.h"
#include "stack/wire/segment.h"

namespace handfast {

// `reopens`: the SYN takes over a flow in TIME-WAIT, and is not held back by the SYN queue.
enum class SynFrom : uint8_t { kNobody, kTimeWait };

inline Verdict JudgeListen(const Segment& seg, const Listener& listener, SynFrom from) {
  // First, RST.
  if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
  // Second, ACK: nothing was ever sent from here.
  if (seg.has(kAck)) return {Action::kSendRst, Drop::kFlags};
  // Third, SYN.
  if (!seg.has(kSyn) || seg.has(kFin)) return {Action::kDrop, Drop::kFlags};
  if (listener.syn_queue_full() && from == SynFrom::kNobody)
    return {Action::kDrop, Drop::kSynQueueFull};
  if (listener.accept_queue_full()) return {Action::kDrop, Drop::kAcceptQueueFull};
  return Action::kQueue;
}

}  // namespace handfast

#endif  // STACK_ARRIVE_LISTEN_H_
