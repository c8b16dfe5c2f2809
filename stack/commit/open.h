// How a connection's fields get their first values, from either side of a handshake.

#ifndef STACK_COMMIT_OPEN_H_
#define STACK_COMMIT_OPEN_H_

#include "stack/base/slot.h"
#include "stack/tables.h"
#include "stack/wire/segment.h"

namespace handfast {

// Passive: all that the request and the segment that completes it tell (Linux:
// tcp_create_openreq_child).
void OpenPassive(Tables& t, Connection& conn, const Request& req, const Listener& listener,
                 const Segment& seg);

// The request's part is done: it leaves its listener's queue, but not the flow table, where
// its connection stands already.
void RetireRequest(Tables& t, Slot<Request> slot);

// Active: a SYN is to leave. REQUIRES: the flow is complete, and nobody owns it.
void OpenActive(Tables& t, Slot<Connection> slot);

// Active: what the peer's SYN or SYN-ACK tells (Linux: tcp_rcv_synsent_state_process).
void LearnSyn(Tables& t, Connection& conn, const Segment& seg);

// The round-trip time of the handshake, by Karn's rule (RFC 6298 §3). To be called before
// SND.UNA moves.
void MeasureHandshake(Tables& t, Connection& conn, const Segment& seg);

// First windows and RTO. To be called once, on entering ESTABLISHED.
void StartTransfer(Tables& t, Connection& conn);

}  // namespace handfast

#endif  // STACK_COMMIT_OPEN_H_
