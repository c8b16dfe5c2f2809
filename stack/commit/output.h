// What a connection has to say, said.

#ifndef STACK_COMMIT_OUTPUT_H_
#define STACK_COMMIT_OUTPUT_H_

#include "stack/base/slot.h"
#include "stack/tables.h"
#include "stack/tx.h"

namespace handfast {

// Room for one more datagram, whatever it holds.
inline bool HasRoom(const Tables& t, const TxBurst& tx) { return tx.HasRoom(1, t.config.mtu); }

// Sends all that may leave now, as far as the burst has room; the rest waits in the output
// list. Arms the timers for what is outstanding; the caller settles.
void Flush(Tables& t, TxBurst& tx, Slot<Connection> slot);

}  // namespace handfast

#endif  // STACK_COMMIT_OUTPUT_H_
