// A segment for a flow in TIME-WAIT (RFC 9293 §3.10.7.4, RFC 6191, RFC 1337; Linux:
// tcp_timewait_state_process).

#ifndef STACK_ARRIVE_TIME_WAIT_H_
#define STACK_ARRIVE_TIME_WAIT_H_

#include "stack/arrive/paws.h"
#include "stack/arrive/verdict.h"
#include "stack/base/seq.h"
#include "stack/sock/policy.h"
#include "stack/sock/time_wait.h"
#include "stack/wire/segment.h"

namespace handfast {

namespace time_wait_internal {

// RFC 6191 §2: the SYN of a new incarnation, told from an old duplicate by its timestamp,
// or by its sequence number where timestamps do not tell.
constexpr bool IsNewSyn(const TimeWait& tw, const Segment& seg) {
  if (!seg.has(kSyn) || seg.flags.bits() & (kRst | kAck | kFin)) return false;
  if (tw.negotiated.has(Negotiated::kTimestamps) && seg.options.has(Options::kTimestamps) &&
      TsBefore(tw.ts_recent, seg.options.ts_val))
    return true;
  return seg.seq != tw.rcv_nxt && !Before(seg.seq, tw.rcv_nxt);
}

// The peer did not hear that its FIN was acknowledged.
constexpr bool IsFinAgain(const TimeWait& tw, const Segment& seg) {
  return seg.flags.has_all(kFin | kAck) && !seg.has(kSyn) && seg.end() == tw.rcv_nxt;
}

}  // namespace time_wait_internal

// `listener`: is there one that a new SYN could go to?
enum class Reopen : uint8_t { kNobodyListens, kPossible };

constexpr Verdict JudgeTimeWait(const TimeWait& tw, const Segment& seg, Reopen reopen,
                                const Policy& policy) {
  using namespace time_wait_internal;
  if (seg.has(kRst)) {
    if (policy.on_reset_in_time_wait == OnResetInTimeWait::kEnd && seg.seq == tw.rcv_nxt)
      return Action::kEnd;
    return {Action::kDrop, Drop::kReset};
  }
  const bool any_ack = policy.time_wait_restart == TimeWaitRestart::kOnAck;
  if (tw.negotiated.has(Negotiated::kTimestamps) && PawsRejects(seg, tw.ts_recent, 0s))
    return {any_ack ? Action::kRestartAck : Action::kSendAck, Drop::kPaws};
  if (reopen == Reopen::kPossible && IsNewSyn(tw, seg)) return Action::kReopen;
  // The last ACK of the close, once more.
  if (seg.seq == tw.rcv_nxt && seg.length() == 0)
    return {any_ack ? Action::kRestart : Action::kDrop, Drop::kTimeWait};
  // Whatever else: the FIN again, text that comes too late, a SYN that opens nothing.
  const bool restarts = any_ack ? seg.has(kAck) : IsFinAgain(tw, seg);
  return {restarts ? Action::kRestartAck : Action::kSendAck, Drop::kTimeWait};
}

}  // namespace handfast

#endif  // STACK_ARRIVE_TIME_WAIT_H_
