// Timers that have expired, and flows that wait for output.

#ifndef STACK_COMMIT_TIMERS_H_
#define STACK_COMMIT_TIMERS_H_

#include "stack/tables.h"
#include "stack/trace.h"
#include "stack/tx.h"

namespace handfast {

// Works off what is due at t.now, as far as the burst has room; the rest stays due.
void ExpireTimers(Tables& t, TxBurst& tx, Trace* trace);
void DrainOutput(Tables& t, TxBurst& tx, Trace* trace);

}  // namespace handfast

#endif  // STACK_COMMIT_TIMERS_H_
