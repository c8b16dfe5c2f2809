// The SYN-ACK timer of a request (Linux: reqsk_timer_handler).

#ifndef STACK_TIMEOUT_SYNACK_H_
#define STACK_TIMEOUT_SYNACK_H_

#include "stack/base/backoff.h"
#include "stack/base/time.h"
#include "stack/sock/policy.h"
#include "stack/sock/request.h"

namespace handfast {

enum class SynAckTimeout : uint8_t { kResend, kForget };

constexpr SynAckTimeout JudgeSynAckTimeout(const Request& req, const Policy& policy) {
  return req.timeouts < policy.synack_retries ? SynAckTimeout::kResend : SynAckTimeout::kForget;
}

// How long to wait after the SYN-ACK that follows so many time-outs.
constexpr Duration SynAckWait(uint32_t timeouts, const Policy& policy) {
  return Backoff(policy.rto_initial, timeouts, policy.rto_max);
}

}  // namespace handfast

#endif  // STACK_TIMEOUT_SYNACK_H_
