// Reply: the only writer of segments. Each function writes one datagram into the burst and
// counts it. REQUIRES, of all: the burst has room for a datagram of the link's MTU.

#ifndef STACK_REPLY_H_
#define STACK_REPLY_H_

#include "stack/sock/connection.h"
#include "stack/sock/request.h"
#include "stack/sock/time_wait.h"
#include "stack/tables.h"
#include "stack/transfer/send.h"
#include "stack/tx.h"
#include "stack/wire/segment.h"

namespace handfast {

// The reset of RFC 9293 §3.10.7.1, for a segment that belongs to nobody or acknowledges what
// it cannot (Linux: tcp_v4_send_reset). REQUIRES: the segment has no RST.
void SendRst(Tables& t, TxBurst& tx, const Segment& seg);

// Linux: tcp_v4_reqsk_send_ack, tcp_v4_timewait_ack.
void SendAck(Tables& t, TxBurst& tx, const Request& req, const Segment& seg);
void SendAck(Tables& t, TxBurst& tx, const TimeWait& tw);

// Linux: tcp_make_synack. The first and each repeated one.
void SendSynAck(Tables& t, TxBurst& tx, Request& req);

// The SYN of a connection in SYN-SENT, the SYN-ACK of one in SYN-RECEIVED.
void SendSyn(Tables& t, TxBurst& tx, Connection& conn);

// An ACK of all that was received, with the window as it is now (Linux: tcp_send_ack).
void SendAck(Tables& t, TxBurst& tx, Connection& conn);

// A segment with text or FIN.
void SendText(Tables& t, TxBurst& tx, Connection& conn, const SendPlan& plan);

// Linux: tcp_send_active_reset.
void SendReset(Tables& t, TxBurst& tx, Connection& conn);

// False when the request is too long for the link.
bool SendEchoReply(Tables& t, TxBurst& tx, Bytes request);

}  // namespace handfast

#endif  // STACK_REPLY_H_
