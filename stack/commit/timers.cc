#include "stack/commit/timers.h"

#include <algorithm>

#include "stack/commit/flows.h"
#include "stack/commit/life.h"
#include "stack/commit/output.h"
#include "stack/commit/request.h"
#include "stack/timeout/resend.h"
#include "stack/transfer/congestion.h"
#include "stack/transfer/rtt.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

// At R1 the user may be told (RFC 9293 MUST-20; of SYNs as well: MUST-22).
void CountTimeout(Connection& conn, const Policy& policy) {
  if (conn.backoff < 255) ++conn.backoff;
  if (conn.backoff >= policy.stalled_retries) conn.Set(Connection::kStalled);
}

void GiveUp(Tables& t, Connection& conn) {
  t.counters.Add(Counter::kTcpExtTCPAbortOnTimeout);
  const Errno why = conn.soft_error != Errno::kOk ? conn.soft_error : Errno::kTimedOut;
  Fail(t, conn, Event::kTimeout, why);
}

void RepeatSyn(const Tables& t, Connection& conn) {
  CountTimeout(conn, t.config.policy);
  conn.Set(Connection::kSynNow);
  conn.Set(Connection::kSynRepeated);
  if (conn.state != State::kSynSent) return;
  conn.even_timeouts = EvenTimeouts(conn.backoff, t.config.policy);
  // What a SYN-ACK has granted stays granted.
  if (t.config.policy.ecn_fallback) conn.negotiated.Clear(Negotiated::kEcn);
}

void Probe(Tables& t, Connection& conn) {
  t.counters.Add(Counter::kTcpExtTCPWinProbe);
  CountTimeout(conn, t.config.policy);
  DoubleRto(conn, t.config.policy);
  conn.Set(Connection::kProbeNow);
}

// Nothing got through: what ICMP claimed about the path is believed now (RFC 5927 §7.2).
void BelieveMtuHint(Connection& conn) {
  if (conn.path_mtu_hint != 0) conn.path_mtu = std::min(conn.path_mtu, conn.path_mtu_hint);
  conn.path_mtu_hint = 0;
}

void ResendAll(Tables& t, Connection& conn) {
  const Policy& policy = t.config.policy;
  BelieveMtuHint(conn);
  CollapseCwnd(conn, SendMss(conn, policy));
  CountTimeout(conn, policy);
  DoubleRto(conn, policy);
  conn.resend_nxt = conn.snd_una;
}

void OnResendTimeout(Tables& t, Connection& conn) {
  conn.resend_at = Instant::Never();
  const ResendTimeout verdict =
      JudgeResendTimeout(conn, t.now - conn.progress_at, t.config.policy);
  if (verdict != ResendTimeout::kProbe) t.counters.Add(Counter::kTcpExtTCPTimeouts);
  if (verdict == ResendTimeout::kGiveUp) return GiveUp(t, conn);
  if (verdict == ResendTimeout::kProbe) return Probe(t, conn);
  if (IsSynchronized(conn.state)) return ResendAll(t, conn);
  RepeatSyn(t, conn);
}

// The time without a user is over.
void OnEndOfLife(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (conn.state == State::kFinWait2) return Fail(t, conn, Event::kTimeout, Errno::kTimedOut);
  t.counters.Add(Counter::kTcpExtTCPAbortOnLinger);
  AbortConnection(t, slot, Errno::kTimedOut);
}

void OnConnectionTimer(Tables& t, TxBurst& tx, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (conn.end_at <= t.now) {
    OnEndOfLife(t, slot);
  } else {
    if (conn.resend_at <= t.now) OnResendTimeout(t, conn);
    if (conn.ack_at <= t.now) {
      conn.ack_at = Instant::Never();
      conn.Set(Connection::kAckNow);
      t.counters.Add(Counter::kTcpExtDelayedACKs);
    }
  }
  Flush(t, tx, slot);
  Settle(t, slot);
}

void OnTimeWaitTimer(Tables& t) {
  while (const Slot<TimeWait> slot = t.time_wait_order.front()) {
    if (t.time_waits[slot].expires > t.now) break;
    t.counters.Add(Counter::kTcpExtTW);
    ReleaseTimeWait(t, slot);
  }
}

State StateOf(const Tables& t, Ref ref) {
  switch (ref.owner()) {
    case Owner::kRequest: return State::kSynReceived;
    case Owner::kTimeWait: return State::kTimeWait;
    case Owner::kConnection: {
      const Slot<Connection> slot(ref.index());
      return t.connections.live(slot) ? t.connections[slot].state : State::kClosed;
    }
    case Owner::kNobody:
    case Owner::kListener: break;
  }
  return State::kNone;
}

// Runs `work` on what `ref` names, and keeps a record of it.
template <typename Work>
void Traced(Tables& t, TxBurst& tx, Trace* trace, TraceRecord::Cause cause, Ref ref,
            Work&& work) {
  if (trace == nullptr) return work();
  TraceRecord record;
  record.cause = cause;
  record.owner = ref.owner();
  record.before = StateOf(t, ref);
  if (ref.raw != kTimeWaitTimer) record.flow = FlowOf(t, ref);
  record.tx_first = static_cast<uint32_t>(tx.size());
  work();
  record.after = ref.owner() == Owner::kRequest && !t.requests.live(Slot<Request>(ref.index()))
                     ? State::kClosed
                     : StateOf(t, ref);
  record.tx_count = static_cast<uint32_t>(tx.size()) - record.tx_first;
  trace->Add(record);
}

void OnTimer(Tables& t, TxBurst& tx, Ref ref) {
  if (ref.owner() == Owner::kRequest) return SynAckTimeoutOf(t, tx, Slot<Request>(ref.index()));
  if (ref.owner() == Owner::kConnection)
    return OnConnectionTimer(t, tx, Slot<Connection>(ref.index()));
  OnTimeWaitTimer(t);
}

}  // namespace

void ExpireTimers(Tables& t, TxBurst& tx, Trace* trace) {
  const uint64_t tick = t.now.ms();
  while (HasRoom(t, tx)) {
    const uint32_t id = t.wheel.Pop(TimerNodes{t}, tick);
    if (id == kNoIndex) return;
    Traced(t, tx, trace, TraceRecord::Cause::kTimer, Ref{id}, [&] { OnTimer(t, tx, Ref{id}); });
  }
}

void DrainOutput(Tables& t, TxBurst& tx, Trace* trace) {
  // Each flow once: what has more to say than the burst holds goes to the end of the list.
  for (uint32_t left = t.output.size(); left > 0 && HasRoom(t, tx); --left) {
    const Slot<Connection> slot = t.output.PopFront(t.connections);
    Traced(t, tx, trace, TraceRecord::Cause::kCall, Ref::Of(slot), [&] {
      Flush(t, tx, slot);
      Settle(t, slot);
    });
  }
}

}  // namespace handfast
