// Sending: what may leave now, and what an acknowledgment changes.
//
//   SND.UNA          resend_nxt        SND.NXT          snd_end()
//      │ acknowledged so far │ sent, once │ not sent yet    │ (FIN)
//
// Between a time-out and its repair resend_nxt walks from SND.UNA to SND.NXT again.

#ifndef STACK_TRANSFER_SEND_H_
#define STACK_TRANSFER_SEND_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/time.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"
#include "stack/transfer/chunks.h"
#include "stack/wire/segment.h"

namespace handfast {

// Octets of text in a full segment: what the peer takes and the path carries, less the
// options of every segment, but never below the floor (RFC 9293 §3.7.1).
uint32_t SendMss(const Connection& conn, const Policy& policy);

struct SendPlan {
  bool send = false;
  bool fin = false;
  bool push = false;
  bool repeats = false;  // some of it was sent before
  Seq seq;
  uint32_t length = 0;  // octets of text
};

// The next segment with text or FIN that may leave, by the windows, Nagle's algorithm and
// silly window avoidance (RFC 9293 §3.7.4, §3.8.6.2.1).
SendPlan PlanSegment(const Connection& conn, const Policy& policy);

// The plan's segment leaves. Updates SND.NXT and what follows from it.
void NoteSent(Connection& conn, const SendPlan& plan, Instant now);

struct AckEffect {
  uint32_t acked = 0;     // octets of text
  bool progress = false;  // SND.UNA moved
  bool fin_acked = false;
};

// Takes SEG.ACK and SEG.WND of a segment that was judged acceptable. REQUIRES: a
// synchronized state.
AckEffect Acknowledge(Connection& conn, ChunkPool& chunks, const Segment& seg, Instant now,
                      const Policy& policy);

// Where a segment without text stands: at SND.NXT, unless that lies beyond the peer's window,
// where neither its ACK nor its RST would be taken (Linux: tcp_acceptable_seq).
Seq ControlSeq(const Connection& conn);

// Enters or leaves the state of a closed window, in which probes are all that is sent. To be
// asked before planning.
void FollowWindow(Connection& conn, const Policy& policy);

// When the retransmission or probe timer is to expire, given what is outstanding and what
// waits. To be asked after every change, with resend_at never where the timer is to start
// anew (RFC 6298 §5.1-5.3).
Instant ResendDeadline(Connection& conn, Instant now);

// After a pause longer than the RTO the window starts again at its first size (RFC 5681
// §4.1). To be asked before sending.
void RestartAfterIdle(Connection& conn, Instant now, const Policy& policy);

}  // namespace handfast

#endif  // STACK_TRANSFER_SEND_H_
