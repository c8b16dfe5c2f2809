// Congestion control: slow start, congestion avoidance, fast retransmit and fast recovery
// (RFC 5681, RFC 6582).

#ifndef STACK_TRANSFER_CONGESTION_H_
#define STACK_TRANSFER_CONGESTION_H_

#include <algorithm>
#include <cstdint>

#include "stack/base/seq.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"

namespace handfast {

inline constexpr uint32_t kMaxCwnd = 1u << 30;
inline constexpr uint32_t kEthernetMss = 1460;
inline constexpr uint8_t kDupAckThreshold = 3;

constexpr uint32_t FlightSize(const Connection& conn) { return conn.snd_nxt - conn.snd_una; }

// IW: so many segments, but no more octets than as many of Ethernet's size hold, or two (RFC
// 6928 §2; with 3 segments it is below that of RFC 5681 §3.1).
constexpr uint32_t InitialCwnd(uint32_t mss, const Policy& policy) {
  const uint32_t segments = policy.initial_window;
  return std::min(segments * mss, std::max(2 * mss, segments * kEthernetMss));
}

// The first window; one segment if the SYN or SYN-ACK had to be repeated (RFC 5681 §3.1).
constexpr void StartCongestion(Connection& conn, uint32_t mss, const Policy& policy) {
  conn.cwnd = conn.has(Connection::kSynRepeated) ? mss : InitialCwnd(mss, policy);
  conn.ssthresh = 0xffff'ffff;
  conn.cwnd_acked = 0;
}

// An ACK of `acked` new octets, outside of recovery.
constexpr void GrowCwnd(Connection& conn, uint32_t acked, uint32_t mss) {
  // `recover` keeps near SND.UNA, lest the circle turn it into the future.
  if (Before(conn.recover, conn.snd_una)) conn.recover = conn.snd_una - 1;
  if (conn.cwnd < conn.ssthresh) {  // slow start, §3.1 (2)
    conn.cwnd += std::min(acked, mss);
  } else {  // congestion avoidance, §3.1: one segment for each window that was acknowledged
    conn.cwnd_acked += acked;
    if (conn.cwnd_acked >= conn.cwnd) {
      conn.cwnd_acked -= conn.cwnd;
      conn.cwnd += mss;
    }
  }
  conn.cwnd = std::min(conn.cwnd, kMaxCwnd);
}

// What a loss makes of ssthresh (equation 4). What limited transmit sent beyond the window
// does not count (RFC 5681 §3.2 (2)).
constexpr uint32_t HalfFlight(const Connection& conn, uint32_t mss) {
  return std::max(std::min(FlightSize(conn), conn.cwnd) / 2, 2 * mss);
}

// The third duplicate ACK (RFC 6582 §3.2, step 2). Not for segments that were outstanding
// when the last loss was noticed: their duplicates tell of that loss.
constexpr void EnterRecovery(Connection& conn, uint32_t mss) {
  if (!Before(conn.recover, conn.snd_una)) return;
  conn.ssthresh = HalfFlight(conn, mss);
  conn.cwnd = conn.ssthresh + kDupAckThreshold * mss;
  conn.recover = conn.snd_nxt;
  conn.Set(Connection::kInRecovery);
  conn.Set(Connection::kResendHead);
}

// Recovery is over, or nothing more can be done for it (step 3, "full acknowledgments").
constexpr void LeaveRecovery(Connection& conn) {
  if (conn.has(Connection::kInRecovery)) conn.cwnd = std::min(conn.cwnd, conn.ssthresh);
  conn.Clear(Connection::kInRecovery | Connection::kResendHead);
  conn.dup_acks = 0;
}

// An ACK of new data in recovery. A partial one tells of the next hole (step 3). Each starts
// the retransmission timer anew: slow but steady (RFC 6582 §4; RFC 6298 §5.3).
constexpr void AckInRecovery(Connection& conn, uint32_t acked, uint32_t mss) {
  if (Before(conn.snd_una, conn.recover)) {
    conn.Set(Connection::kResendHead);
    conn.cwnd -= std::min(conn.cwnd, acked);
    if (acked >= mss) conn.cwnd += mss;
    conn.cwnd = std::max(conn.cwnd, mss);
    return;
  }
  conn.cwnd = std::max(FlightSize(conn), mss) + mss;
  LeaveRecovery(conn);
}

// An ACK with ECE: as one loss, at most once a window (RFC 3168 §6.1.2).
constexpr void ReduceOnEcn(Connection& conn, uint32_t mss) {
  if (conn.has(Connection::kInRecovery) || !Before(conn.recover, conn.snd_una)) return;
  conn.ssthresh = HalfFlight(conn, mss);
  conn.cwnd = conn.ssthresh;
  conn.recover = conn.snd_nxt;
  conn.Set(Connection::kCwrNow);
}

// The retransmission timer expired (RFC 5681 §3.1 (4), RFC 6582 §4).
constexpr void CollapseCwnd(Connection& conn, uint32_t mss) {
  if (conn.backoff == 0) conn.ssthresh = HalfFlight(conn, mss);
  conn.cwnd = mss;
  conn.cwnd_acked = 0;
  conn.recover = conn.snd_nxt;
  conn.dup_acks = 0;
  conn.Clear(Connection::kInRecovery | Connection::kResendHead);
}

}  // namespace handfast

#endif  // STACK_TRANSFER_CONGESTION_H_
