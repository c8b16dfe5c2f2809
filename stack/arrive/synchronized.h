// A segment for a connection in SYN-RECEIVED (after crossed SYNs), ESTABLISHED or any later
// state but TIME-WAIT (RFC 9293 §3.10.7.4 up to its Fifth check; Linux:
// tcp_validate_incoming, tcp_ack). What passes goes to stack/transfer.

#ifndef STACK_ARRIVE_SYNCHRONIZED_H_
#define STACK_ARRIVE_SYNCHRONIZED_H_

#include <algorithm>

#include "stack/arrive/paws.h"
#include "stack/arrive/sequence.h"
#include "stack/arrive/verdict.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"
#include "stack/wire/segment.h"

namespace handfast {

// How far below SND.UNA an ACK may lie: MAX.SND.WND (RFC 5961 §5.2), but never below the
// ISS: what was not sent cannot be acknowledged, however late (CVE-2023-52881).
constexpr uint32_t OldAckReach(const Connection& conn) {
  if (conn.has(Connection::kAckedWindow)) return conn.snd_wnd_max;
  const uint32_t acked = conn.snd_una - conn.iss;
  return std::min(conn.snd_wnd_max, acked == 0 ? 0 : acked - 1);
}

namespace synchronized_internal {

// Both SYNs were sent, and cross: the peer's SYN-ACK repeats its SYN and acknowledges ours
// (Linux: the exception in tcp_validate_incoming).
constexpr bool IsCrossedSynAck(const Connection& conn, const Segment& seg) {
  return conn.state == State::kSynReceived && seg.flags.has_all(kSyn | kAck) &&
         seg.flags.has_none(kRst | kFin) && seg.text.empty() && seg.seq == conn.irs &&
         seg.ack == conn.snd_nxt;
}

constexpr Verdict JudgeAck(const Connection& conn, const Segment& seg) {
  if (conn.state == State::kSynReceived) {
    if (AckAcceptable(seg.ack, conn.snd_una, conn.snd_nxt)) return Action::kEstablish;
    return {Action::kSendRst, Drop::kHandshakeAck};
  }
  if (Between(seg.ack, conn.snd_una - OldAckReach(conn), conn.snd_nxt)) return Action::kAccept;
  const bool unsent = seg.ack - conn.snd_nxt < 0x8000'0000u;
  return {Action::kChallenge, unsent ? Drop::kAckUnsent : Drop::kAckOld};
}

}  // namespace synchronized_internal

constexpr Verdict JudgeSynchronized(const Connection& conn, const Segment& seg, Instant now,
                                    const Policy& policy) {
  using namespace synchronized_internal;
  if (conn.negotiated.has(Negotiated::kTimestamps)) {
    // Not a SYN's: whoever sent it may have forgotten all of us (RFC 5961 §4.2).
    if (!seg.has(kSyn) && TimestampMissing(seg, policy))
      return {Action::kDrop, Drop::kNoTimestamp};
    if (PawsRejects(seg, conn.ts_recent, now - conn.ts_recent_at)) {
      if (seg.has(kSyn)) return {Action::kChallenge, Drop::kInvalidSyn};
      return {Action::kSendAck, Drop::kPaws};
    }
  }
  if (IsCrossedSynAck(conn, seg)) return Action::kEstablish;

  // First, the sequence number. A SYN is challenged wherever it lies (RFC 5961 §4.2).
  if (!SequenceAcceptable(seg, conn.rcv_nxt, conn.rcv_wnd())) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
    if (seg.has(kSyn)) return {Action::kChallenge, Drop::kInvalidSyn};
    return {Action::kSendAck, Drop::kSequence};
  }
  // Second, RST (RFC 5961 §3.2).
  if (seg.has(kRst)) {
    if (seg.seq == conn.rcv_nxt) return Action::kReset;
    return {Action::kChallenge, Drop::kInexactReset};
  }
  // Fourth, SYN.
  if (seg.has(kSyn)) return {Action::kChallenge, Drop::kInvalidSyn};
  // Fifth, ACK.
  if (!seg.has(kAck)) return {Action::kDrop, Drop::kAckMissing};
  return JudgeAck(conn, seg);
}

}  // namespace handfast

#endif  // STACK_ARRIVE_SYNCHRONIZED_H_
