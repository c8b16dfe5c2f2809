#include "stack/stack.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>

#include "stack/base/siphash.h"
#include "stack/call/listen.h"
#include "stack/commit/calls.h"
#include "stack/commit/input.h"
#include "stack/commit/timers.h"
#include "stack/transfer/rtt.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

Bytes BytesOf(const Stack& stack) {
  return {reinterpret_cast<const uint8_t*>(&stack), stack.bytes()};
}

Errno CheckBlock(std::span<std::byte> block, const Config& config) {
  if (config.Invalid() != nullptr) return Errno::kInval;
  if (reinterpret_cast<uintptr_t>(block.data()) % kTablesAlignment != 0) return Errno::kInval;
  return block.size() < config.Bytes() ? Errno::kNoMem : Errno::kOk;
}

bool InRange(const SocketOptions& options) {
  const auto buffer = [](uint32_t octets) {
    return octets >= Config::kMinBuffer && octets <= Config::kMaxBuffer;
  };
  return buffer(options.receive_buffer) && buffer(options.send_buffer) &&
         options.linger <= Linger::kTimed;
}

}  // namespace

Result<Stack*> Stack::Make(std::span<std::byte> block, const Config& config,
                           const Secrets& secrets) {
  if (const Errno error = CheckBlock(block, config); error != Errno::kOk) return error;
  std::memset(block.data() + sizeof(Stack), 0, config.Bytes() - sizeof(Stack));
  auto* const stack = new (block.data()) Stack(config, secrets);
  PlaceArrays(stack->t_, block);
  return stack;
}

Result<Stack*> Stack::CopyTo(std::span<std::byte> block) const {
  if (const Errno error = CheckBlock(block, t_.config); error != Errno::kOk) return error;
  std::memcpy(block.data(), this, bytes());
  return reinterpret_cast<Stack*>(block.data());
}

bool operator==(const Stack& a, const Stack& b) {
  return a.bytes() == b.bytes() && std::memcmp(&a, &b, a.bytes()) == 0;
}

uint64_t Stack::Hash() const { return SipHash13::Of({}, BytesOf(*this)); }

void Stack::SetNow(Instant now) {
  if (now < t_.now)
    t_.counters.Add(Counter::kHandfastClockBackward);
  else
    t_.now = now;
}

size_t Stack::Input(Instant now, std::span<const Bytes> datagrams, TxBurst& tx, Trace* trace) {
  SetNow(now);
  return InputBurst(t_, datagrams, tx, trace);
}

void Stack::Expire(Instant now, TxBurst& tx, Trace* trace) {
  SetNow(now);
  ExpireTimers(t_, tx, trace);
  if (t_.output.empty()) return;
  DrainOutput(t_, tx, trace);
  ExpireTimers(t_, tx, trace);  // a user timeout that was over when it was set
}

void Stack::NoteUnreachable(Instant now, Bytes datagram, Trace* trace) {
  SetNow(now);
  handfast::NoteUnreachable(t_, datagram, trace);
}

Instant Stack::next_deadline() const {
  if (!t_.output.empty()) return t_.now;
  // Looking at the wheel changes nothing; its nodes are reached by a mutable path only.
  const uint64_t tick = t_.wheel.Next(TimerNodes{const_cast<Tables&>(t_)});
  if (tick == Wheel::kNever) return Instant::Never();
  return Instant(tick * 1'000'000);
}

void Stack::Rekey(SipKey entropy) {
  const SipKey mixed{t_.keys.port.k0 ^ entropy.k0, t_.keys.port.k1 ^ entropy.k1};
  t_.keys.port = Derive(mixed, Domain::kPort);
}

// --- Sockets.

namespace {

bool Failed(Errno error) { return error != Errno::kOk; }
template <typename T>
bool Failed(const Result<T>& result) {
  return !result;
}

// The handle of what a call made.
template <typename T>
Result<Handle<T>> HandleOf(const Pool<T>& pool, const Result<Slot<T>>& slot) {
  if (!slot) return slot.error();
  return pool.HandleOf(*slot);
}

}  // namespace

template <typename Call>
auto Stack::At(Instant now, Call&& call) {
  const Instant before = t_.now;
  t_.now = std::max(now, before);
  auto result = call();
  if (Failed(result))
    t_.now = before;
  else if (now < before)
    t_.counters.Add(Counter::kHandfastClockBackward);
  return result;
}

Slot<Connection> Stack::Own(SocketId id) const {
  const Slot<Connection> slot = t_.connections.Find(id);
  return slot && t_.connections[slot].has(Connection::kOwned) ? slot : Slot<Connection>::None();
}

Result<SocketId> Stack::Socket(Instant now) {
  return At(now, [&] { return HandleOf(t_.connections, OpenSocket(t_)); });
}

Errno Stack::Bind(Instant now, SocketId id, Endpoint local) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  return At(now, [&] { return BindSocket(t_, slot, local); });
}

Result<ListenerId> Stack::Listen(Instant now, SocketId id, int backlog) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  return At(now, [&] { return HandleOf(t_.listeners, ListenOn(t_, slot, backlog)); });
}

Errno Stack::SetBacklog(Instant now, ListenerId id, int backlog) {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  SetNow(now);
  t_.listeners[slot].backlog = ClampBacklog(backlog, t_.config.somaxconn);
  return Errno::kOk;
}

Result<SocketId> Stack::Accept(Instant now, ListenerId id) {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  return At(now, [&] { return HandleOf(t_.connections, AcceptFrom(t_, slot)); });
}

Errno Stack::Connect(Instant now, SocketId id, Endpoint peer) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  return At(now, [&] { return ConnectTo(t_, slot, peer); });
}

Result<ListenerId> Stack::Listen(Instant now, Endpoint local, int backlog) {
  return At(now, [&] { return HandleOf(t_.listeners, OpenListener(t_, local, backlog)); });
}

Result<SocketId> Stack::Connect(Instant now, Endpoint peer) {
  return At(now, [&] { return HandleOf(t_.connections, OpenConnection(t_, peer)); });
}

Result<uint32_t> Stack::Read(Instant now, SocketId id, MutableBytes out) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  return At(now, [&] { return ReadFrom(t_, slot, out); });
}

Result<uint32_t> Stack::Write(Instant now, SocketId id, Bytes text) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  return At(now, [&] { return WriteTo(t_, slot, text); });
}

Errno Stack::Shutdown(Instant now, SocketId id, ShutdownHow how) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  if (how > ShutdownHow::kBoth) return Errno::kInval;
  return At(now, [&] {
    Errno error = Errno::kOk;
    if (how != ShutdownHow::kWrite) error = ShutRead(t_, slot);
    if (how != ShutdownHow::kRead && error == Errno::kOk) error = ShutWrite(t_, slot);
    return error;
  });
}

Errno Stack::Close(Instant now, SocketId id) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  SetNow(now);
  CloseSocket(t_, slot);
  return Errno::kOk;
}

Errno Stack::Abort(Instant now, SocketId id) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  SetNow(now);
  AbortSocket(t_, slot);
  return Errno::kOk;
}

Errno Stack::Close(Instant now, ListenerId id) {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  SetNow(now);
  CloseListener(t_, slot);
  return Errno::kOk;
}

Errno Stack::TakeError(Instant now, SocketId id) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  SetNow(now);
  return TakeErrorOf(t_, slot);
}

Errno Stack::SetOptions(Instant now, SocketId id, const SocketOptions& options) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  if (!InRange(options)) return Errno::kInval;
  SetNow(now);
  SetSocketOptions(t_, slot, options);
  return Errno::kOk;
}

Errno Stack::SetOptions(Instant now, ListenerId id, const SocketOptions& options) {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  if (!InRange(options)) return Errno::kInval;
  SetNow(now);
  SetListenerOptions(t_, slot, options);
  return Errno::kOk;
}

// --- Events.

Errno Stack::SetInterest(SocketId id, uint8_t ready_bits) {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  if ((ready_bits & ~kAllReady) != 0) return Errno::kInval;
  t_.connections[slot].interest = ready_bits;
  Settle(t_, slot);
  return Errno::kOk;
}

Errno Stack::SetInterest(ListenerId id, uint8_t ready_bits) {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  if ((ready_bits & ~kAllReady) != 0) return Errno::kInval;
  t_.listeners[slot].interest = ready_bits;
  Settle(t_, slot);
  return Errno::kOk;
}

std::optional<Ready> Stack::NextEvent() {
  const uint32_t round = t_.ready_round;
  Ready ready;
  if (const Slot<Listener> slot = t_.ready_listeners[round].PopFront(t_.listeners)) {
    Listener& listener = t_.listeners[slot];
    listener.ready_in = static_cast<uint8_t>(1 - round);
    t_.ready_listeners[1 - round].PushBack(t_.listeners, slot);
    ready.bits = ReadyBits(listener) & listener.interest;
    ready.listener = t_.listeners.HandleOf(slot);
    return ready;
  }
  if (const Slot<Connection> slot = t_.ready_connections[round].PopFront(t_.connections)) {
    Connection& conn = t_.connections[slot];
    conn.flags ^= Connection::kReadyIn;
    t_.ready_connections[1 - round].PushBack(t_.connections, slot);
    ready.bits = ReadyBits(conn) & conn.interest;
    ready.socket = t_.connections.HandleOf(slot);
    return ready;
  }
  t_.ready_round = 1 - round;
  return std::nullopt;
}

bool Stack::has_events() const {
  for (const uint32_t i : {0u, 1u})
    if (!t_.ready_listeners[i].empty() || !t_.ready_connections[i].empty()) return true;
  return false;
}

// --- Looking.

Result<SocketStatus> Stack::Status(SocketId id) const {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  const Connection& conn = t_.connections[slot];
  SocketStatus status;
  status.state = conn.state;
  status.flow = conn.flow;
  status.error = conn.error;
  status.soft_error = conn.soft_error;
  status.negotiated = conn.negotiated;
  status.unread = conn.receive.size;
  status.unacknowledged = std::min(conn.snd_nxt - conn.snd_una, conn.send.size);
  status.unsent = conn.send.size - status.unacknowledged;
  status.send_mss = SendMss(conn, t_.config.policy);
  status.cwnd = conn.cwnd;
  status.send_window = conn.snd_wnd;
  status.receive_window = conn.rcv_wnd();
  status.srtt = std::chrono::microseconds(conn.srtt_us);
  status.rto = RtoOf(conn);
  status.timeouts = conn.backoff;
  return status;
}

Result<ListenerStatus> Stack::Status(ListenerId id) const {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  const Listener& listener = t_.listeners[slot];
  return ListenerStatus{{listener.addr, listener.port},
                        listener.backlog,
                        listener.requests.size(),
                        listener.children.size()};
}

Result<SocketOptions> Stack::GetOptions(SocketId id) const {
  const Slot<Connection> slot = Own(id);
  if (!slot) return Errno::kBadF;
  return t_.connections[slot].options;
}

Result<SocketOptions> Stack::GetOptions(ListenerId id) const {
  const Slot<Listener> slot = t_.listeners.Find(id);
  if (!slot) return Errno::kBadF;
  return t_.listeners[slot].options;
}

}  // namespace handfast
