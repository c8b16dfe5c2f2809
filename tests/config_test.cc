// Config: each field has a range; what lies outside is refused by name, before anything is
// touched. And what the three named configs choose.
//
// I-12; incident 123; C8, C9, C11 to C14; MUST-23, SHLD-11, R6298-2.4; SYNQ-08, RTX-03.

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <vector>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

Config Valid() { return SmallConfig(); }

using Spoil = std::function<void(Config&)>;
struct Case {
  const char* field;
  std::vector<Spoil> spoils;
  std::vector<Spoil> limits = {};  // which spoil nothing
};

// Setting a field of the config, or of its policy.
template <typename T>
Spoil Set(T Config::* member, T value) {
  return [member, value](Config& config) { config.*member = value; };
}
template <typename T>
Spoil Set(T Policy::* member, T value) {
  return [member, value](Config& config) { config.policy.*member = value; };
}

// A number outside of [least, most], on each side where there is an outside.
template <typename T, typename Owner>
Case Number(const char* field, T Owner::* member, uint64_t least, uint64_t most) {
  constexpr T kLast = static_cast<T>(~T{0});
  Case c{field, {}};
  if (least > 0) c.spoils.push_back(Set(member, static_cast<T>(least - 1)));
  if (most < kLast) {
    c.spoils.push_back(Set(member, static_cast<T>(most + 1)));
    c.spoils.push_back(Set(member, kLast));
  }
  c.limits = {Set(member, static_cast<T>(least)), Set(member, static_cast<T>(most))};
  return c;
}

Case Time(const char* field, Duration Policy::* member, Duration least, Duration most) {
  Case c{field, {}};
  for (const Duration bad : {least - 1ns, most + 1ns, Duration::min(), Duration::max()})
    c.spoils.push_back(Set(member, bad));
  c.limits = {Set(member, least), Set(member, most)};
  return c;
}

template <typename Enum>
Case Choice(const char* field, Enum Policy::* member, Enum last) {
  Case c{field, {}};
  for (const int bad : {static_cast<int>(last) + 1, 255})
    c.spoils.push_back(Set(member, static_cast<Enum>(bad)));
  c.limits = {Set(member, Enum{}), Set(member, last)};
  return c;
}

Case Addresses(std::vector<LocalAddr> bad) {
  Case c{"addresses", {}};
  for (const LocalAddr& local : bad)
    c.spoils.push_back([local](Config& config) { config.addresses[0] = local; });
  c.spoils.push_back([](Config& config) { config.address_count = Config::kMaxAddresses + 1; });
  c.spoils.push_back([](Config& config) { config.address_count = 0xffff'ffff; });
  return c;
}

std::vector<Case> Cases() {
  constexpr uint64_t kMost = Config::kMaxObjects;
  const Addr good = kHere;
  return {
      Number("listeners", &Config::listeners, 0, kMost),
      Number("requests", &Config::requests, 0, kMost),
      Number("connections", &Config::connections, 1, kMost),
      Number("time_waits", &Config::time_waits, 0, kMost),
      Number("chunks", &Config::chunks, 2, kMost),
      Number("chunk_bytes", &Config::chunk_bytes, 64, 65535),
      Number("mtu", &Config::mtu, 128, 65535),
      Number("somaxconn", &Config::somaxconn, 0, kMost),
      Addresses({{good, 0},
                 {good, 33},
                 {good, 0xffff'ffff},
                 {Addr{}, 24},
                 {Addr{{1, 2, 3, 4}}, 24},
                 {Addr::AnyV4(), 24},
                 {Addr::V4(127, 0, 0, 1), 8},
                 {Addr::V4(224, 0, 0, 1), 24},
                 {Addr::V4(240, 0, 0, 1), 24},
                 {Addr::V4(255, 255, 255, 255), 24},
                 {Addr::V4(10, 0, 0, 255), 24},
                 {Addr::V4(10, 0, 0, 0), 24}}),
      {"ephemeral",
       {[](Config& c) { c.ephemeral = {0, 100}; }, [](Config& c) { c.ephemeral = {2, 1}; }}},
      {"socket.receive_buffer",
       {[](Config& c) { c.socket.receive_buffer = 255; },
        [](Config& c) { c.socket.receive_buffer = (1u << 30) + 1; }}},
      {"socket.send_buffer",
       {[](Config& c) { c.socket.send_buffer = 0; },
        [](Config& c) { c.socket.send_buffer = 0xffff'ffff; }}},
      {"socket.linger", {[](Config& c) { c.socket.linger = static_cast<Linger>(3); }}},
      {"malformed_options",
       {[](Config& c) { c.malformed_options = static_cast<OnMalformedOptions>(2); }}},
  };
}

std::vector<Case> PolicyCases() {
  constexpr Duration kYear = 24h * 365;
  const Duration rto_max = Policy{}.rto_max;
  return {
      Time("policy.rto_initial", &Policy::rto_initial, 1ms, rto_max),
      Time("policy.rto_min", &Policy::rto_min, 1ms, rto_max),
      Time("policy.rto_max", &Policy::rto_max, 1s, 1h),
      Time("policy.syn_repeat", &Policy::syn_repeat, 1ms, rto_max),
      Time("policy.delayed_ack", &Policy::delayed_ack, 1ms, 499ms),
      Time("policy.time_wait", &Policy::time_wait, 1ms, kYear),
      Time("policy.fin_wait2", &Policy::fin_wait2, 1ms, kYear),
      Time("policy.orphan_life", &Policy::orphan_life, 1ms, kYear),
      Time("policy.answer_interval", &Policy::answer_interval, 0ms, 1h),
      Number("policy.syn_retries", &Policy::syn_retries, 1, 127),
      Number("policy.syn_linear_timeouts", &Policy::syn_linear_timeouts, 0, 127),
      Number("policy.synack_retries", &Policy::synack_retries, 0, 254),
      Number("policy.data_retries", &Policy::data_retries, 3, 127),
      Number("policy.stalled_retries", &Policy::stalled_retries, 1, 127),
      Number("policy.initial_window", &Policy::initial_window, 1, 1024),
      Number("policy.min_send_mss", &Policy::min_send_mss, 1, 48),
      Number("policy.min_path_mtu", &Policy::min_path_mtu, 296, 65535),
      Choice("policy.syn_received_order", &Policy::syn_received_order,
             SynReceivedOrder::kAckFirst),
      Choice("policy.on_syn_in_handshake", &Policy::on_syn_in_handshake,
             OnSynInHandshake::kRefuse),
      Choice("policy.on_reset_in_time_wait", &Policy::on_reset_in_time_wait,
             OnResetInTimeWait::kEnd),
      Choice("policy.time_wait_restart", &Policy::time_wait_restart, TimeWaitRestart::kOnAck),
      Choice("policy.on_soft_icmp", &Policy::on_soft_icmp, OnSoftIcmp::kAbort),
      Choice("policy.on_icmp_half_open", &Policy::on_icmp_half_open, OnIcmpHalfOpen::kForget),
      Choice("policy.on_missing_timestamp", &Policy::on_missing_timestamp,
             OnMissingTimestamp::kAccept),
      Choice("policy.synack_budget", &Policy::synack_budget, SynAckBudget::kOnce),
      Choice("policy.rto_after_syn_loss", &Policy::rto_after_syn_loss,
             RtoAfterSynLoss::kWithoutSample),
      Choice("policy.on_overflow", &Policy::on_overflow, OnOverflow::kReset),
      Choice("policy.ecn", &Policy::ecn, Ecn::kRequest),
  };
}

// Refused by name, and the block is as it was.
void ExpectRefused(const Case& c) {
  alignas(kTablesAlignment) static std::array<std::byte, 1 << 20> block;
  for (const Spoil& spoil : c.spoils) {
    Config config = Valid();
    ASSERT_EQ(config.Invalid(), nullptr);
    spoil(config);
    EXPECT_STREQ(config.Invalid(), c.field);
    block.fill(std::byte{0xa5});
    EXPECT_EQ(Stack::Make(block, config, {}).error(), Errno::kInval) << c.field;
    EXPECT_TRUE(std::all_of(block.begin(), block.end(),
                            [](std::byte b) { return b == std::byte{0xa5}; }))
        << c.field << ": the block was touched";
  }
}

TEST(ConfigTest, WhatIsOutOfRangeIsRefusedByName) {
  for (const Case& c : Cases()) ExpectRefused(c);
  for (const Case& c : PolicyCases()) ExpectRefused(c);
}

TEST(ConfigTest, AnAddressTooManyIsToldAndTouchesNothing) {
  Config config = Valid();
  while (config.address_count < Config::kMaxAddresses)
    config.With(Addr::V4(10, 0, 1, static_cast<uint8_t>(1 + config.address_count)), 24);
  ASSERT_EQ(config.Invalid(), nullptr);
  Config expected = config;
  expected.address_count += 1;
  config.With(Addr::V4(10, 0, 2, 1), 24);
  EXPECT_EQ(std::memcmp(&config, &expected, sizeof config), 0);
  EXPECT_STREQ(config.Invalid(), "addresses");
}

TEST(ConfigTest, TheLimitsThemselvesAreFine) {
  for (const std::vector<Case>& cases : {Cases(), PolicyCases()}) {
    for (const Case& c : cases) {
      for (const Spoil& set : c.limits) {
        Config config = Valid();
        config.policy.rto_initial = config.policy.rto_min = config.policy.syn_repeat = 1ms;
        set(config);
        EXPECT_EQ(config.Invalid(), nullptr) << c.field;
      }
    }
  }
  for (const uint32_t bits : {1u, 31u, 32u}) {
    Config config = Valid();
    config.addresses[0] = {Addr::V4(10, 0, 0, 2), bits};
    EXPECT_EQ(config.Invalid(), nullptr) << bits;
  }
}

// C8, C9, C11, C12, C13, C14, and what stands for "as Linux does".
TEST(ConfigTest, TheProfilesChooseWhatWasDecided) {
  const Policy ours = Config::Default().policy;
  const Policy linux_like = Config::Linux().policy;
  const Policy strict = Config::Strict().policy;
  for (const Policy& policy : {ours, strict}) {
    EXPECT_EQ(policy.syn_received_order, SynReceivedOrder::kSequenceFirst);
    EXPECT_EQ(policy.on_syn_in_handshake, OnSynInHandshake::kForget);
    EXPECT_EQ(policy.on_reset_in_time_wait, OnResetInTimeWait::kIgnore);
    EXPECT_EQ(policy.time_wait_restart, TimeWaitRestart::kOnFin);
    EXPECT_EQ(policy.on_soft_icmp, OnSoftIcmp::kRemember);
    EXPECT_EQ(policy.on_icmp_half_open, OnIcmpHalfOpen::kIgnore);
    EXPECT_EQ(policy.on_missing_timestamp, OnMissingTimestamp::kDrop);
    EXPECT_EQ(policy.synack_budget, SynAckBudget::kRenewed);
    EXPECT_EQ(policy.syn_retries, 7u);
  }
  EXPECT_EQ(linux_like.syn_received_order, SynReceivedOrder::kAckFirst);
  EXPECT_EQ(linux_like.on_syn_in_handshake, OnSynInHandshake::kRefuse);
  EXPECT_EQ(linux_like.on_reset_in_time_wait, OnResetInTimeWait::kEnd);
  EXPECT_EQ(linux_like.time_wait_restart, TimeWaitRestart::kOnAck);
  EXPECT_EQ(linux_like.on_soft_icmp, OnSoftIcmp::kAbort);
  EXPECT_EQ(linux_like.on_icmp_half_open, OnIcmpHalfOpen::kForget);
  EXPECT_EQ(linux_like.on_missing_timestamp, OnMissingTimestamp::kAccept);
  EXPECT_EQ(linux_like.synack_budget, SynAckBudget::kOnce);
  EXPECT_EQ(ours.synack_retries, 2u);
  EXPECT_EQ(ours.time_wait, Duration(60s));
  EXPECT_EQ(linux_like.time_wait, Duration(60s));
  EXPECT_EQ(strict.time_wait, Duration(240s));
  for (const Config& config : {Config::Default(), Config::Linux(), Config::Strict()})
    EXPECT_EQ(config.Invalid(), nullptr);
}

}  // namespace
}  // namespace handfast
