// Segments for connections, and how connections come to be open.

#ifndef STACK_COMMIT_CONNECTION_H_
#define STACK_COMMIT_CONNECTION_H_

#include "stack/arrive/verdict.h"
#include "stack/base/slot.h"
#include "stack/tables.h"
#include "stack/tx.h"
#include "stack/wire/icmp.h"
#include "stack/wire/segment.h"

namespace handfast {

// The request, acknowledged by `seg`, becomes the connection in a fresh slot: in the same
// place of the flow table, and in its listener's accept queue. Then the rest of the segment
// is processed (Linux: tcp_v4_syn_recv_sock, inet_csk_complete_hashdance).
void BecomeConnection(Tables& t, TxBurst& tx, Slot<Request> request, Slot<Connection> slot,
                      const Segment& seg);

// A segment for a connection. The verdict that was carried out.
Verdict ArriveAtConnection(Tables& t, TxBurst& tx, Slot<Connection> slot, const Segment& seg);

Verdict ArriveAtTimeWait(Tables& t, TxBurst& tx, Slot<TimeWait> slot, const Segment& seg);

Verdict ArriveIcmp(Tables& t, const IcmpError& icmp);

}  // namespace handfast

#endif  // STACK_COMMIT_CONNECTION_H_
