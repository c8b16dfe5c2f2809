// Who holds a port, and which one is free.

#ifndef STACK_COMMIT_PORTS_H_
#define STACK_COMMIT_PORTS_H_

#include "stack/base/result.h"
#include "stack/base/slot.h"
#include "stack/base/units.h"
#include "stack/tables.h"

namespace handfast {

// Does a listener or a bound socket hold the port at an overlapping address?
bool PortHeld(const Tables& t, const Addr& addr, Port port);

// A port of the ephemeral range that nobody holds at this address; 0 when all are held.
Port FreePort(Tables& t, const Addr& addr);

// A port of the ephemeral range such that nobody holds it and nobody owns the flow; 0 when
// there is none. Looks at each port of the range once, at most.
Port FreePortForFlow(Tables& t, Flow flow);

// The socket holds its local port from now on.
void HoldPort(Tables& t, Slot<Connection> slot);

void ChainListener(Tables& t, Slot<Listener> slot);
void UnchainListener(Tables& t, Slot<Listener> slot);

}  // namespace handfast

#endif  // STACK_COMMIT_PORTS_H_
