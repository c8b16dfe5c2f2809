// A segment for a connection in SYN-SENT (RFC 9293 §3.10.7.3; Linux:
// tcp_rcv_synsent_state_process).

#ifndef STACK_ARRIVE_SYN_SENT_H_
#define STACK_ARRIVE_SYN_SENT_H_

#include "stack/arrive/verdict.h"
#include "stack/base/seq.h"
#include "stack/sock/connection.h"
#include "stack/wire/segment.h"

namespace handfast {

// `tsval` is what a segment sent now would carry.
constexpr Verdict JudgeSynSent(const Connection& conn, const Segment& seg, uint32_t tsval) {
  // First, ACK. Where it is missing there is no second chance for a RST.
  if (!seg.has(kAck)) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
    // Fourth, SYN: it crossed ours. A FIN or text with it is for the peer to repeat.
    if (seg.has(kSyn)) return Action::kCross;
    return {Action::kDrop, Drop::kFlags};
  }
  if (!AckAcceptable(seg.ack, conn.snd_una, conn.snd_nxt)) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
    // A stale connection of the peer answers. Our RST ends it; the SYN, sent again soon,
    // connects.
    return {Action::kSendRstRepeat, Drop::kHandshakeAck};
  }
  // An echo of none of our SYNs' timestamps; 0 is no echo.
  if (conn.negotiated.has(Negotiated::kTimestamps) && seg.options.has(Options::kTimestamps) &&
      seg.options.ts_ecr != 0 &&
      !Between(Seq(seg.options.ts_ecr), Seq(conn.syn_tsval), Seq(tsval))) {
    return {seg.has(kRst) ? Action::kDrop : Action::kSendRst, Drop::kTsEcr};
  }
  // Second, RST. Its sequence number proves nothing: RCV.NXT is not known yet.
  if (seg.has(kRst)) return Action::kReset;
  // A bare ACK establishes nothing (the "split handshake").
  if (!seg.has(kSyn)) return {Action::kDrop, Drop::kFlags};
  return Action::kEstablish;
}

}  // namespace handfast

#endif  // STACK_ARRIVE_SYN_SENT_H_
