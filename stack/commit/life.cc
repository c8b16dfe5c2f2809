#include "stack/commit/life.h"

#include <algorithm>

#include "stack/base/check.h"
#include "stack/call/close.h"
#include "stack/commit/flows.h"
#include "stack/transfer/receive.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

bool CountsAsEstablished(State state) {
  return state == State::kEstablished || state == State::kCloseWait;
}

// Was there ever a peer?
bool WasUsed(const Connection& conn) { return conn.flow.peer_port != Port{0}; }

Instant EarliestDeadline(const Connection& conn) {
  return Earliest(conn.end_at, Earliest(conn.resend_at, conn.ack_at));
}

void ArmTimer(Tables& t, Slot<Connection> slot, const Connection& conn) {
  const TimerNodes nodes{t};
  const uint32_t id = Ref::Of(slot).raw;
  const Instant deadline = EarliestDeadline(conn);
  if (deadline.never()) {
    if (conn.timer.armed()) t.wheel.Cancel(nodes, id);
  } else if (const uint64_t tick = TickOf(deadline); tick != conn.timer.deadline) {
    t.wheel.Arm(nodes, id, tick);
  }
}

void Unhash(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (!conn.has(Connection::kHashed)) return;
  t.flows.Erase(conn.tag, Ref::Of(slot).raw);
  conn.Clear(Connection::kHashed);
}

uint32_t ReadyListOf(const Connection& conn) { return conn.has(Connection::kReadyIn) ? 1 : 0; }

void UpdateReady(Tables& t, Slot<Connection> slot, Connection& conn) {
  if (!conn.has(Connection::kOwned)) return;
  const bool ready = (ReadyBits(conn) & conn.interest) != 0;
  if (ready == conn.queue.linked()) return;
  if (!ready) return t.ready_connections[ReadyListOf(conn)].Remove(t.connections, slot);
  conn.Clear(Connection::kReadyIn);
  if (t.ready_round == 1) conn.Set(Connection::kReadyIn);
  t.ready_connections[t.ready_round].PushBack(t.connections, slot);
}

void Release(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  Clear(t.chunks, conn.send);
  Clear(t.chunks, conn.receive);
  DropBeyond(conn, t.chunks);
  if (conn.timer.armed()) t.wheel.Cancel(TimerNodes{t}, Ref::Of(slot).raw);
  if (conn.output.linked()) t.output.Remove(t.connections, slot);
  if (conn.queue.linked()) t.ready_connections[ReadyListOf(conn)].Remove(t.connections, slot);
  if (conn.bind.linked()) t.BucketOf(conn.flow.local_port).bound.Remove(t.connections, slot);
  t.connections.Free(slot);
}

// Nothing is said any more, but for a RST.
void Close(Tables& t, Connection& conn, Event event) {
  Transit(t, conn, event);
  Clear(t.chunks, conn.send);
  conn.Clear(Connection::kSynNow | Connection::kAckNow | Connection::kResendHead |
             Connection::kProbeNow);
  conn.resend_at = conn.ack_at = conn.end_at = Instant::Never();
}

}  // namespace

uint8_t ReadyBits(const Connection& conn) {
  const bool over = conn.state == State::kClosed && WasUsed(conn);
  const bool sending = CountsAsEstablished(conn.state);
  const bool readable = conn.receive.size > 0 || conn.has(Connection::kFinReceived) || over;
  const bool writable = over || (sending && conn.send.size < conn.options.send_buffer);
  const bool advised = conn.soft_error != Errno::kOk || conn.has(Connection::kStalled);
  return static_cast<uint8_t>((readable ? kReadable : 0) | (writable ? kWritable : 0) |
                              (over ? kHangup : 0) | (conn.error != Errno::kOk ? kErrored : 0) |
                              (advised && !over ? kAdvised : 0));
}

uint8_t ReadyBits(const Listener& listener) {
  return listener.children.empty() ? uint8_t{0} : uint8_t{kReadable};
}

void Transit(Tables& t, Connection& conn, Event event) {
  const State to = Next(conn.state, event);
  HF_CHECK(to != State::kNone);
  if (to == State::kEstablished) t.counters.Add(Counter::kTcpCurrEstab);
  if (CountsAsEstablished(conn.state) && !CountsAsEstablished(to))
    t.counters.Sub(Counter::kTcpCurrEstab);
  conn.state = to;
}

void Hash(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  conn.tag = t.TagOf(conn.flow);
  t.flows.Insert(conn.tag, Ref::Of(slot).raw);
  conn.Set(Connection::kHashed);
}

void Settle(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (conn.state == State::kClosed) {
    Unhash(t, slot);
    const bool held = (conn.flags & (Connection::kOwned | Connection::kInAcceptQueue |
                                     Connection::kResetNow)) != 0;
    if (!held) return Release(t, slot);
  }
  ArmTimer(t, slot, conn);
  UpdateReady(t, slot, conn);
}

void Settle(Tables& t, Slot<Listener> slot) {
  Listener& listener = t.listeners[slot];
  const bool ready = (ReadyBits(listener) & listener.interest) != 0;
  if (ready == listener.ready.linked()) return;
  if (!ready) return t.ready_listeners[listener.ready_in].Remove(t.listeners, slot);
  listener.ready_in = static_cast<uint8_t>(t.ready_round);
  t.ready_listeners[t.ready_round].PushBack(t.listeners, slot);
}

void WantOutput(Tables& t, Slot<Connection> slot) {
  if (!t.connections[slot].output.linked()) t.output.PushBack(t.connections, slot);
}

void Fail(Tables& t, Connection& conn, Event event, Errno error) {
  const bool attempt = conn.state == State::kSynSent || conn.state == State::kSynReceived;
  if (attempt) t.counters.Add(Counter::kTcpAttemptFails);
  if (CountsAsEstablished(conn.state)) t.counters.Add(Counter::kTcpEstabResets);
  Close(t, conn, event);
  conn.error = error;
}

void AbortConnection(Tables& t, Slot<Connection> slot, Errno error) {
  Connection& conn = t.connections[slot];
  if (conn.state == State::kClosed) return;
  const bool reset = AbortResets(conn);
  if (CountsAsEstablished(conn.state)) t.counters.Add(Counter::kTcpEstabResets);
  conn.snd_nxt = ControlSeq(conn);  // where the RST is to stand
  Close(t, conn, Event::kAbort);
  conn.error = error;
  if (reset) {
    conn.Set(Connection::kResetNow);
    WantOutput(t, slot);
  }
}

namespace {

void ArmTimeWaits(Tables& t) {
  const TimerNodes nodes{t};
  const Slot<TimeWait> first = t.time_wait_order.front();
  if (!first) {
    if (t.time_wait_timer.armed()) t.wheel.Cancel(nodes, kTimeWaitTimer);
  } else if (const uint64_t tick = TickOf(t.time_waits[first].expires);
             tick != t.time_wait_timer.deadline) {
    t.wheel.Arm(nodes, kTimeWaitTimer, tick);
  }
}

TimeWait RemainderOf(const Connection& conn, const TimeWait& slot, Instant expires) {
  TimeWait tw = slot;
  tw.flow = conn.flow;
  tw.tag = conn.tag;
  tw.expires = expires;
  tw.snd_nxt = conn.snd_nxt;
  tw.rcv_nxt = conn.rcv_nxt;
  tw.ts_recent = conn.ts_recent;
  tw.ts_offset = conn.ts_offset;
  tw.window =
      static_cast<uint16_t>(std::min<uint32_t>(conn.rcv_wnd() >> conn.rcv_scale, 65535));
  tw.negotiated = conn.negotiated;
  tw.tos = conn.tos;
  return tw;
}

}  // namespace

void EnterTimeWait(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  HF_CHECK(conn.state == State::kTimeWait && conn.has(Connection::kHashed));
  if (t.time_waits.full()) {
    t.counters.Add(Counter::kTcpExtTCPTimeWaitOverflow);
    if (const Slot<TimeWait> oldest = t.time_wait_order.front()) ReleaseTimeWait(t, oldest);
  }
  if (const Slot<TimeWait> place = t.time_waits.Take()) {
    t.time_waits[place] =
        RemainderOf(conn, t.time_waits[place], t.now + t.config.policy.time_wait);
    t.time_wait_order.PushBack(t.time_waits, place);
    t.flows.Replace(conn.tag, Ref::Of(slot).raw, Ref::Of(place).raw);
    conn.Clear(Connection::kHashed);
    ArmTimeWaits(t);
  }
  // The socket itself is over; its user may still read what came in.
  Close(t, conn, Event::kTimeout);
}

void ReleaseTimeWait(Tables& t, Slot<TimeWait> slot) {
  t.flows.Erase(t.time_waits[slot].tag, Ref::Of(slot).raw);
  t.time_wait_order.Remove(t.time_waits, slot);
  t.time_waits.Free(slot);
  ArmTimeWaits(t);
}

void RestartTimeWait(Tables& t, Slot<TimeWait> slot) {
  t.time_waits[slot].expires = t.now + t.config.policy.time_wait;
  t.time_wait_order.Remove(t.time_waits, slot);
  t.time_wait_order.PushBack(t.time_waits, slot);
  ArmTimeWaits(t);
}

void ForgetRequest(Tables& t, Slot<Request> slot) {
  const Request& req = t.requests[slot];
  Listener& listener = t.listeners[Slot<Listener>(req.listener)];
  if (req.timer.armed()) t.wheel.Cancel(TimerNodes{t}, Ref::Of(slot).raw);
  if (req.timeouts == 0) --listener.young;
  listener.requests.Remove(t.requests, slot);
  t.flows.Erase(req.tag, Ref::Of(slot).raw);
  t.requests.Free(slot);
}

void ArmRequest(Tables& t, Slot<Request> slot, Duration wait) {
  t.wheel.Arm(TimerNodes{t}, Ref::Of(slot).raw, TickOf(t.now + wait));
}

}  // namespace handfast
