// The retransmission timer of a connection (RFC 6298 §5.4, RFC 9293 §3.8.3; Linux:
// tcp_retransmit_timer, tcp_write_timeout).

#ifndef STACK_TIMEOUT_RESEND_H_
#define STACK_TIMEOUT_RESEND_H_

#include <algorithm>

#include "stack/base/backoff.h"
#include "stack/base/time.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"

namespace handfast {

enum class ResendTimeout : uint8_t {
  kResend,
  kProbe,   // the window is closed: ask whether it still is
  kGiveUp,  // R2: ETIMEDOUT
};

// How many of so many time-outs of a SYN leave the wait as it was: the first few may be spaced
// evenly (Linux: tcp_syn_linear_timeouts).
constexpr uint8_t EvenTimeouts(uint32_t timeouts, const Policy& policy) {
  return static_cast<uint8_t>(std::min(timeouts, policy.syn_linear_timeouts));
}

// How long to wait for the answer to a SYN after so many time-outs.
constexpr Duration SynWait(uint32_t timeouts, const Policy& policy) {
  return Backoff(policy.rto_initial, timeouts - EvenTimeouts(timeouts, policy), policy.rto_max);
}

// How often a SYN is repeated: evenly spaced ones come on top, but prolong the attempt beyond
// the time that doubling takes by less than one wait (Linux: tcp_write_timeout).
constexpr uint32_t SynRetries(const Policy& policy) {
  Duration limit{}, waited{};
  for (uint32_t i = 0; i <= policy.syn_retries; ++i)
    limit += Backoff(policy.rto_initial, i, policy.rto_max);
  const uint32_t most = policy.syn_retries + policy.syn_linear_timeouts;
  uint32_t retries = 0;
  while (retries < most && (waited += SynWait(retries, policy)) < limit) ++retries;
  return retries;
}

namespace resend_internal {

constexpr uint32_t RetriesOf(const Connection& conn, const Policy& policy) {
  if (conn.state == State::kSynSent) return SynRetries(policy);
  return conn.state == State::kSynReceived ? policy.syn_retries : policy.data_retries;
}

}  // namespace resend_internal

// `waiting` is the time since the oldest unacknowledged segment was first sent, or since text
// began to wait for the window. A peer that answers probes is waited for as long as the user
// likes (RFC 9293 MUST-37): each answer sets `backoff` to 0. Without a user, end_at bounds it.
constexpr ResendTimeout JudgeResendTimeout(const Connection& conn, Duration waiting,
                                           const Policy& policy) {
  const uint32_t timeout = conn.options.user_timeout_ms;
  const bool late = timeout == 0 ? conn.backoff >= resend_internal::RetriesOf(conn, policy)
                                 : timeout != SocketOptions::kForever &&
                                       waiting >= std::chrono::milliseconds(timeout);
  if (late) return ResendTimeout::kGiveUp;
  const bool closed = conn.has(Connection::kPersist) || conn.snd_nxt == conn.snd_una;
  const bool probing = IsSynchronized(conn.state) && closed;
  return probing ? ResendTimeout::kProbe : ResendTimeout::kResend;
}

}  // namespace handfast

#endif  // STACK_TIMEOUT_RESEND_H_
