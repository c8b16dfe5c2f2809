#include "stack/commit/output.h"

#include <chrono>

#include "stack/base/backoff.h"
#include "stack/commit/life.h"
#include "stack/reply.h"
#include "stack/secret/ts_offset.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

// No later than the user is ready to wait, if there is anything to wait for.
Instant WithinUserTimeout(const Connection& conn, Instant at) {
  const uint32_t timeout = conn.options.user_timeout_ms;
  if (at.never() || timeout == 0 || timeout == SocketOptions::kForever) return at;
  return Earliest(at, conn.progress_at + std::chrono::milliseconds(timeout));
}

void LeaveSyn(Tables& t, TxBurst& tx, Connection& conn) {
  const Policy& policy = t.config.policy;
  const bool first = conn.backoff == 0;
  if (first && conn.state == State::kSynSent) {
    conn.progress_at = t.now;
    conn.syn_tsval = TsVal(t.now, conn.ts_offset);
    conn.rtt_at = t.now;
    conn.rtt_seq = conn.iss;
  } else {
    conn.rtt_at = Instant::Never();
  }
  SendSyn(t, tx, conn);
  conn.Clear(Connection::kSynNow | Connection::kAckNow);
  if (!conn.resend_at.never()) return;  // of our SYN, which was crossed (RFC 6298 §5.1)
  const Duration wait =
      Backoff(policy.rto_initial, conn.backoff - conn.even_timeouts, policy.rto_max);
  conn.resend_at = WithinUserTimeout(conn, t.now + wait);
}

void LeaveText(Tables& t, TxBurst& tx, Connection& conn, const SendPlan& plan) {
  if (conn.has(Connection::kResendHead)) t.counters.Add(Counter::kTcpExtTCPFastRetrans);
  SendText(t, tx, conn, plan);
  NoteSent(conn, plan, t.now);
}

// One segment. False when there is nothing to send.
bool LeaveOne(Tables& t, TxBurst& tx, Connection& conn) {
  if (conn.has(Connection::kResetNow)) {
    SendReset(t, tx, conn);
    conn.Clear(Connection::kResetNow | Connection::kAckNow);
    return false;
  }
  if (conn.has(Connection::kSynNow)) {
    LeaveSyn(t, tx, conn);
    return true;
  }
  if (const SendPlan plan = PlanSegment(conn, t.config.policy); plan.send) {
    LeaveText(t, tx, conn, plan);
    return true;
  }
  if (conn.has(Connection::kAckNow)) SendAck(t, tx, conn);
  return false;
}

// Nothing is queued, outstanding, or asked for.
bool IsQuiet(const Connection& conn) {
  constexpr uint32_t kAsks = Connection::kFinQueued | Connection::kAckNow |
                             Connection::kResetNow | Connection::kSynNow |
                             Connection::kResendHead | Connection::kProbeNow |
                             Connection::kPersist;
  return (conn.flags & kAsks) == 0 && conn.send.size == 0 && conn.snd_nxt == conn.snd_una;
}

}  // namespace

void Flush(Tables& t, TxBurst& tx, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (IsQuiet(conn)) {
    conn.resend_at = Instant::Never();
    if (conn.output.linked()) t.output.Remove(t.connections, slot);
    return;
  }
  RestartAfterIdle(conn, t.now, t.config.policy);
  FollowWindow(conn, t.config.policy);
  bool more = true;
  while (more && HasRoom(t, tx)) more = LeaveOne(t, tx, conn);
  if (more) {
    WantOutput(t, slot);
  } else if (conn.output.linked()) {
    t.output.Remove(t.connections, slot);
  }
  if (IsSynchronized(conn.state))
    conn.resend_at = WithinUserTimeout(conn, ResendDeadline(conn, t.now));
}

}  // namespace handfast
