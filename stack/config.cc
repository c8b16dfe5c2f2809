#include "stack/config.h"

#include <type_traits>

namespace handfast {

static_assert(std::has_unique_object_representations_v<Config>,
              "equal configs have equal bytes, so that equal stacks have, too");

Config Config::Linux() {
  Config config;
  Policy& policy = config.policy;
  policy.rto_max = 120s;
  policy.syn_retries = 6;
  policy.syn_linear_timeouts = 4;
  policy.synack_retries = 5;
  policy.synack_budget = SynAckBudget::kOnce;
  policy.syn_received_order = SynReceivedOrder::kAckFirst;
  policy.on_syn_in_handshake = OnSynInHandshake::kRefuse;
  policy.on_reset_in_time_wait = OnResetInTimeWait::kEnd;
  policy.time_wait_restart = TimeWaitRestart::kOnAck;
  policy.on_soft_icmp = OnSoftIcmp::kAbort;
  policy.on_icmp_half_open = OnIcmpHalfOpen::kForget;
  policy.on_missing_timestamp = OnMissingTimestamp::kAccept;
  policy.rto_after_syn_loss = RtoAfterSynLoss::kWithoutSample;
  config.malformed_options = OnMalformedOptions::kIgnore;
  config.ephemeral = {32768, 60999};
  return config;
}

Config Config::Strict() {
  Config config;
  config.policy.rto_min = 1s;        // RFC 6298 §2.4
  config.policy.time_wait = 240s;    // RFC 9293 §3.4.2: an MSL of 2 minutes
  config.policy.synack_retries = 7;  // RFC 9293 MUST-23: 3 minutes at least
  config.policy.initial_window = 3;  // RFC 5681 §3.1
  return config;
}

Config& Config::With(Addr addr, uint32_t prefix_bits) {
  if (address_count < kMaxAddresses) addresses[address_count] = {addr, prefix_bits};
  ++address_count;
  return *this;
}

namespace {

template <typename T>
constexpr bool InRange(T value, T least, T most) {
  return value >= least && value <= most;
}

bool AddressesValid(const Config& config) {
  if (config.address_count > Config::kMaxAddresses) return false;
  for (const LocalAddr& local : config.locals()) {
    // A host's own address: unicast, and not the subnet's or its broadcast address.
    if (!local.addr.is_v4() || !InRange<uint32_t>(local.prefix_bits, 1, 32)) return false;
    if (!IsPeer(local.addr, {}) || IsGroup(local.addr, config.locals())) return false;
    if (IsSubnet(local.addr, config.locals())) return false;
  }
  return true;
}

// An enumerator that exists.
template <typename Enum>
struct Choice {
  const char* name;
  Enum value, last;
};

template <typename... Enum>
const char* FirstInvalid(const Choice<Enum>&... choices) {
  const char* first = nullptr;
  ((first = first == nullptr && choices.value > choices.last ? choices.name : first), ...);
  return first;
}

const char* InvalidChoice(const Policy& p) {
  return FirstInvalid<SynReceivedOrder, OnSynInHandshake, OnResetInTimeWait, TimeWaitRestart,
                      OnSoftIcmp, OnIcmpHalfOpen, OnMissingTimestamp, SynAckBudget,
                      RtoAfterSynLoss, OnOverflow, Ecn>(
      {"policy.syn_received_order", p.syn_received_order, SynReceivedOrder::kAckFirst},
      {"policy.on_syn_in_handshake", p.on_syn_in_handshake, OnSynInHandshake::kRefuse},
      {"policy.on_reset_in_time_wait", p.on_reset_in_time_wait, OnResetInTimeWait::kEnd},
      {"policy.time_wait_restart", p.time_wait_restart, TimeWaitRestart::kOnAck},
      {"policy.on_soft_icmp", p.on_soft_icmp, OnSoftIcmp::kAbort},
      {"policy.on_icmp_half_open", p.on_icmp_half_open, OnIcmpHalfOpen::kForget},
      {"policy.on_missing_timestamp", p.on_missing_timestamp, OnMissingTimestamp::kAccept},
      {"policy.synack_budget", p.synack_budget, SynAckBudget::kOnce},
      {"policy.rto_after_syn_loss", p.rto_after_syn_loss, RtoAfterSynLoss::kWithoutSample},
      {"policy.on_overflow", p.on_overflow, OnOverflow::kReset},
      {"policy.ecn", p.ecn, Ecn::kRequest});
}

const char* InvalidDuration(const Policy& policy) {
  constexpr Duration kLongest = 24h * 365;
  const struct {
    const char* name;
    Duration value, least, most;
  } durations[] = {
      {"policy.rto_max", policy.rto_max, 1s, 1h},
      {"policy.rto_initial", policy.rto_initial, 1ms, policy.rto_max},
      {"policy.rto_min", policy.rto_min, 1ms, policy.rto_max},
      {"policy.syn_repeat", policy.syn_repeat, 1ms, policy.rto_max},
      {"policy.delayed_ack", policy.delayed_ack, 1ms, 499ms},
      {"policy.time_wait", policy.time_wait, 1ms, kLongest},
      {"policy.fin_wait2", policy.fin_wait2, 1ms, kLongest},
      {"policy.orphan_life", policy.orphan_life, 1ms, kLongest},
      {"policy.answer_interval", policy.answer_interval, 0ms, 1h},
  };
  for (const auto& [name, value, least, most] : durations)
    if (value < least || value > most) return name;
  return nullptr;
}

const char* InvalidPolicy(const Policy& policy) {
  if (const char* const name = InvalidDuration(policy)) return name;
  if (!InRange<uint32_t>(policy.syn_retries, 1, 127)) return "policy.syn_retries";
  if (policy.syn_linear_timeouts > 127) return "policy.syn_linear_timeouts";
  if (policy.synack_retries > 254) return "policy.synack_retries";
  if (!InRange<uint32_t>(policy.data_retries, 3, 127)) return "policy.data_retries";
  if (!InRange<uint32_t>(policy.stalled_retries, 1, 127)) return "policy.stalled_retries";
  if (!InRange<uint32_t>(policy.initial_window, 1, 1024)) return "policy.initial_window";
  if (!InRange<uint16_t>(policy.min_send_mss, 1, 48)) return "policy.min_send_mss";
  if (!InRange<uint16_t>(policy.min_path_mtu, 296, 65535)) return "policy.min_path_mtu";
  return InvalidChoice(policy);
}

}  // namespace

const char* Config::Invalid() const {
  if (listeners > kMaxObjects) return "listeners";
  if (requests > kMaxObjects) return "requests";
  if (!InRange<uint32_t>(connections, 1, kMaxObjects)) return "connections";
  if (time_waits > kMaxObjects) return "time_waits";
  if (!InRange<uint32_t>(chunks, 2, kMaxObjects)) return "chunks";
  if (!InRange<uint32_t>(chunk_bytes, 64, 65535)) return "chunk_bytes";
  if (!InRange<uint32_t>(mtu, kMinMtu, 65535)) return "mtu";
  if (!AddressesValid(*this)) return "addresses";
  if (somaxconn > kMaxObjects) return "somaxconn";
  if (ephemeral.first == 0 || ephemeral.first > ephemeral.last) return "ephemeral";
  if (!InRange(socket.receive_buffer, kMinBuffer, kMaxBuffer)) return "socket.receive_buffer";
  if (!InRange(socket.send_buffer, kMinBuffer, kMaxBuffer)) return "socket.send_buffer";
  if (socket.linger > Linger::kTimed) return "socket.linger";
  if (malformed_options > OnMalformedOptions::kIgnore) return "malformed_options";
  return InvalidPolicy(policy);
}

}  // namespace handfast
