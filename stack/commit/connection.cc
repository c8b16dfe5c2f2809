#include "stack/commit/connection.h"

#include <algorithm>

#include "stack/arrive/icmp.h"
#include "stack/arrive/syn_sent.h"
#include "stack/arrive/synchronized.h"
#include "stack/arrive/time_wait.h"
#include "stack/commit/flows.h"
#include "stack/commit/life.h"
#include "stack/commit/open.h"
#include "stack/commit/output.h"
#include "stack/commit/request.h"
#include "stack/reply.h"
#include "stack/secret/ts_offset.h"
#include "stack/sock/negotiate.h"
#include "stack/transfer/congestion.h"
#include "stack/transfer/receive.h"
#include "stack/transfer/send.h"
#include "stack/transfer/window.h"

namespace handfast {
namespace {

// The least time between answers to segments that are not acceptable, for each object
// (Linux: tcp_oow_rate_limited). It is not shared, so no one can watch another's.
bool MayAnswer(const Tables& t, Instant& answered_at) {
  const bool allowed =
      answered_at.never() || t.now - answered_at >= t.config.policy.answer_interval;
  if (allowed) answered_at = t.now;
  return allowed;
}

void Challenge(Tables& t, TxBurst& tx, Connection& conn, const Segment& seg) {
  if (seg.has(kSyn) && !seg.has(kRst)) t.counters.Add(Counter::kTcpExtTCPSYNChallenge);
  if (!MayAnswer(t, conn.answered_at))
    return t.counters.Add(Counter::kTcpExtTCPACKSkippedChallenge);
  SendAck(t, tx, conn);
  t.counters.Add(Counter::kTcpExtTCPChallengeACK);
}

// Segments with text or FIN are answered each time: their sender needs the ACK to stop.
void AnswerWithAck(Tables& t, TxBurst& tx, Connection& conn, const Segment& seg, Drop drop) {
  const bool exempt = seg.length() > 0 && !seg.has(kSyn);
  if (!exempt && !MayAnswer(t, conn.answered_at)) {
    t.counters.Add(drop == Drop::kPaws ? Counter::kTcpExtTCPACKSkippedPAWS
                                       : Counter::kTcpExtTCPACKSkippedSeq);
    return;
  }
  SendAck(t, tx, conn);
}

// Refused, as long as it is being opened: a connection is in SYN-RECEIVED only if it was
// opened actively (RFC 9293 §3.10.7.4, Second; Linux says ECONNRESET there).
void ResetByPeer(Tables& t, Connection& conn) {
  const Errno error = !IsSynchronized(conn.state)       ? Errno::kConnRefused
                      : conn.state == State::kCloseWait ? Errno::kPipe
                                                        : Errno::kConnReset;
  Fail(t, conn, Event::kRcvRst, error);
}

void TakeEcn(Connection& conn, const Segment& seg, uint32_t mss) {
  if (!conn.negotiated.has(Negotiated::kEcn)) return;
  if (seg.has(kCwr)) conn.Clear(Connection::kEcnEcho);
  if ((seg.tos & kEcnMask) == kEcnCe && seg.text_length() > 0) {
    conn.Set(Connection::kEcnEcho);
    conn.Set(Connection::kAckNow);
  }
  if (seg.has(kEce)) ReduceOnEcn(conn, mss);
}

void ScheduleAck(Tables& t, Connection& conn, AckWhen when) {
  if (when == AckWhen::kNow) conn.Set(Connection::kAckNow);
  if (when == AckWhen::kDelayed && conn.ack_at.never())
    conn.ack_at = t.now + t.config.policy.delayed_ack;
}

// Text for a user who has closed: data would be lost, so the peer is told (RFC 9293 SHLD-3).
bool AbortedForOrphan(Tables& t, Slot<Connection> slot, const Segment& seg) {
  const Connection& conn = t.connections[slot];
  const bool orphan = (conn.flags & (Connection::kOwned | Connection::kInAcceptQueue)) == 0;
  if (!orphan || !Before(conn.rcv_nxt, seg.seq + seg.text_length())) return false;
  t.counters.Add(Counter::kTcpExtTCPAbortOnData);
  AbortConnection(t, slot, Errno::kOk);
  return true;
}

void CountPureAck(Tables& t, const Segment& seg) {
  if (seg.length() == 0) t.counters.Add(Counter::kTcpExtTCPPureAcks);
}

// Seventh and Eighth: text and FIN.
Drop TakeText(Tables& t, Slot<Connection> slot, const Segment& seg) {
  Connection& conn = t.connections[slot];
  if (seg.length() == 0) return Drop::kNone;
  if (!MayReceive(conn.state)) return Drop::kDuplicate;
  if (AbortedForOrphan(t, slot, seg)) return Drop::kAfterClose;
  const uint32_t header = conn.negotiated.has(Negotiated::kTimestamps) ? kTimestampOption : 0;
  const ReceiveEffect effect = ReceiveText(conn, t.chunks, seg, t.AdvertisedMss() - header);
  if (effect.drop == Drop::kBuffer) t.counters.Add(Counter::kTcpExtTCPRcvQDrop);
  if (effect.delivered == 0 && effect.drop == Drop::kNone && !effect.fin)
    t.counters.Add(Counter::kTcpExtTCPOFOQueue);
  ScheduleAck(t, conn, effect.ack);
  if (effect.fin) Transit(t, conn, Event::kRcvFin);
  return effect.drop;
}

// Our FIN was acknowledged.
void FinAcked(Tables& t, Connection& conn) {
  const bool orphan = !conn.has(Connection::kOwned);
  Transit(t, conn, Event::kRcvAckOfFin);
  if (conn.state == State::kFinWait2 && orphan)
    conn.end_at = Earliest(conn.end_at, t.now + t.config.policy.fin_wait2);
}

void LeaveTimeWaitBehind(Tables& t, TxBurst& tx, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  if (conn.has(Connection::kAckNow) && HasRoom(t, tx)) SendAck(t, tx, conn);
  EnterTimeWait(t, slot);
}

// The segment has passed all checks: take its ACK, window, text and FIN.
Verdict Process(Tables& t, TxBurst& tx, Slot<Connection> slot, const Segment& seg) {
  Connection& conn = t.connections[slot];
  const Policy& policy = t.config.policy;
  TakeTimestamp(conn, seg, t.now);
  TakeEcn(conn, seg, SendMss(conn, policy));
  const AckEffect effect = Acknowledge(conn, t.chunks, seg, t.now, policy);
  if (effect.progress) conn.resend_at = Instant::Never();  // RFC 6298 §5.3
  if (effect.fin_acked) FinAcked(t, conn);
  CountPureAck(t, seg);
  const Drop drop = conn.state == State::kClosed ? Drop::kNone : TakeText(t, slot, seg);
  if (conn.state == State::kTimeWait) LeaveTimeWaitBehind(t, tx, slot);
  return {Action::kAccept, drop};
}

// SYN-SENT: our SYN was acknowledged and the peer's is here.
void EstablishActive(Tables& t, Slot<Connection> slot, const Segment& seg) {
  Connection& conn = t.connections[slot];
  LearnSyn(t, conn, seg);
  if (!GrantsEcn(seg)) conn.negotiated.Clear(Negotiated::kEcn);
  MeasureHandshake(t, conn, seg);
  conn.snd_una = conn.resend_nxt = seg.ack;
  Transit(t, conn, Event::kRcvSynAck);
  StartTransfer(t, conn);
  conn.Clear(Connection::kSynNow);  // it may wait for room; it is answered already
  conn.Set(Connection::kAckNow);
}

// SYN-SENT: the SYNs crossed.
void Cross(Tables& t, Slot<Connection> slot, const Segment& seg) {
  Connection& conn = t.connections[slot];
  LearnSyn(t, conn, seg);
  if (!seg.flags.has_all(kEce | kCwr)) conn.negotiated.Clear(Negotiated::kEcn);
  Transit(t, conn, Event::kRcvSyn);
  conn.Set(Connection::kSynNow);
}

// SYN-RECEIVED after crossed SYNs: ours was acknowledged.
Verdict EstablishCrossed(Tables& t, TxBurst& tx, Slot<Connection> slot, const Segment& seg) {
  Connection& conn = t.connections[slot];
  MeasureHandshake(t, conn, seg);
  conn.snd_una = conn.resend_nxt = seg.ack;
  conn.snd_wnd = AnnouncedWindow(seg, conn.snd_scale);
  conn.snd_wnd_max = std::max(conn.snd_wnd_max, conn.snd_wnd);
  Transit(t, conn, Event::kRcvAckOfSyn);
  StartTransfer(t, conn);
  conn.Clear(Connection::kSynNow);
  conn.resend_at = Instant::Never();
  if (conn.has(Connection::kFinQueued)) Transit(t, conn, Event::kSndFin);
  if (seg.has(kSyn)) {  // the peer's SYN-ACK; it waits for an ACK
    TakeTimestamp(conn, seg, t.now);
    conn.Set(Connection::kAckNow);
    return Action::kEstablish;
  }
  return {Action::kEstablish, Process(t, tx, slot, seg).drop};
}

// The old connection of the peer ends by our RST; the SYN, sent again soon, connects.
void RepeatSynSoon(Tables& t, Connection& conn) {
  if (conn.backoff > 0) return;
  conn.resend_at = Earliest(conn.resend_at, t.now + t.config.policy.syn_repeat);
}

Verdict ArriveInSynSent(Tables& t, TxBurst& tx, Slot<Connection> slot, const Segment& seg) {
  Connection& conn = t.connections[slot];
  const Verdict verdict = JudgeSynSent(conn, seg, TsVal(t.now, conn.ts_offset));
  if (verdict.drop == Drop::kTsEcr) t.counters.Add(Counter::kTcpExtPAWSActive);
  const Action action = verdict.action;
  if (action == Action::kEstablish) EstablishActive(t, slot, seg);
  if (action == Action::kCross) Cross(t, slot, seg);
  if (action == Action::kReset) ResetByPeer(t, conn);
  if (action == Action::kSendRst || action == Action::kSendRstRepeat) SendRst(t, tx, seg);
  if (action == Action::kSendRstRepeat) RepeatSynSoon(t, conn);
  return verdict;
}

Verdict ArriveWhenSynchronized(Tables& t, TxBurst& tx, Slot<Connection> slot,
                               const Segment& seg) {
  Connection& conn = t.connections[slot];
  const Verdict verdict = JudgeSynchronized(conn, seg, t.now, t.config.policy);
  if (verdict.drop == Drop::kPaws) t.counters.Add(Counter::kTcpExtPAWSEstab);
  const Action action = verdict.action;
  if (action == Action::kAccept) return Process(t, tx, slot, seg);
  if (action == Action::kEstablish) return EstablishCrossed(t, tx, slot, seg);
  if (action == Action::kReset) ResetByPeer(t, conn);
  if (action == Action::kSendAck) AnswerWithAck(t, tx, conn, seg, verdict.drop);
  if (action == Action::kChallenge) Challenge(t, tx, conn, seg);
  if (action == Action::kSendRst) SendRst(t, tx, seg);
  return verdict;
}

}  // namespace

void BecomeConnection(Tables& t, TxBurst& tx, Slot<Request> request_slot, Slot<Connection> slot,
                      const Segment& seg) {
  const Request& req = t.requests[request_slot];
  const Slot<Listener> listener_slot(req.listener);
  Listener& listener = t.listeners[listener_slot];
  OpenPassive(t, t.connections[slot], req, listener, seg);
  t.flows.Replace(req.tag, Ref::Of(request_slot).raw, Ref::Of(slot).raw);
  RetireRequest(t, request_slot);
  listener.children.PushBack(t.connections, slot);
  t.counters.Add(Counter::kTcpPassiveOpens);
  CountPureAck(t, seg);
  TakeText(t, slot, seg);
  Flush(t, tx, slot);
  Settle(t, slot);
  Settle(t, listener_slot);
}

Verdict ArriveAtConnection(Tables& t, TxBurst& tx, Slot<Connection> slot, const Segment& seg) {
  const State state = t.connections[slot].state;
  const Verdict verdict = state == State::kSynSent ? ArriveInSynSent(t, tx, slot, seg)
                                                   : ArriveWhenSynchronized(t, tx, slot, seg);
  if (verdict.action == Action::kDrop) return verdict;
  Flush(t, tx, slot);
  Settle(t, slot);
  return verdict;
}

Verdict ArriveAtTimeWait(Tables& t, TxBurst& tx, Slot<TimeWait> slot, const Segment& seg) {
  TimeWait& tw = t.time_waits[slot];
  const Slot<Listener> listener = FindListener(t, tw.flow.local, tw.flow.local_port);
  const Reopen reopen = listener ? Reopen::kPossible : Reopen::kNobodyListens;
  const Verdict verdict = JudgeTimeWait(tw, seg, reopen, t.config.policy);
  if (verdict.action == Action::kReopen) return ReopenTimeWait(t, tx, slot, listener, seg);
  if (verdict.action == Action::kEnd) ReleaseTimeWait(t, slot);
  if (verdict.action == Action::kEnd || verdict.action == Action::kDrop) return verdict;
  if (verdict.drop == Drop::kPaws) t.counters.Add(Counter::kTcpExtPAWSTimewait);
  if (verdict.action == Action::kRestart && seg.options.has(Options::kTimestamps))
    tw.ts_recent = seg.options.ts_val;
  const bool answers = verdict.action != Action::kRestart;
  const bool exempt = seg.length() > 0 && !seg.has(kSyn);
  if (answers && (exempt || MayAnswer(t, tw.answered_at)))
    SendAck(t, tx, tw);
  else if (answers)
    t.counters.Add(Counter::kTcpExtTCPACKSkippedTimeWait);
  if (verdict.action != Action::kSendAck) RestartTimeWait(t, slot);
  return verdict;
}

Verdict ArriveIcmp(Tables& t, const IcmpError& icmp) {
  const Ref ref = FindFlow(t, t.TagOf(icmp.flow), icmp.flow);
  Verdict verdict{Action::kDrop, Drop::kIcmpNoOwner};
  if (ref.owner() == Owner::kRequest) {
    const Slot<Request> slot(ref.index());
    verdict = JudgeIcmp(t.requests[slot], icmp, t.config.policy);
    if (verdict.action == Action::kForget) {
      t.counters.Add(Counter::kHandfastRequestsUnreachable);
      t.counters.Add(Counter::kTcpExtListenDrops);
      ForgetRequest(t, slot);
    }
  } else if (ref.owner() == Owner::kConnection) {
    const Slot<Connection> slot(ref.index());
    Connection& conn = t.connections[slot];
    verdict = JudgeIcmp(conn, icmp, t.config.policy);
    if (verdict.action == Action::kAbort) Fail(t, conn, Event::kAbort, ErrnoOf(icmp));
    if (verdict.action == Action::kSoftError) conn.soft_error = ErrnoOf(icmp);
    if (verdict.action == Action::kLowerMtu)
      conn.path_mtu_hint = std::max(icmp.mtu, t.config.policy.min_path_mtu);
    Settle(t, slot);
  } else if (ref.owner() == Owner::kTimeWait) {
    verdict.drop = Drop::kIcmpSoft;  // there is nothing left to end
  }
  return verdict;
}

}  // namespace handfast
