// What time does to setup: repetitions, and giving up.

#include <algorithm>

#include "harness/oracle/model.h"

namespace handfast::oracle {
namespace {

uint64_t MsOf(Instant at) { return at.ns() / 1'000'000 + (at.ns() % 1'000'000 != 0 ? 1 : 0); }

}  // namespace

Duration Doubled(Duration wait, uint32_t times, Duration most) {
  for (; times > 0 && wait < most; --times) wait *= 2;
  return std::min(wait, most);
}

// The earliest of what may happen to a socket by itself.
Timer Model::TimerOf(const Socket& socket) const {
  if (socket.stage != Stage::kSynSent && socket.stage != Stage::kCrossed) return {};
  return std::min(socket.timer, socket.end_of_life);
}

// For the answer to a SYN; not longer than its user wants to wait (Linux:
// tcp_clamp_rto_to_user_timeout). Whoever changes that changes the next wait.
void Model::ArmSyn(Socket& socket) {
  socket.timer = After(socket.rto);
  const uint32_t timeout = socket.options.user_timeout_ms;
  if (timeout == 0 || timeout == SocketOptions::kForever) return;
  socket.timer.ms = std::min(socket.timer.ms, MsOf(socket.began + timeout * 1ms));
}

const Expected& Model::Expire(Instant now, const Hints& hints) {
  Begin(now, &hints);
  expected_.others.insert(lingering_.begin(), lingering_.end());
  expected_.all_counted = expected_.others.empty();
  lingering_.clear();
  while (NextTimer().ms <= now.ms()) {
    const Timer next = NextTimer();
    const auto is_due = [&next](const auto& entry) { return entry.second.timer == next; };
    const auto half = std::find_if(half_open_.begin(), half_open_.end(), is_due);
    const auto wait = std::find_if(time_waits_.begin(), time_waits_.end(), is_due);
    const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
      return TimerOf(entry.second) == next;
    });
    if (half != half_open_.end()) {
      ExpireHalf(Flow(half->first));
    } else if (wait != time_waits_.end()) {
      time_waits_.erase(wait);
      Count(Counter::kTcpExtTW);
    } else {
      ExpireSocket(socket->first);
    }
  }
  for (const int id : owe_syn_) {
    const auto at = sockets_.find(id);
    if (at == sockets_.end() || at->second.stage != Stage::kSynSent) continue;
    Socket& socket = at->second;
    socket.iss = Isn(socket.flow);
    SendSyn(socket);
    if (config_.policy.timestamps) socket.tsval_first = TsVal(socket.flow);
    Count(Counter::kTcpOutSegs);
  }
  owe_syn_.clear();
  for (const TcpPacket& rst : owe_) {
    Send(rst);
    Count(Counter::kTcpOutSegs);
    Count(Counter::kTcpOutRsts);
  }
  owe_.clear();
  return expected_;
}

void Model::ExpireHalf(const Flow& flow) {
  HalfOpen& half = half_open_.at(flow);
  Count(Counter::kTcpExtTCPTimeouts);
  if (half.timeouts >= config_.policy.synack_retries)
    return ForgetHalf(flow, Counter::kHandfastRequestsTimedOut);
  SendSynAck(flow, half);
  Count(Counter::kTcpRetransSegs);
  Count(Counter::kTcpExtTCPSynRetrans);
  ++half.timeouts;
  const Policy& policy = config_.policy;
  half.timer = After(Doubled(policy.rto_initial, half.timeouts, policy.rto_max));
}

// Is R2 reached (RFC 9293 §3.8.3), as the user or the policy has it?
bool Model::IsLate(const Socket& socket) const {
  const uint32_t timeout = socket.options.user_timeout_ms;
  if (timeout == SocketOptions::kForever) return false;
  if (timeout != 0) return now_ >= socket.began + timeout * 1ms;
  return socket.timeouts >= config_.policy.syn_retries + EvenTimeouts(socket);
}

// Time-outs that are not doubled (Linux: tcp_syn_linear_timeouts).
uint32_t Model::EvenTimeouts(const Socket& socket) const {
  return socket.stage == Stage::kSynSent ? config_.policy.syn_linear_timeouts : 0;
}

void Model::ExpireSocket(int id) {
  Socket& socket = sockets_[id];
  if (socket.end_of_life.ms <= now_.ms()) {
    Count(Counter::kTcpExtTCPAbortOnLinger);
    return AbortSocket(id);
  }
  Count(Counter::kTcpExtTCPTimeouts);
  if (IsLate(socket)) {
    Count(Counter::kTcpExtTCPAbortOnTimeout);
    return Fail(id, socket.soft_error != Errno::kOk ? socket.soft_error : Errno::kTimedOut);
  }
  ++socket.timeouts;
  if (socket.timeouts > EvenTimeouts(socket))
    socket.rto = Doubled(socket.rto, 1, config_.policy.rto_max);
  ArmSyn(socket);
  if (config_.policy.ecn_fallback && socket.stage == Stage::kSynSent)
    socket.negotiated.Clear(Negotiated::kEcn);
  SendSyn(socket);
  Count(Counter::kTcpRetransSegs);
  Count(Counter::kTcpExtTCPSynRetrans);
}

}  // namespace handfast::oracle
