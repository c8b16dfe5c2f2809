// Segments arrive: RFC 9293 §3.10.7, and what follows from the verdict.

#include <algorithm>

#include "harness/oracle/model.h"
#include "harness/oracle/negotiate.h"

namespace handfast::oracle {
namespace {

using reference::kCircle;
using reference::Octet;
using reference::Tcb;

// A number of the wire as an octet of a stream, somewhere far from its beginning.
Octet Far(uint32_t number) { return 4 * kCircle + number; }

Tcb TcbOf(const HalfOpen& half) {
  Tcb tcb;
  tcb.state = State::kSynReceived;
  tcb.iss = tcb.snd_una = Far(half.iss);
  tcb.snd_nxt = tcb.iss + 1;
  tcb.irs = Far(half.irs);
  tcb.rcv_nxt = tcb.irs + 1;
  tcb.rcv_wnd = half.window;
  tcb.snd_ts_ok = half.negotiated.has(Negotiated::kTimestamps);
  tcb.ts_recent = Far(half.ts_recent);
  tcb.first_tsval = Far(half.tsval_first);
  tcb.last_tsval = tcb.first_tsval + (half.tsval_last - half.tsval_first);
  return tcb;
}

Tcb TcbOf(const Socket& socket) {
  Tcb tcb;
  const bool crossed = socket.stage == Socket::Stage::kCrossed;
  tcb.state = crossed ? State::kSynReceived : State::kSynSent;
  tcb.opened = reference::Opened::kActively;
  tcb.iss = tcb.snd_una = Far(socket.iss);
  tcb.snd_nxt = tcb.iss + 1;
  tcb.irs = Far(socket.irs);
  tcb.rcv_nxt = tcb.irs + 1;
  tcb.rcv_wnd = socket.window;
  tcb.snd_ts_ok = socket.negotiated.has(Negotiated::kTimestamps);
  tcb.ts_recent = Far(socket.ts_recent);
  tcb.first_tsval = Far(socket.tsval_first);
  return tcb;
}

Tcb TcbOf(const TimeWait& time_wait) {
  Tcb tcb;
  tcb.state = State::kTimeWait;
  tcb.snd_una = tcb.snd_nxt = Far(time_wait.snd_nxt);
  tcb.rcv_nxt = Far(time_wait.rcv_nxt);
  tcb.snd_ts_ok = time_wait.negotiated.has(Negotiated::kTimestamps);
  tcb.ts_recent = Far(time_wait.ts_recent);
  return tcb;
}

}  // namespace

const Expected& Model::Input(Instant now, Bytes datagram, const Hints& hints) {
  Begin(now, &hints);
  Count(Counter::kIpInReceives);
  const Reading reading = ReadDatagram(datagram, config_);
  switch (reading.what) {
    case Reading::What::kNothing:
      expected_.verdict = {Action::kDrop, reading.drop};
      CountDropped(reading.drop);
      break;
    case Reading::What::kSegment: InputSegment(reading.segment); break;
    case Reading::What::kIcmpError: InputIcmp(reading); break;
    case Reading::What::kEcho:
      expected_.verdict = Action::kEchoReply;
      Count(Counter::kIcmpInMsgs);
      Count(Counter::kIcmpInEchos);
      Count(Counter::kIcmpOutEchoReps);
      Count(Counter::kIpOutRequests);
      break;
  }
  if (expected_.judged && expected_.verdict.drop == Drop::kNone)
    Count(Counter::kHandfastDelivered);
  return expected_;
}

void Model::InputSegment(const Segment& seg) {
  Count(Counter::kTcpInSegs);
  if (seg.options.malformed) Count(Counter::kHandfastOptionsMalformed);
  if (seg.options.scale_clamped) Count(Counter::kHandfastWindowScaleClamped);
  if (half_open_.count(seg.flow) != 0) return AtHalfOpen(seg);
  if (const int id = SocketOf(seg.flow); id != kNobody) {
    expected_.owner = Owner::kConnection;
    if (sockets_[id].stage != Stage::kOpen) return AtConnecting(id, seg);
    expected_.before = sockets_[id].state;
    expected_.judged = expected_.all_counted = false;
    return;
  }
  if (time_waits_.count(seg.flow) != 0) return AtTimeWait(seg);
  if (const int id = ListenerOf(seg.flow.local_port); id != kNobody) return AtListener(id, seg);
  AtNobody(seg);
}

void Model::AtNobody(const Segment& seg) {
  expected_.before = State::kClosed;
  expected_.after = State::kClosed;
  expected_.verdict = reference::InClosed(seg);
  if (expected_.verdict.action == Action::kSendRst) SendRst(seg);
}

void Model::AtListener(int id, const Segment& seg) {
  expected_.owner = Owner::kListener;
  expected_.before = State::kListen;
  expected_.after = State::kListen;
  const Listener& listener = listeners_[id];
  Tcb tcb;
  tcb.state = State::kListen;
  tcb.syn_queue_full = SynQueue(id) > listener.backlog;
  tcb.accept_queue_full = listener.children.size() > listener.backlog;
  Verdict verdict = reference::InListen(tcb, seg);
  if (verdict == Action::kQueue && half_open_.size() == config_.requests)
    verdict = {Action::kDrop, Drop::kNoMemory};
  expected_.verdict = verdict;
  if (verdict.action == Action::kSendRst) SendRst(seg);
  if (verdict.action == Action::kQueue) OpenHalf(id, seg, std::nullopt);
  if (seg.has(kSyn)) CountOverflow(verdict.drop);
}

// A SYN that was turned away, or a last ACK.
void Model::CountOverflow(Drop drop) {
  if (drop == Drop::kSynQueueFull) Count(Counter::kTcpExtTCPReqQFullDrop);
  if (drop == Drop::kAcceptQueueFull) Count(Counter::kTcpExtListenOverflows);
  if (drop == Drop::kSynQueueFull || drop == Drop::kAcceptQueueFull || drop == Drop::kNoMemory)
    Count(Counter::kTcpExtListenDrops);
}

void Model::OpenHalf(int id, const Segment& seg, std::optional<uint32_t> iss) {
  const SocketOptions& options = listeners_[id].options;
  HalfOpen half;
  half.listener = id;
  half.irs = seg.seq.raw();
  half.iss = iss ? *iss : Isn(seg.flow);
  half.negotiated = Agreed(Offered(config_.policy), seg);
  if (AsksForEcn(seg, config_.policy)) half.negotiated.Set(Negotiated::kEcn);
  const bool scaled = half.negotiated.has(Negotiated::kWindowScale);
  const bool stamps = half.negotiated.has(Negotiated::kTimestamps);
  if (scaled) half.snd_scale = seg.options.window_scale;
  if (scaled) half.rcv_scale = ScaleOf(options.receive_buffer);
  half.window = FirstWindow(options.receive_buffer, Mss() - (stamps ? 12u : 0u));
  half.peer_mss = MssOf(seg);
  if (stamps) half.ts_recent = seg.options.ts_val;
  half.timer = After(config_.policy.rto_initial);
  SendSynAck(seg.flow, half);
  half.tsval_first = half.tsval_last;
  half_open_[seg.flow] = half;
  Count(Counter::kHandfastRequestsOpened);
  expected_.after = State::kSynReceived;
}

void Model::ForgetHalf(const Flow& flow, Counter why) {
  half_open_.erase(flow);
  Count(why);
  expected_.after = State::kListen;
}

void Model::AtHalfOpen(const Segment& seg) {
  HalfOpen& half = half_open_.at(seg.flow);
  const Listener& listener = listeners_.at(half.listener);
  expected_.owner = Owner::kRequest;
  expected_.before = State::kSynReceived;
  expected_.after = expected_.before;
  Tcb tcb = TcbOf(half);
  tcb.accept_queue_full = listener.children.size() > listener.backlog;
  Verdict& verdict = expected_.verdict;
  verdict = reference::InRequest(tcb, seg, config_.policy);
  if (verdict == Action::kEstablish && used() == config_.connections)
    verdict = {Action::kHold, Drop::kNoMemory};
  if (verdict.drop == Drop::kPaws) Count(Counter::kTcpExtPAWSEstab);
  if (verdict.drop == Drop::kTsEcr) Count(Counter::kTcpExtTSEcrRejected);
  if (verdict.action == Action::kHold || verdict.action == Action::kRefuse)
    CountOverflow(verdict.drop);
  if (verdict.action == Action::kSendRst || verdict.action == Action::kRefuse) SendRst(seg);
  if (verdict.action == Action::kSendAck && MayAnswer(half.answered, seg, Limit::kSynRecv))
    SendAck(seg.flow, half, seg);
  if (verdict.action == Action::kChallenge && May(half.answered, Limit::kChallenge))
    SendAck(seg.flow, half, seg);
  if (verdict.action == Action::kResendSynAck) SynAgain(seg.flow, half);
  if (verdict.action == Action::kForget || verdict.action == Action::kRefuse) {
    if (verdict.drop != Drop::kAcceptQueueFull) Count(Counter::kTcpAttemptFails);
    Count(Counter::kTcpExtEmbryonicRsts);
    ForgetHalf(seg.flow, Counter::kHandfastRequestsReset);
  }
  if (verdict.action == Action::kEstablish) Establish(seg);
}

// With SynAckBudget::kRenewed the retries are those after the last SYN. An answer, at a limited
// rate, starts the timer anew.
void Model::SynAgain(const Flow& flow, HalfOpen& half) {
  const Policy& policy = config_.policy;
  if (policy.synack_budget == SynAckBudget::kRenewed) half.timeouts = 0;
  if (!May(half.answered, Limit::kSynRecv)) return;
  SendSynAck(flow, half);
  Count(Counter::kTcpRetransSegs);
  Count(Counter::kTcpExtTCPSynRetrans);
  half.timer = After(Doubled(policy.rto_initial, half.timeouts, policy.rto_max));
}

// The last ACK: the connection is its user's, once accepted.
void Model::Establish(const Segment& seg) {
  const HalfOpen half = half_open_.at(seg.flow);
  const int id = NewSocket();
  Socket& child = sockets_[id];
  child.stage = Stage::kOpen;
  child.held = false;
  child.flow = seg.flow;
  child.port = seg.flow.local_port;
  child.options = listeners_[half.listener].options;
  child.listener = half.listener;
  child.negotiated = half.negotiated;
  child.snd_scale = half.snd_scale;
  child.rcv_scale = half.rcv_scale;
  child.peer_mss = half.peer_mss;
  child.iss = half.iss;
  child.irs = half.irs;
  listeners_[half.listener].children.push_back(id);
  ForgetHalf(seg.flow, Counter::kHandfastRequestsCompleted);
  Count(Counter::kTcpPassiveOpens);
  GoesOn(seg);
}

// The handshake is over; what else the segment carries is for the open connection.
void Model::GoesOn(const Segment& seg) {
  const bool bare = seg.text.empty() && !seg.has(kFin);
  Count(Counter::kTcpCurrEstab);
  expected_.others.insert(seg.flow);
  expected_.after = State::kEstablished;
  if (bare && !seg.has(kSyn)) Count(Counter::kTcpExtTCPPureAcks);
  if (bare) return;
  expected_.all_counted = expected_.drop_known = false;
  expected_.after.reset();
}

void Model::AtConnecting(int id, const Segment& seg) {
  Socket& socket = sockets_[id];
  const bool crossed = socket.stage == Stage::kCrossed;
  expected_.before = crossed ? State::kSynReceived : State::kSynSent;
  expected_.after = expected_.before;
  Tcb tcb = TcbOf(socket);
  // Any time since the first SYN may be echoed (Linux: tcp_rcv_synsent_state_process).
  if (tcb.snd_ts_ok)
    tcb.last_tsval = tcb.first_tsval + (TsVal(socket.flow) - socket.tsval_first);
  const Verdict verdict = reference::SegmentArrives(tcb, seg, config_.policy);
  expected_.verdict = verdict;
  if (verdict.drop == Drop::kPaws) Count(Counter::kTcpExtPAWSEstab);
  if (verdict.drop == Drop::kTsEcr) Count(Counter::kTcpExtPAWSActive);
  if (verdict.action == Action::kSendRst || verdict.action == Action::kSendRstRepeat)
    SendRst(seg);
  if (verdict.action == Action::kSendRstRepeat && socket.timeouts == 0)
    socket.timer = std::min(socket.timer, After(config_.policy.syn_repeat));
  if (verdict.action == Action::kReset) Fail(id, Errno::kConnRefused);
  if (verdict.action == Action::kCross) Cross(socket, seg);
  if (verdict.action == Action::kChallenge) {
    if (verdict.drop == Drop::kInvalidSyn) Count(Counter::kTcpExtTCPSYNChallenge);
    if (May(socket.answered, Limit::kChallenge)) SendAck(socket);
  }
  if (verdict.action == Action::kSendAck) {
    const Limit limit = verdict.drop == Drop::kPaws ? Limit::kPaws : Limit::kSeq;
    if (MayAnswer(socket.answered, seg, limit)) SendAck(socket);
  }
  if (verdict.action == Action::kEstablish) EstablishActive(socket, seg);
}

// What a SYN or SYN-ACK leaves of our offer.
void Model::Agree(Socket& socket, const Segment& seg) const {
  socket.irs = seg.seq.raw();
  socket.negotiated = Agreed(socket.negotiated, seg);
  socket.peer_mss = MssOf(seg);
  const bool scaled = socket.negotiated.has(Negotiated::kWindowScale);
  socket.snd_scale = scaled ? seg.options.window_scale : uint8_t{0};
  if (!scaled) socket.rcv_scale = 0;
  if (socket.negotiated.has(Negotiated::kTimestamps)) socket.ts_recent = seg.options.ts_val;
}

// Simultaneous open: SYN-RECEIVED, and our SYN leaves again, with an ACK.
void Model::Cross(Socket& socket, const Segment& seg) {
  const bool ecn = socket.negotiated.has(Negotiated::kEcn) && AsksForEcn(seg, config_.policy);
  Agree(socket, seg);
  socket.negotiated.Clear(Negotiated::kEcn);
  if (ecn) socket.negotiated.Set(Negotiated::kEcn);
  socket.stage = Stage::kCrossed;
  expected_.after = State::kSynReceived;
  SendSyn(socket);
}

void Model::EstablishActive(Socket& socket, const Segment& seg) {
  const bool crossed = socket.stage == Stage::kCrossed;
  if (!crossed) {
    const bool ecn = seg.has(kEce) && !seg.has(kCwr);  // RFC 3168 §6.1.1
    Agree(socket, seg);
    if (!ecn) socket.negotiated.Clear(Negotiated::kEcn);
  } else if (socket.negotiated.has(Negotiated::kTimestamps) &&
             seg.options.has(Options::kTimestamps)) {
    socket.ts_recent = seg.options.ts_val;
  }
  // Text and FIN of a SYN-ACK are for the peer to repeat.
  if (seg.has(kSyn) && !socket.write_shut) SendAck(socket);
  socket.stage = Stage::kOpen;
  socket.state = State::kEstablished;
  if (crossed) GoesOn(seg);
  if (socket.write_shut) {  // the FIN that waited is sent now
    expected_.after.reset();
    expected_.all_counted = false;
  }
  if (crossed) return;
  Count(Counter::kTcpCurrEstab);
  expected_.after = State::kEstablished;
}

void Model::Fail(int id, Errno error) {
  Socket& socket = sockets_[id];
  socket.stage = Stage::kFailed;
  socket.error = error;
  Count(Counter::kTcpAttemptFails);
  expected_.after = State::kClosed;
  if (!socket.held) sockets_.erase(id);
}

// RFC 9293 §3.10.7.4 and RFC 6191 §2.
void Model::AtTimeWait(const Segment& seg) {
  TimeWait& time_wait = time_waits_.at(seg.flow);
  expected_.owner = Owner::kTimeWait;
  expected_.before = State::kTimeWait;
  expected_.after = expected_.before;
  Tcb tcb = TcbOf(time_wait);
  const int id = ListenerOf(seg.flow.local_port);
  tcb.somebody_listens = id != kNobody;
  Verdict& verdict = expected_.verdict;
  verdict = reference::InTimeWait(tcb, seg, config_.policy);
  if (verdict.drop == Drop::kPaws) Count(Counter::kTcpExtPAWSTimewait);
  if (verdict.action == Action::kRestart || verdict.action == Action::kRestartAck)
    time_wait.timer = After(config_.policy.time_wait);
  if (verdict.action == Action::kRestart && tcb.snd_ts_ok && reference::HasTimestamp(seg))
    time_wait.ts_recent = seg.options.ts_val;  // it was in place, RFC 7323 §4.3
  if ((verdict.action == Action::kSendAck || verdict.action == Action::kRestartAck) &&
      MayAnswer(time_wait.answered, seg, Limit::kTimeWait))
    SendAck(seg.flow, time_wait);
  if (verdict.action == Action::kEnd) {
    time_waits_.erase(seg.flow);
    expected_.after = State::kClosed;
  }
  if (verdict.action == Action::kReopen) Reopen(id, seg);
}

// Its SYN is a listener's. The SYN queue's limit is not for it: the flow had its place before.
void Model::Reopen(int id, const Segment& seg) {
  const Listener& listener = listeners_.at(id);
  Drop drop = Drop::kNone;
  if (half_open_.size() == config_.requests) drop = Drop::kNoMemory;
  if (listener.children.size() > listener.backlog) drop = Drop::kAcceptQueueFull;
  CountOverflow(drop);
  if (drop != Drop::kNone) {
    expected_.verdict = {Action::kDrop, drop};
    return;
  }
  // Beyond all that the old connection could have sent (Linux: tcp_timewait_state_process).
  const uint32_t iss = time_waits_.at(seg.flow).snd_nxt + 65537;
  time_waits_.erase(seg.flow);
  OpenHalf(id, seg, iss);
}

// RFC 5961 §7, for each connection alone (Linux: tcp_oow_rate_limited).
bool Model::May(std::optional<Instant>& answered, Limit limit) {
  constexpr Counter kSkipped[] = {
      Counter::kTcpExtTCPACKSkippedSynRecv, Counter::kTcpExtTCPACKSkippedPAWS,
      Counter::kTcpExtTCPACKSkippedSeq, Counter::kTcpExtTCPACKSkippedTimeWait,
      Counter::kTcpExtTCPACKSkippedChallenge};
  if (answered && now_ < *answered + config_.policy.answer_interval) {
    Count(kSkipped[static_cast<size_t>(limit)]);
    return false;
  }
  answered = now_;
  if (limit == Limit::kChallenge) Count(Counter::kTcpExtTCPChallengeACK);
  return true;
}

// Who sends text or FIN needs the answer.
bool Model::MayAnswer(std::optional<Instant>& answered, const Segment& seg, Limit limit) {
  const bool exempt = !seg.has(kSyn) && (!seg.text.empty() || seg.has(kFin));
  return exempt || May(answered, limit);
}

}  // namespace handfast::oracle
