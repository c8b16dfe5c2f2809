// Round-trip time and the retransmission time-out (RFC 6298 §2).

#ifndef STACK_TRANSFER_RTT_H_
#define STACK_TRANSFER_RTT_H_

#include <algorithm>
#include <cstdint>

#include "stack/base/time.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"

namespace handfast {

constexpr uint32_t ToMicroseconds(Duration d) {
  return static_cast<uint32_t>(std::clamp<int64_t>(d.count() / 1000, 0, 0xffff'ffff));
}

constexpr Duration RtoOf(const Connection& conn) {
  return std::chrono::microseconds(conn.rto_us);
}

// RTO = SRTT + max(G, 4 * RTTVAR), the variance term not below the configured minimum;
// 1 s before the first measurement.
constexpr void ResetRto(Connection& conn, const Policy& policy) {
  if (!conn.has(Connection::kRttTaken)) {
    conn.rto_us = ToMicroseconds(policy.rto_initial);
    return;
  }
  const uint64_t variance =
      std::max<uint64_t>(uint64_t{conn.rttvar_us} * 4, ToMicroseconds(policy.rto_min));
  conn.rto_us = static_cast<uint32_t>(
      std::min<uint64_t>(conn.srtt_us + variance, ToMicroseconds(policy.rto_max)));
}

constexpr void TakeRttSample(Connection& conn, Duration rtt, const Policy& policy) {
  const uint32_t r = std::max<uint32_t>(ToMicroseconds(rtt), 1);
  if (!conn.has(Connection::kRttTaken)) {
    conn.Set(Connection::kRttTaken);
    conn.srtt_us = r;
    conn.rttvar_us = r / 2;
  } else {
    const uint32_t error = conn.srtt_us > r ? conn.srtt_us - r : r - conn.srtt_us;
    conn.rttvar_us = conn.rttvar_us - conn.rttvar_us / 4 + error / 4;
    conn.srtt_us = conn.srtt_us - conn.srtt_us / 8 + r / 8;
  }
  ResetRto(conn, policy);
}

// After a time-out (RFC 6298 §5.5).
constexpr void DoubleRto(Connection& conn, const Policy& policy) {
  conn.rto_us = static_cast<uint32_t>(
      std::min<uint64_t>(uint64_t{conn.rto_us} * 2, ToMicroseconds(policy.rto_max)));
}

}  // namespace handfast

#endif  // STACK_TRANSFER_RTT_H_
