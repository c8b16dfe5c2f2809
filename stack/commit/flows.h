// Who owns a flow, and which listener a new one would go to (Linux: __inet_lookup).

#ifndef STACK_COMMIT_FLOWS_H_
#define STACK_COMMIT_FLOWS_H_

#include "stack/tables.h"

namespace handfast {

inline const Flow& FlowOf(const Tables& t, Ref ref) {
  if (ref.owner() == Owner::kRequest) return t.requests[Slot<Request>(ref.index())].flow;
  if (ref.owner() == Owner::kConnection)
    return t.connections[Slot<Connection>(ref.index())].flow;
  return t.time_waits[Slot<TimeWait>(ref.index())].flow;
}

// The owner of a flow, or a Ref of nobody.
inline Ref FindFlow(const Tables& t, uint32_t tag, const Flow& flow) {
  return {t.flows.Find(tag, [&](uint32_t raw) { return FlowOf(t, Ref{raw}) == flow; })};
}

// The listener for a local address and port: one on that very address before one on any.
inline Slot<Listener> FindListener(const Tables& t, const Addr& addr, Port port) {
  Slot<Listener> any;
  for (uint32_t next = t.BucketOf(port).listeners; next != 0;) {
    const Slot<Listener> slot(next - 1);
    const Listener& listener = t.listeners[slot];
    if (listener.port == port) {
      if (listener.addr == addr) return slot;
      if (listener.addr.is_any()) any = slot;
    }
    next = listener.chain;
  }
  return any;
}

}  // namespace handfast

#endif  // STACK_COMMIT_FLOWS_H_
