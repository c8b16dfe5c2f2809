#include "stack/commit/request.h"

#include <algorithm>

#include "stack/arrive/listen.h"
#include "stack/arrive/syn_received.h"
#include "stack/commit/connection.h"
#include "stack/commit/life.h"
#include "stack/reply.h"
#include "stack/secret/isn.h"
#include "stack/secret/ts_offset.h"
#include "stack/sock/negotiate.h"
#include "stack/timeout/synack.h"

namespace handfast {
namespace {

// Linux counts every refused SYN as a listen drop, some by their reason, too.
Verdict CountRefused(Tables& t, Verdict verdict) {
  if (verdict.drop == Drop::kSynQueueFull) t.counters.Add(Counter::kTcpExtTCPReqQFullDrop);
  if (verdict.drop == Drop::kAcceptQueueFull) t.counters.Add(Counter::kTcpExtListenOverflows);
  t.counters.Add(Counter::kTcpExtListenDrops);
  return verdict;
}

void FillRequest(const Tables& t, const Listener& listener, const Segment& seg, Request& req) {
  const Policy& policy = t.config.policy;
  req.flow = seg.flow;
  req.irs = seg.seq;
  req.peer_mss = PeerMss(seg.options);
  req.negotiated = Agree(Offer(policy), seg.options);
  if (AsksForEcn(seg, policy)) req.negotiated.Set(Negotiated::kEcn);
  req.tos = seg.tos;
  const bool timestamps = req.negotiated.has(Negotiated::kTimestamps);
  req.window = listener.windows[timestamps ? 1 : 0];
  if (timestamps) {
    req.ts_recent = seg.options.ts_val;
    req.ts_offset = TimestampOffset(t.keys.timestamp_offset, seg.flow);
    req.tsval_first = TsVal(t.now, req.ts_offset);
  }
  if (req.negotiated.has(Negotiated::kWindowScale))
    req.scales = static_cast<uint8_t>(seg.options.window_scale << 4 | listener.rcv_scale);
}

// A request for the SYN, not yet in the flow table. None when the pool is empty.
Slot<Request> OpenRequest(Tables& t, Slot<Listener> listener_slot, const Segment& seg,
                          uint32_t tag, Seq iss) {
  const Slot<Request> slot = t.requests.Take();
  if (!slot) return slot;
  Listener& listener = t.listeners[listener_slot];
  Request& req = t.requests[slot];
  FillRequest(t, listener, seg, req);
  req.tag = tag;
  req.iss = iss;
  req.listener = listener_slot.index();
  req.synack_at = t.now;
  listener.requests.PushBack(t.requests, slot);
  ++listener.young;
  t.counters.Add(Counter::kHandfastRequestsOpened);
  ArmRequest(t, slot, SynAckWait(0, t.config.policy));
  return slot;
}

// The least time between answers to segments that are not acceptable (Linux:
// __tcp_oow_rate_limited).
bool MayAnswer(const Tables& t, Request& req) {
  const auto elapsed = static_cast<uint32_t>(t.now.ms() - req.synack_at.ms());
  const auto interval =
      static_cast<uint32_t>(t.config.policy.answer_interval / std::chrono::milliseconds(1));
  if (req.answered_ms != 0 && elapsed - (req.answered_ms - 1) < interval) return false;
  req.answered_ms = elapsed + 1;
  return true;
}

void ResendSynAck(Tables& t, TxBurst& tx, Slot<Request> slot) {
  Request& req = t.requests[slot];
  if (req.retransmits < 255) ++req.retransmits;
  SendSynAck(t, tx, req);
  t.counters.Add(Counter::kTcpRetransSegs);
  t.counters.Add(Counter::kTcpExtTCPSynRetrans);
  ArmRequest(t, slot, SynAckWait(req.timeouts, t.config.policy));
}

// The SYN came once more.
void RepeatSynAck(Tables& t, TxBurst& tx, Slot<Request> slot) {
  Request& req = t.requests[slot];
  if (t.config.policy.synack_budget == SynAckBudget::kRenewed && req.timeouts > 0) {
    req.timeouts = 0;
    ++t.listeners[Slot<Listener>(req.listener)].young;
  }
  if (MayAnswer(t, req))
    ResendSynAck(t, tx, slot);
  else
    t.counters.Add(Counter::kTcpExtTCPACKSkippedSynRecv);
}

// Segments with text or FIN are answered each time: their sender needs the ACK to stop.
void AnswerWithAck(Tables& t, TxBurst& tx, Request& req, const Segment& seg) {
  const bool exempt = seg.length() > 0 && !seg.has(kSyn);
  if (exempt || MayAnswer(t, req))
    SendAck(t, tx, req, seg);
  else
    t.counters.Add(Counter::kTcpExtTCPACKSkippedSynRecv);
}

void ChallengeRequest(Tables& t, TxBurst& tx, Request& req, const Segment& seg) {
  if (MayAnswer(t, req)) {
    SendAck(t, tx, req, seg);
    t.counters.Add(Counter::kTcpExtTCPChallengeACK);
  } else {
    t.counters.Add(Counter::kTcpExtTCPACKSkippedChallenge);
  }
}

void Count(Tables& t, Verdict verdict) {
  if (verdict.drop == Drop::kPaws) t.counters.Add(Counter::kTcpExtPAWSEstab);
  if (verdict.drop == Drop::kTsEcr) t.counters.Add(Counter::kTcpExtTSEcrRejected);
  if (verdict.drop == Drop::kAcceptQueueFull) {
    t.counters.Add(Counter::kTcpExtListenOverflows);
    t.counters.Add(Counter::kTcpExtListenDrops);
    return;
  }
  if (verdict.action == Action::kForget || verdict.action == Action::kRefuse)
    t.counters.Add(Counter::kTcpAttemptFails);
}

void EndRequest(Tables& t, Slot<Request> slot) {
  t.counters.Add(Counter::kHandfastRequestsReset);
  t.counters.Add(Counter::kTcpExtEmbryonicRsts);
  ForgetRequest(t, slot);
}

Verdict EstablishRequest(Tables& t, TxBurst& tx, Slot<Request> slot, const Segment& seg) {
  const Slot<Connection> conn = t.connections.Take();
  if (!conn) {
    t.counters.Add(Counter::kTcpExtListenDrops);
    return {Action::kHold, Drop::kNoMemory};
  }
  t.counters.Add(Counter::kHandfastRequestsCompleted);
  BecomeConnection(t, tx, slot, conn, seg);
  return Action::kEstablish;
}

}  // namespace

Verdict ArriveAtListener(Tables& t, TxBurst& tx, Slot<Listener> slot, const Segment& seg,
                         uint32_t tag) {
  const Verdict verdict = JudgeListen(seg, t.listeners[slot], SynFrom::kNobody);
  if (verdict.action == Action::kSendRst) SendRst(t, tx, seg);
  if (verdict.action != Action::kQueue) {
    const bool refused =
        verdict.drop == Drop::kSynQueueFull || verdict.drop == Drop::kAcceptQueueFull;
    return refused ? CountRefused(t, verdict) : verdict;
  }
  const Slot<Request> request =
      OpenRequest(t, slot, seg, tag, InitialSeq(t.keys.isn, seg.flow, t.now));
  if (!request) return CountRefused(t, {Action::kDrop, Drop::kNoMemory});
  t.flows.Insert(tag, Ref::Of(request).raw);
  SendSynAck(t, tx, t.requests[request]);
  return verdict;
}

Verdict ReopenTimeWait(Tables& t, TxBurst& tx, Slot<TimeWait> tw, Slot<Listener> listener,
                       const Segment& seg) {
  const Verdict verdict = JudgeListen(seg, t.listeners[listener], SynFrom::kTimeWait);
  if (verdict.action != Action::kQueue) return CountRefused(t, verdict);
  // Far above all that the former incarnation sent (RFC 6191; Linux:
  // tcp_timewait_state_process).
  const Seq iss = t.time_waits[tw].snd_nxt + 65535 + 2;
  const uint32_t tag = t.time_waits[tw].tag;
  const Slot<Request> request = OpenRequest(t, listener, seg, tag, iss);
  if (!request) return CountRefused(t, {Action::kDrop, Drop::kNoMemory});
  ReleaseTimeWait(t, tw);
  t.flows.Insert(tag, Ref::Of(request).raw);
  SendSynAck(t, tx, t.requests[request]);
  return Action::kReopen;
}

Verdict ArriveAtRequest(Tables& t, TxBurst& tx, Slot<Request> slot, const Segment& seg) {
  Request& req = t.requests[slot];
  const Listener& listener = t.listeners[Slot<Listener>(req.listener)];
  const AcceptRoom room = listener.accept_queue_full() ? AcceptRoom::kFull : AcceptRoom::kRoom;
  const Verdict verdict = JudgeSynReceived(req, seg, room, t.config.policy);
  Count(t, verdict);
  const Action action = verdict.action;
  if (action == Action::kEstablish) return EstablishRequest(t, tx, slot, seg);
  if (action == Action::kResendSynAck) RepeatSynAck(t, tx, slot);
  if (action == Action::kSendAck) AnswerWithAck(t, tx, req, seg);
  if (action == Action::kChallenge) ChallengeRequest(t, tx, req, seg);
  if (action == Action::kSendRst || action == Action::kRefuse) SendRst(t, tx, seg);
  if (action == Action::kHold) req.acked = true;
  if (action == Action::kForget || action == Action::kRefuse) EndRequest(t, slot);
  return verdict;
}

void SynAckTimeoutOf(Tables& t, TxBurst& tx, Slot<Request> slot) {
  Request& req = t.requests[slot];
  t.counters.Add(Counter::kTcpExtTCPTimeouts);
  if (JudgeSynAckTimeout(req, t.config.policy) == SynAckTimeout::kForget) {
    t.counters.Add(Counter::kHandfastRequestsTimedOut);
    return ForgetRequest(t, slot);
  }
  if (req.timeouts == 0) --t.listeners[Slot<Listener>(req.listener)].young;
  ++req.timeouts;
  ResendSynAck(t, tx, slot);
}

}  // namespace handfast
