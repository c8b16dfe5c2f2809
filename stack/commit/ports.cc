#include "stack/commit/ports.h"

#include "stack/call/bind.h"
#include "stack/commit/flows.h"
#include "stack/secret/port.h"

namespace handfast {
namespace {

// Calls usable(port) for each port of the range, from a drawn one on, until it says yes.
template <typename Usable>
Port Search(Tables& t, const Flow& flow, Usable&& usable) {
  const PortRange range = t.config.ephemeral;
  const uint32_t start = PortOffset(t.keys.port, flow, t.port_draws, range);
  for (uint32_t i = 0; i < range.size(); ++i) {
    const Port port{static_cast<uint16_t>(range.first + (start + i) % range.size())};
    if (!usable(port)) continue;
    ++t.port_draws;
    return port;
  }
  return Port{0};
}

}  // namespace

bool PortHeld(const Tables& t, const Addr& addr, Port port) {
  const PortBucket& bucket = t.BucketOf(port);
  for (uint32_t next = bucket.listeners; next != 0;) {
    const Listener& listener = t.listeners[Slot<Listener>(next - 1)];
    if (listener.port == port && AddressesOverlap(listener.addr, addr)) return true;
    next = listener.chain;
  }
  for (Slot<Connection> slot = bucket.bound.front(); slot;
       slot = bucket.bound.Next(t.connections, slot)) {
    const Flow& flow = t.connections[slot].flow;
    if (flow.local_port == port && AddressesOverlap(flow.local, addr)) return true;
  }
  return false;
}

Port FreePort(Tables& t, const Addr& addr) {
  Flow flow;
  flow.local = addr;
  return Search(t, flow, [&](Port port) { return !PortHeld(t, addr, port); });
}

Port FreePortForFlow(Tables& t, Flow flow) {
  return Search(t, flow, [&](Port port) {
    if (PortHeld(t, Addr::AnyV4(), port)) return false;
    flow.local_port = port;
    return FindFlow(t, t.TagOf(flow), flow).owner() == Owner::kNobody;
  });
}

void HoldPort(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  conn.Set(Connection::kPortBound);
  t.BucketOf(conn.flow.local_port).bound.PushBack(t.connections, slot);
}

void ChainListener(Tables& t, Slot<Listener> slot) {
  Listener& listener = t.listeners[slot];
  PortBucket& bucket = t.BucketOf(listener.port);
  listener.chain = bucket.listeners;
  bucket.listeners = slot.index() + 1;
}

void UnchainListener(Tables& t, Slot<Listener> slot) {
  const Listener& listener = t.listeners[slot];
  uint32_t* link = &t.BucketOf(listener.port).listeners;
  while (*link != slot.index() + 1) link = &t.listeners[Slot<Listener>(*link - 1)].chain;
  *link = listener.chain;
}

}  // namespace handfast
