// Policy: where the standards leave a choice, or good stacks differ.
//
// Judges take it as a value. Three named policies exist (stack/config.h): Default prefers
// safety, then the RFC, then Linux; Linux answers as Linux 6.18 does, but for known
// vulnerabilities; Strict takes the RFC's own lengths and limits.

#ifndef STACK_SOCK_POLICY_H_
#define STACK_SOCK_POLICY_H_

#include <cstdint>

#include "stack/base/time.h"

namespace handfast {

// In which order a segment for a half-open connection is checked.
enum class SynReceivedOrder : uint8_t {
  kSequenceFirst,  // RFC 9293 §3.10.7.4
  kAckFirst,       // Linux: tcp_check_req
};

// A SYN inside the window of a half-open connection.
enum class OnSynInHandshake : uint8_t {
  kForget,  // back to LISTEN (RFC 9293 §3.10.7.4, Fourth)
  kRefuse,  // the same, and a RST (Linux)
};

enum class OnResetInTimeWait : uint8_t {
  kIgnore,  // RFC 1337 F1
  kEnd,     // an exact one ends it (Linux: tcp_rfc1337 0)
};

// What makes 2 MSL begin anew.
enum class TimeWaitRestart : uint8_t {
  kOnFin,  // the peer's FIN again (RFC 9293 §3.10.7.4, Eighth)
  kOnAck,  // any ACK, however old (Linux: tcp_timewait_state_process)
};

// ICMP errors that say "not now" (RFC 1122 §4.2.3.9), while connecting.
enum class OnSoftIcmp : uint8_t {
  kRemember,  // tell the user, go on (MUST-56)
  kAbort,     // end the attempt (Linux: tcp_v4_err)
};

enum class OnIcmpHalfOpen : uint8_t {
  kIgnore,
  kForget,  // Linux: tcp_req_err
};

// A segment without the timestamps that were negotiated (RFC 7323 §3.2).
enum class OnMissingTimestamp : uint8_t { kDrop, kAccept };

// How often an unanswered SYN-ACK is repeated.
enum class SynAckBudget : uint8_t {
  kRenewed,  // `synack_retries` after each SYN: bounds what a spoofed SYN can reflect
  kOnce,     // in all (Linux)
};

// RTO for the first data after a SYN had to be repeated (RFC 6298 §5.7).
enum class RtoAfterSynLoss : uint8_t {
  kAlways,         // at least 3 s
  kWithoutSample,  // only when no timestamp gave a round-trip time (Linux)
};

enum class Ecn : uint8_t {
  kOff,
  kAccept,   // agree when asked (Linux: tcp_ecn 2)
  kRequest,  // ask, too
};

enum class OnOverflow : uint8_t {
  kSilence,  // the peer will ask again
  kReset,    // Linux: tcp_abort_on_overflow
};

struct Policy {
  // Retransmission.
  Duration rto_initial = 1s;  // RFC 6298 §2.1
  Duration rto_min = 200ms;
  Duration rto_max = 128s;      // RFC 6298 §2.5: at least 60 s
  Duration syn_repeat = 8ms;    // after a stale connection of the peer was reset
  Duration delayed_ack = 40ms;  // below 500 ms (RFC 9293 SHLD-18)
  // Ends.
  Duration time_wait = 60s;     // 2 MSL
  Duration fin_wait2 = 60s;     // without a user
  Duration orphan_life = 300s;  // any state, without a user
  // Limits.
  Duration answer_interval = 500ms;  // least time between answers to unacceptable segments

  uint32_t syn_retries = 7;
  uint32_t syn_linear_timeouts = 0;  // first so many time-outs are not doubled
  uint32_t synack_retries = 2;
  uint32_t data_retries = 15;    // R2 (RFC 9293 §3.8.3), in retransmissions
  uint32_t stalled_retries = 3;  // R1: tell the user
  uint32_t initial_window = 10;  // segments (RFC 6928)

  uint16_t min_send_mss = 48;   // octets of text, whatever the peer asks
  uint16_t min_path_mtu = 576;  // octets; no ICMP message makes it smaller

  SynReceivedOrder syn_received_order = SynReceivedOrder::kSequenceFirst;
  OnSynInHandshake on_syn_in_handshake = OnSynInHandshake::kForget;
  OnResetInTimeWait on_reset_in_time_wait = OnResetInTimeWait::kIgnore;
  TimeWaitRestart time_wait_restart = TimeWaitRestart::kOnFin;
  OnSoftIcmp on_soft_icmp = OnSoftIcmp::kRemember;
  OnIcmpHalfOpen on_icmp_half_open = OnIcmpHalfOpen::kIgnore;
  OnMissingTimestamp on_missing_timestamp = OnMissingTimestamp::kDrop;
  SynAckBudget synack_budget = SynAckBudget::kRenewed;
  RtoAfterSynLoss rto_after_syn_loss = RtoAfterSynLoss::kAlways;
  OnOverflow on_overflow = OnOverflow::kSilence;
  Ecn ecn = Ecn::kAccept;
  bool timestamps = true;  // offer and accept
  bool sack_permitted = true;
  bool window_scale = true;
  bool ecn_fallback = true;  // a repeated SYN does not ask for ECN (RFC 3168 §6.1.1.1)
  uint8_t reserved[5] = {};
};

}  // namespace handfast

#endif  // STACK_SOCK_POLICY_H_
