// A segment for a request: SYN-RECEIVED after a passive open (RFC 9293 §3.10.7.4; Linux:
// tcp_check_req).

#ifndef STACK_ARRIVE_SYN_RECEIVED_H_
#define STACK_ARRIVE_SYN_RECEIVED_H_

#include "stack/arrive/paws.h"
#include "stack/arrive/sequence.h"
#include "stack/arrive/verdict.h"
#include "stack/sock/policy.h"
#include "stack/sock/request.h"
#include "stack/wire/segment.h"

namespace handfast {

enum class AcceptRoom : uint8_t { kRoom, kFull };

namespace syn_received_internal {

constexpr bool AckWrong(const Request& req, const Segment& seg) {
  return seg.has(kAck) && seg.ack != req.iss + 1;
}

// An echo of none of the timestamps that the SYN-ACKs carried; 0 is no echo.
constexpr bool EchoWrong(const Request& req, const Segment& seg) {
  return seg.has(kAck) && seg.options.has(Options::kTimestamps) && seg.options.ts_ecr != 0 &&
         !Between(Seq(seg.options.ts_ecr), Seq(req.tsval_first), Seq(req.tsval_last));
}

// RFC 7323's checks, which precede all others; kAccept when they pass.
constexpr Verdict JudgeTimestamps(const Request& req, const Segment& seg,
                                  const Policy& policy) {
  if (!req.negotiated.has(Negotiated::kTimestamps)) return Action::kAccept;
  if (TimestampMissing(seg, policy)) return {Action::kDrop, Drop::kNoTimestamp};
  if (PawsRejects(seg, req.ts_recent, 0s)) return {Action::kSendAck, Drop::kPaws};
  if (!seg.has(kRst) && EchoWrong(req, seg)) return {Action::kSendAck, Drop::kTsEcr};
  return Action::kAccept;
}

}  // namespace syn_received_internal

constexpr Verdict JudgeSynReceived(const Request& req, const Segment& seg, AcceptRoom room,
                                   const Policy& policy) {
  using namespace syn_received_internal;
  // An ACK of what was never sent, first of all, if Linux's order is asked for.
  if (policy.syn_received_order == SynReceivedOrder::kAckFirst && !seg.has(kRst) &&
      AckWrong(req, seg))
    return {Action::kSendRst, Drop::kHandshakeAck};

  if (const Verdict v = JudgeTimestamps(req, seg, policy); v != Action::kAccept) return v;

  // The same SYN again: our answer was lost. What else it carries does not matter.
  if (seg.has(kSyn) && seg.flags.has_none(kAck | kRst) && seg.seq == req.irs)
    return {Action::kResendSynAck, Drop::kSynRepeated};

  // First, the sequence number.
  if (!SequenceAcceptable(seg, req.rcv_nxt(), req.window)) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
    return {Action::kSendAck, Drop::kSequence};
  }

  // Second, RST: an exact one returns the listener to where it was (RFC 5961 §3.2).
  if (seg.has(kRst)) {
    if (seg.seq == req.rcv_nxt()) return Action::kForget;
    return {Action::kChallenge, Drop::kInexactReset};
  }

  // Fourth, SYN, unless it is the old one, trimmed off with all that is left of the window.
  if (seg.has(kSyn) && seg.seq != req.irs) {
    if (policy.on_syn_in_handshake == OnSynInHandshake::kRefuse)
      return {Action::kRefuse, Drop::kInvalidSyn};
    return {Action::kForget, Drop::kInvalidSyn};
  }

  // Fifth, ACK.
  if (!seg.has(kAck)) return {Action::kDrop, Drop::kAckMissing};
  if (AckWrong(req, seg)) return {Action::kSendRst, Drop::kHandshakeAck};
  if (room == AcceptRoom::kFull) {
    if (policy.on_overflow == OnOverflow::kReset)
      return {Action::kRefuse, Drop::kAcceptQueueFull};
    return {Action::kHold, Drop::kAcceptQueueFull};
  }
  return Action::kEstablish;
}

}  // namespace handfast

#endif  // STACK_ARRIVE_SYN_RECEIVED_H_
