#include "stack/commit/calls.h"

#include <algorithm>
#include <utility>

#include "stack/call/bind.h"
#include "stack/call/close.h"
#include "stack/call/connect.h"
#include "stack/call/listen.h"
#include "stack/call/transfer.h"
#include "stack/commit/flows.h"
#include "stack/commit/life.h"
#include "stack/commit/open.h"
#include "stack/commit/ports.h"
#include "stack/transfer/window.h"

namespace handfast {
namespace {

constexpr uint8_t kDefaultInterest = kReadable | kHangup | kErrored;

// The address of ours that a peer would see: one of its own subnet, or else the first.
Addr SourceFor(const Tables& t, const Addr& peer) {
  for (const LocalAddr& local : t.config.locals())
    if (IsOnLink(peer, local)) return local.addr;
  return t.config.address_count > 0 ? t.config.addresses[0].addr : Addr::AnyV4();
}

// The user has gone; what is left lives for a bounded time.
void Orphan(Tables& t, Connection& conn) {
  const Policy& policy = t.config.policy;
  const bool timed = conn.options.linger == Linger::kTimed;
  const Duration life =
      timed ? std::chrono::seconds(conn.options.linger_seconds) : policy.orphan_life;
  conn.end_at = t.now + life;
  if (conn.state == State::kFinWait2)
    conn.end_at = Earliest(conn.end_at, t.now + policy.fin_wait2);
}

void QueueFin(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  conn.Set(Connection::kFinQueued);
  Transit(t, conn, Event::kSndFin);
  WantOutput(t, slot);
}

// The place that bind() gives a socket: the address, and the port or a free one.
Errno FindPlace(Tables& t, const Connection& conn, Endpoint& local) {
  if (const Errno error = CheckBind(conn, local.addr, t.config.locals()); error != Errno::kOk)
    return error;
  if (local.port == Port{0})
    local.port = FreePort(t, local.addr);
  else if (PortHeld(t, local.addr, local.port))
    return Errno::kAddrInUse;
  return local.port == Port{0} ? Errno::kAddrInUse : Errno::kOk;
}

// The flow that connect() gives a socket.
Result<Flow> FindFlowTo(Tables& t, const Connection& conn, Endpoint peer) {
  if (const Errno error = CheckConnect(conn, peer, t.config.locals()); error != Errno::kOk)
    return error;
  Flow flow = conn.flow;
  flow.peer = peer.addr;
  flow.peer_port = peer.port;
  if (!conn.has(Connection::kPortBound) || flow.local.is_any())
    flow.local = SourceFor(t, peer.addr);
  if (flow.local.is_any()) return Errno::kAddrNotAvail;
  if (!conn.has(Connection::kPortBound)) {
    flow.local_port = FreePortForFlow(t, flow);
    if (flow.local_port == Port{0}) return Errno::kAddrNotAvail;
  } else if (FindFlow(t, t.TagOf(flow), flow).owner() != Owner::kNobody) {
    return Errno::kAddrNotAvail;
  }
  return flow;
}

void StartConnecting(Tables& t, Slot<Connection> slot, const Flow& flow) {
  t.connections[slot].flow = flow;
  OpenActive(t, slot);
  WantOutput(t, slot);
  Settle(t, slot);
}

// REQUIRES: there is a free listener, and nobody holds the port.
Slot<Listener> PlaceListener(Tables& t, Endpoint local, const SocketOptions& options,
                             int backlog) {
  const Slot<Listener> slot = t.listeners.Take();
  Listener& listener = t.listeners[slot];
  listener.addr = local.addr;
  listener.port = local.port;
  listener.backlog = ClampBacklog(backlog, t.config.somaxconn);
  listener.interest = kDefaultInterest;
  SetListenerOptions(t, slot, options);
  ChainListener(t, slot);
  return slot;
}

// The peer hears at once of a window that it may be waiting for.
void OfferWindow(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (!MayReceive(conn.state) || !WindowUpdateDue(conn, t.AdvertisedMss())) return;
  conn.Set(Connection::kAckNow);
  WantOutput(t, slot);
}

// The id is void from now on.
void Disown(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  conn.interest = 0;
  Settle(t, slot);  // leaves the ready list
  conn.Clear(Connection::kOwned);
}

}  // namespace

Result<Slot<Connection>> OpenSocket(Tables& t) {
  const Slot<Connection> slot = t.connections.Take();
  if (!slot) return Errno::kNFile;
  Connection& conn = t.connections[slot];
  conn.flags = Connection::kOwned;
  conn.interest = kDefaultInterest;
  conn.options = t.config.socket;
  return slot;
}

Errno BindSocket(Tables& t, Slot<Connection> slot, Endpoint local) {
  Connection& conn = t.connections[slot];
  if (const Errno error = FindPlace(t, conn, local); error != Errno::kOk) return error;
  conn.flow.local = local.addr;
  conn.flow.local_port = local.port;
  HoldPort(t, slot);
  return Errno::kOk;
}

Result<Slot<Listener>> ListenOn(Tables& t, Slot<Connection> slot, int backlog) {
  const Connection& conn = t.connections[slot];
  if (const Errno error = CheckListen(conn); error != Errno::kOk) return error;
  if (t.listeners.full()) return Errno::kNFile;
  if (!conn.has(Connection::kPortBound))
    if (const Errno error = BindSocket(t, slot, {Addr::AnyV4(), Port{0}}); error != Errno::kOk)
      return error;
  const Endpoint local{conn.flow.local, conn.flow.local_port};
  const SocketOptions options = conn.options;
  Disown(t, slot);
  Settle(t, slot);  // gives the slot and its port back
  return PlaceListener(t, local, options, backlog);
}

Result<Slot<Listener>> OpenListener(Tables& t, Endpoint local, int backlog) {
  if (t.listeners.full()) return Errno::kNFile;
  if (const Errno error = FindPlace(t, Connection{}, local); error != Errno::kOk) return error;
  return PlaceListener(t, local, t.config.socket, backlog);
}

void SetListenerOptions(Tables& t, Slot<Listener> slot, const SocketOptions& options) {
  Listener& listener = t.listeners[slot];
  const uint32_t mss = t.AdvertisedMss();
  listener.options = options;
  listener.windows = {InitialWindow(options.receive_buffer, mss),
                      InitialWindow(options.receive_buffer, mss - kTimestampOption)};
  listener.rcv_scale = WindowShift(options.receive_buffer);
}

Result<Slot<Connection>> AcceptFrom(Tables& t, Slot<Listener> slot) {
  Listener& listener = t.listeners[slot];
  const Slot<Connection> child = listener.children.PopFront(t.connections);
  if (!child) return Errno::kAgain;
  Connection& conn = t.connections[child];
  conn.Clear(Connection::kInAcceptQueue);
  conn.Set(Connection::kOwned);
  conn.interest = kDefaultInterest;
  Settle(t, child);
  Settle(t, slot);
  return child;
}

Errno ConnectTo(Tables& t, Slot<Connection> slot, Endpoint peer) {
  const Result<Flow> flow = FindFlowTo(t, t.connections[slot], peer);
  if (!flow) return flow.error();
  StartConnecting(t, slot, *flow);
  return Errno::kOk;
}

Result<Slot<Connection>> OpenConnection(Tables& t, Endpoint peer) {
  if (t.connections.full()) return Errno::kNFile;
  const Result<Flow> flow = FindFlowTo(t, Connection{}, peer);
  if (!flow) return flow.error();
  const Result<Slot<Connection>> slot = OpenSocket(t);
  StartConnecting(t, *slot, *flow);
  return slot;
}

Result<uint32_t> ReadFrom(Tables& t, Slot<Connection> slot, MutableBytes out) {
  Connection& conn = t.connections[slot];
  if (conn.receive.size == 0) {
    const Errno why = CheckRead(conn);
    conn.error = Errno::kOk;
    Settle(t, slot);
    if (why != Errno::kOk) return why;
    return uint32_t{0};
  }
  const auto count = static_cast<uint32_t>(std::min<size_t>(out.size(), conn.receive.size));
  CopyOut(t.chunks, conn.receive, 0, out.first(count));
  DropFront(t.chunks, conn.receive, count);
  OfferWindow(t, slot);
  Settle(t, slot);
  return count;
}

Result<uint32_t> WriteTo(Tables& t, Slot<Connection> slot, Bytes text) {
  Connection& conn = t.connections[slot];
  if (const Errno why = CheckWrite(conn); why != Errno::kOk) {
    if (why == conn.error) conn.error = Errno::kOk;
    Settle(t, slot);
    return why;
  }
  const size_t room = conn.options.send_buffer - conn.send.size;
  const uint32_t taken =
      Append(t.chunks, conn.send, ChunkUse::kSend, text.first(std::min(room, text.size())));
  if (taken == 0 && !text.empty()) return Errno::kNoBufs;
  WantOutput(t, slot);
  Settle(t, slot);
  return taken;
}

Errno ShutRead(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (const Errno error = CheckShutdown(conn); error != Errno::kOk) return error;
  conn.Set(Connection::kReadShut);
  Clear(t.chunks, conn.receive);
  OfferWindow(t, slot);
  Settle(t, slot);
  return Errno::kOk;
}

Errno ShutWrite(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (const Errno error = CheckShutdown(conn); error != Errno::kOk) return error;
  switch (JudgeFin(conn)) {
    case CloseVerdict::kForget: AbortConnection(t, slot, Errno::kConnReset); break;
    case CloseVerdict::kFin: QueueFin(t, slot); break;
    case CloseVerdict::kFinLater: conn.Set(Connection::kFinQueued); break;
    case CloseVerdict::kNothing:
    case CloseVerdict::kReset: break;
  }
  Settle(t, slot);
  return Errno::kOk;
}

void CloseSocket(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  Disown(t, slot);
  switch (JudgeClose(conn)) {
    case CloseVerdict::kNothing: break;
    case CloseVerdict::kForget: Transit(t, conn, Event::kAbort); break;
    case CloseVerdict::kFin: QueueFin(t, slot); break;
    case CloseVerdict::kFinLater: conn.Set(Connection::kFinQueued); break;
    case CloseVerdict::kReset:
      t.counters.Add(conn.receive.size > 0 ? Counter::kTcpExtTCPAbortOnClose
                                           : Counter::kTcpExtTCPAbortOnData);
      AbortConnection(t, slot, Errno::kOk);
      break;
  }
  if (conn.state != State::kClosed) Orphan(t, conn);
  Settle(t, slot);
}

void AbortSocket(Tables& t, Slot<Connection> slot) {
  Disown(t, slot);
  AbortConnection(t, slot, Errno::kOk);
  Settle(t, slot);
}

void CloseListener(Tables& t, Slot<Listener> slot) {
  Listener& listener = t.listeners[slot];
  UnchainListener(t, slot);
  while (const Slot<Request> request = listener.requests.front()) {
    t.counters.Add(Counter::kHandfastRequestsClosed);
    ForgetRequest(t, request);
  }
  while (const Slot<Connection> child = listener.children.PopFront(t.connections)) {
    t.connections[child].Clear(Connection::kInAcceptQueue);
    AbortConnection(t, child, Errno::kOk);
    Settle(t, child);
  }
  Settle(t, slot);  // leaves the ready list
  t.listeners.Free(slot);
}

void SetSocketOptions(Tables& t, Slot<Connection> slot, const SocketOptions& options) {
  t.connections[slot].options = options;
  WantOutput(t, slot);  // Nagle's algorithm may let go of something
  OfferWindow(t, slot);
  Settle(t, slot);
}

Errno TakeErrorOf(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  const Errno error = conn.error != Errno::kOk ? conn.error : conn.soft_error;
  conn.error = conn.soft_error = Errno::kOk;
  conn.Clear(Connection::kStalled);
  Settle(t, slot);
  return error;
}

}  // namespace handfast
