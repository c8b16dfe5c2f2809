// Half-open connections: born of a SYN, ended by an ACK, a RST, or time.

#ifndef STACK_COMMIT_REQUEST_H_
#define STACK_COMMIT_REQUEST_H_

#include "stack/arrive/verdict.h"
#include "stack/base/slot.h"
#include "stack/tables.h"
#include "stack/tx.h"
#include "stack/wire/segment.h"

namespace handfast {

// A segment for a listener. The verdict that was carried out.
Verdict ArriveAtListener(Tables& t, TxBurst& tx, Slot<Listener> slot, const Segment& seg,
                         uint32_t tag);

// A SYN that takes over the flow of a time-wait, for the listener. The time-wait is gone if
// the verdict is kReopen.
Verdict ReopenTimeWait(Tables& t, TxBurst& tx, Slot<TimeWait> tw, Slot<Listener> listener,
                       const Segment& seg);

Verdict ArriveAtRequest(Tables& t, TxBurst& tx, Slot<Request> slot, const Segment& seg);

// The SYN-ACK timer has expired.
void SynAckTimeoutOf(Tables& t, TxBurst& tx, Slot<Request> slot);

}  // namespace handfast

#endif  // STACK_COMMIT_REQUEST_H_
