// Invariants of tables: who stands where, and who is found.

#include <bit>

#include "harness/audit/state.h"
#include "stack/call/bind.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

constexpr uint32_t kHeld = Connection::kOwned | Connection::kInAcceptQueue;

// --- Lengths and gauges.

void Gauges(const Audited& a, Report& report) {
  const Tables& t = a.t;
  const Tally& tally = a.tally;
  report.Equal(t.listeners.used(), tally.listeners, "listeners in use");
  report.Equal(t.requests.used(), tally.requests, "requests in use");
  report.Equal(t.connections.used(), tally.connections, "connections in use");
  report.Equal(t.time_waits.used(), tally.time_waits, "time-waits in use");
  report.Equal(t.output.size(), tally.output, "connections with output");
  report.Equal(t.counters[Counter::kTcpCurrEstab], tally.established, "CurrEstab");
  report.Equal(tally.syn_queues, tally.requests, "SYN queues together");
  report.Equal(tally.accept_queues, tally.in_accept_queue, "accept queues together");
}

void QueuesOf(const Audited& a, Slot<Listener> slot, const Listener& listener, Report& report) {
  const uint32_t i = slot.index();
  report.Equal(Walk(a.t.requests, listener.requests), listener.requests.size(),
               "SYN queue of listener", i);
  report.Equal(Walk(a.t.connections, listener.children), listener.children.size(),
               "accept queue of listener", i);
  uint32_t young = 0;
  for (Slot<Request> req = listener.requests.front(); req && a.t.requests.live(req);
       req = SynQueue::Next(a.t.requests, req)) {
    young += a.t.requests[req].timeouts == 0 ? 1 : 0;
    if (young > listener.requests.size()) break;
  }
  report.Equal(listener.young, young, "young requests of listener", i);
}

void Lists(const Audited& a, Report& report) {
  const Tables& t = a.t;
  report.Equal(Walk(t.connections, t.output), t.output.size(), "list of output");
  report.Equal(Walk(t.time_waits, t.time_wait_order), t.time_waits.used(),
               "list of time-waits");
  for (const uint32_t i : {0u, 1u}) {
    report.Equal(Walk(t.connections, t.ready_connections[i]), t.ready_connections[i].size(),
                 "list of ready sockets", i);
    report.Equal(Walk(t.listeners, t.ready_listeners[i]), t.ready_listeners[i].size(),
                 "list of ready listeners", i);
  }
}

// --- One flow, one owner, found by its flow. A flow that leads to an equal flow of another
// has two owners; one that leads nowhere is lost.

enum class Found : uint8_t { kItself, kAnother, kNothing };

Found Find(const Audited& a, const Flow& flow, uint32_t tag, Ref ref) {
  const Ref found = FindFlow(a.t, tag, flow);
  if (found.raw == ref.raw) return Found::kItself;
  return found.owner() == Owner::kNobody ? Found::kNothing : Found::kAnother;
}

template <typename T, Found kWrong>
void FlowOfObject(const Audited& a, Slot<T> slot, const T& object, Report& report) {
  const char* const what =
      kWrong == Found::kAnother ? "shares its flow" : "is not found by its flow";
  if (Find(a, object.flow, object.tag, Ref::Of(slot)) == kWrong)
    report.Fail("the flow's owner", slot.index(), what);
}

template <Found kWrong>
void FlowOfConnection(const Audited& a, Slot<Connection> slot, const Connection& conn,
                      Report& report) {
  if (conn.has(Connection::kHashed)) FlowOfObject<Connection, kWrong>(a, slot, conn, report);
}

void FlowCount(const Audited& a, Report& report) {
  report.Equal(a.t.flows.size(), a.tally.requests + a.tally.open + a.tally.time_waits,
               "flows in the table");
}

void HashedWhileOpen(const Audited&, Slot<Connection> slot, const Connection& conn,
                     Report& report) {
  if (conn.has(Connection::kHashed) != (conn.state != State::kClosed))
    report.Fail("connection", slot.index(),
                "is open and not in the flow table, or the other way round");
}

template <typename T>
void TagOfObject(const Audited& a, Slot<T> slot, const T& object, Report& report) {
  report.Equal(object.tag, a.t.TagOf(object.flow), "tag of the flow's owner", slot.index());
}

void TagOfConnection(const Audited& a, Slot<Connection> slot, const Connection& conn,
                     Report& report) {
  if (conn.has(Connection::kHashed)) TagOfObject(a, slot, conn, report);
}

// --- The flow table itself.

bool IsLive(const Tables& t, Ref ref) {
  switch (ref.owner()) {
    case Owner::kRequest: return t.requests.live(Slot<Request>(ref.index()));
    case Owner::kConnection: return t.connections.live(Slot<Connection>(ref.index()));
    case Owner::kTimeWait: return t.time_waits.live(Slot<TimeWait>(ref.index()));
    case Owner::kNobody:
    case Owner::kListener: break;
  }
  return false;
}

// Calls visit(bucket, cell's tag, ref) for each cell in use.
template <typename Visit>
void ForEachCell(const Ehash& flows, Visit&& visit) {
  for (uint32_t at = 0; at < flows.buckets(); ++at)
    for (uint32_t i = 0; i < Ehash::kCells; ++i)
      if (const uint32_t raw = flows.bucket(at).refs[i]; raw != Ehash::kNoRef)
        visit(at, flows.bucket(at).tags[i], Ref{raw});
}

void CellsAreLive(const Audited& a, Report& report) {
  ForEachCell(a.t.flows, [&](uint32_t at, uint32_t, Ref ref) {
    if (!IsLive(a.t, ref)) report.Fail("bucket", at, "leads to an object that is gone");
  });
}

void CellsAreCounted(const Audited& a, Report& report) {
  uint32_t cells = 0;
  ForEachCell(a.t.flows, [&](uint32_t, uint32_t, Ref) { ++cells; });
  report.Equal(a.t.flows.size(), cells, "flows in the buckets");
}

void ProbesAreShort(const Audited& a, Report& report) {
  const Ehash& flows = a.t.flows;
  const auto most = static_cast<uint32_t>(std::bit_width(flows.buckets())) * 4;
  ForEachCell(flows, [&](uint32_t at, uint32_t tag, Ref) {
    const uint32_t steps = (at - tag) & (flows.buckets() - 1);
    if (steps > most) report.Fail("bucket", at, "lies far from a flow's home");
  });
}

// --- What is referred to is there.

void RequestRefers(const Audited& a, Slot<Request> slot, const Request& req, Report& report) {
  if (!a.t.listeners.live(Slot<Listener>(req.listener)))
    report.Fail("request", slot.index(), "has lost its listener");
}

void ConnectionIsHeld(const Audited&, Slot<Connection> slot, const Connection& conn,
                      Report& report) {
  const bool held = (conn.flags & (kHeld | Connection::kResetNow)) != 0;
  if (!held && conn.state == State::kClosed)
    report.Fail("connection", slot.index(), "is over, and nobody will give it back");
  if ((conn.flags & kHeld) == kHeld)
    report.Fail("connection", slot.index(), "has a user, and is in an accept queue");
}

// --- Whoever can be found is complete.

void CompleteFlow(const Audited& a, const Flow& flow, const char* noun, uint32_t index,
                  Report& report) {
  if (flow.local_port == Port{0} || flow.peer_port == Port{0})
    report.Fail(noun, index, "has no port");
  if (!IsOwn(flow.local, a.t.config.locals())) report.Fail(noun, index, "is not at home here");
  if (flow.peer.is_any()) report.Fail(noun, index, "has no peer");
}

void CompleteRequest(const Audited& a, Slot<Request> slot, const Request& req, Report& report) {
  CompleteFlow(a, req.flow, "request", slot.index(), report);
  if (req.peer_mss == 0 || req.synack_at > a.t.now)
    report.Fail("request", slot.index(), "is not filled in");
}

void CompleteConnection(const Audited& a, Slot<Connection> slot, const Connection& conn,
                        Report& report) {
  if (!conn.has(Connection::kHashed)) return;
  CompleteFlow(a, conn.flow, "connection", slot.index(), report);
  if (conn.path_mtu == 0 || conn.rto_us == 0)
    report.Fail("connection", slot.index(), "is not filled in");
  if (conn.peer_mss == 0 && conn.state != State::kSynSent)
    report.Fail("connection", slot.index(), "does not know its peer's MSS");
}

// --- No two hold one port at overlapping addresses.

void PortOf(const Audited& a, Slot<Listener> slot, const Listener& listener, Report& report) {
  const PortBucket& bucket = a.t.BucketOf(listener.port);
  bool chained = false;
  uint32_t steps = 0;
  for (uint32_t next = bucket.listeners; next != 0 && ++steps <= a.t.listeners.capacity();) {
    const Slot<Listener> at(next - 1);
    const Listener& other = a.t.listeners[at];
    if (at == slot)
      chained = true;
    else if (other.port == listener.port && AddressesOverlap(other.addr, listener.addr))
      report.Fail("listener", slot.index(), "shares its port with a listener");
    next = other.chain;
  }
  if (!chained) report.Fail("listener", slot.index(), "is not found by its port");
  for (Slot<Connection> at = bucket.bound.front(); at;
       at = bucket.bound.Next(a.t.connections, at)) {
    const Flow& flow = a.t.connections[at].flow;
    if (flow.local_port == listener.port && AddressesOverlap(flow.local, listener.addr))
      report.Fail("listener", slot.index(), "shares its port with a socket");
  }
}

void BoundPort(const Audited&, Slot<Connection> slot, const Connection& conn, Report& report) {
  if (conn.bind.linked() != conn.has(Connection::kPortBound))
    report.Fail("connection", slot.index(),
                "is bound and holds no port, or the other way round");
}

}  // namespace

std::span<const Invariant> TableInvariants() {
  static constexpr Invariant kRows[] = {
      {.id = "I-06",
       .sentence = "Every length and every gauge equals a recount.",
       .listener = QueuesOf,
       .whole = Gauges},
      {.id = "I-06",
       .sentence = "Every list leads through as many objects as it says, both ways.",
       .depth = Depth::kThorough,
       .whole = Lists},
      {.id = "I-22",
       .sentence = "A flow has one owner.",
       .request = FlowOfObject<Request, Found::kAnother>,
       .connection = FlowOfConnection<Found::kAnother>,
       .time_wait = FlowOfObject<TimeWait, Found::kAnother>,
       .whole = FlowCount},
      {.id = "I-22",
       .sentence = "A connection has its flow until it is closed.",
       .connection = HashedWhileOpen},
      {.id = "I-23",
       .sentence = "A lookup finds the owner of a flow.",
       .request = FlowOfObject<Request, Found::kNothing>,
       .connection = FlowOfConnection<Found::kNothing>,
       .time_wait = FlowOfObject<TimeWait, Found::kNothing>},
      {.id = "I-23",
       .sentence = "A flow is kept under the hash of itself, and the table holds no more.",
       .depth = Depth::kThorough,
       .request = TagOfObject<Request>,
       .connection = TagOfConnection,
       .time_wait = TagOfObject<TimeWait>,
       .whole = CellsAreCounted},
      {.id = "I-24",
       .sentence = "What is referred to is there, and what is there has somebody.",
       .request = RequestRefers,
       .connection = ConnectionIsHeld},
      {.id = "I-24",
       .sentence = "The flow table leads to objects that are there.",
       .depth = Depth::kThorough,
       .whole = CellsAreLive},
      {.id = "I-25",
       .sentence = "Whoever can be found by a flow is complete.",
       .request = CompleteRequest,
       .connection = CompleteConnection},
      {.id = "I-29",
       .sentence = "No flow lies further from its home bucket than 4 log2 of their number.",
       .depth = Depth::kThorough,
       .whole = ProbesAreShort},
      {.id = "I-63",
       .sentence = "No two hold one port at overlapping addresses.",
       .depth = Depth::kThorough,
       .listener = PortOf,
       .connection = BoundPort},
  };
  return kRows;
}

}  // namespace handfast
