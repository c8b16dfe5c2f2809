// What a timer that expires decides, as a table; and when it expires, to the millisecond.
//
// I-69; incidents 55, 119, 120; MUST-18, MUST-20 to MUST-23, MUST-37, SHLD-10, SHLD-11;
// R6298-2.1, R6298-5.5; C3, C11, C14; RTX-01 to RTX-06, SIM-06, SYNQ-08, E03, E30, E32, E35.

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/world_states.h"
#include "stack/timeout/resend.h"
#include "stack/timeout/synack.h"

namespace handfast {
namespace {

constexpr uint32_t kForever = SocketOptions::kForever;

// R2 of RFC 9293 §3.8.3, in words. The user's limit is a time, and stands in for the number of
// retransmissions; "for ever" has neither.
ResendTimeout Wanted(const Connection& conn, Duration waiting, const Policy& policy) {
  const uint32_t limit_ms = conn.options.user_timeout_ms;
  const bool timed = limit_ms != 0 && limit_ms != kForever;
  const bool late = timed && waiting >= std::chrono::milliseconds(limit_ms);
  const bool open = conn.state != State::kSynSent && conn.state != State::kSynReceived;
  const bool window_closed = conn.has(Connection::kPersist) || conn.snd_nxt == conn.snd_una;
  uint32_t retries = policy.data_retries;
  if (conn.state == State::kSynReceived) retries = policy.syn_retries;
  if (conn.state == State::kSynSent)  // RTX-04: the linear ones come on top
    retries = policy.syn_retries + policy.syn_linear_timeouts;
  const bool exhausted = limit_ms == 0 && conn.backoff >= retries;
  if (exhausted || late) return ResendTimeout::kGiveUp;
  // MUST-37: as long as probes are answered, which keeps the count low.
  return open && window_closed ? ResendTimeout::kProbe : ResendTimeout::kResend;
}

std::vector<Policy> Policies() {
  return {Config::Default().policy, Config::Linux().policy, Config::Strict().policy};
}

TEST(TimeoutJudgeTest, EveryResendTimeoutIsAsTheTableSays) {
  uint64_t cells = 0;
  for (const Policy& policy : Policies()) {
    for (auto i = static_cast<int>(State::kSynSent); i < static_cast<int>(State::kTimeWait);
         ++i) {
      for (unsigned backoff = 0; backoff < 256; ++backoff) {
        for (const uint32_t limit : {0u, 1u, 2500u, kForever - 1, kForever}) {
          for (const bool persist : {false, true}) {
            for (const uint32_t flight : {0u, 1u, 1000u}) {
              for (const int64_t off_ms : {-1, 0, 1}) {
                Connection conn;
                conn.state = static_cast<State>(i);
                conn.backoff = static_cast<uint8_t>(backoff);
                conn.options.user_timeout_ms = limit;
                conn.snd_una = Seq(0xffff'fff0);
                conn.snd_nxt = conn.snd_una + flight;
                if (persist) conn.Set(Connection::kPersist);
                const Duration waiting = std::chrono::milliseconds(limit + off_ms);
                ASSERT_EQ(JudgeResendTimeout(conn, waiting, policy),
                          Wanted(conn, waiting, policy))
                    << Name(conn.state) << ", " << backoff << " time-outs, limit " << limit;
                ++cells;
              }
            }
          }
        }
      }
    }
  }
  std::printf("resend time-outs: %" PRIu64 " cells compared\n", cells);
}

TEST(TimeoutJudgeTest, ASynAckIsRepeatedAsOftenAsThePolicySays) {
  for (uint32_t retries = 0; retries <= 254; ++retries) {
    Policy policy;
    policy.synack_retries = retries;
    for (unsigned timeouts = 0; timeouts < 256; ++timeouts) {
      Request req;
      req.timeouts = static_cast<uint8_t>(timeouts);
      EXPECT_EQ(JudgeSynAckTimeout(req, policy),
                timeouts < retries ? SynAckTimeout::kResend : SynAckTimeout::kForget);
    }
  }
}

// Seconds at which segments leave, and the second at which the flow has no owner any more.
struct Schedule {
  std::vector<double> sent;
  double end = 0;
};

Schedule Watch(StageWorld& world, Duration most) {
  Schedule schedule;
  const Instant start = world.world.now();
  const auto seconds = [start](Instant at) {
    return static_cast<double>((at - start).count()) / 1e9;
  };
  while (OwnerOf(world.stack(), world.flow()) != Owner::kNobody) {
    const Instant due = world.stack().next_deadline();
    if (due.never() || due - start > most) return schedule;
    world.world.Advance(due - world.world.now());
    for (size_t i = world.world.Take().size(); i > 0; --i)
      schedule.sent.push_back(seconds(due));
    schedule.end = seconds(due);
    EXPECT_EQ(AuditText(world.stack()), "");
  }
  return schedule;
}

StageOptions Under(const Config& config) { return {SmallConfig(config)}; }

// C11 and RTX-03: seven repetitions and 255 s; on Linux four linear ones first, 131 s.
TEST(TimeoutJudgeTest, TheSynIsRepeatedOnSchedule) {
  const std::vector<double> doubling = {1, 3, 7, 15, 31, 63, 127};
  for (const Config& config : {Config::Default(), Config::Strict()}) {
    StageWorld world(Stage::kSynSent, Under(config));
    const Schedule schedule = Watch(world, 1h);
    EXPECT_EQ(schedule.sent, doubling);
    EXPECT_EQ(schedule.end, 255);
    EXPECT_GE(schedule.end, 180) << "MUST-23";
    EXPECT_EQ(world.stack().TakeError(world.world.now(), *world.socket), Errno::kTimedOut);
  }
  StageWorld world(Stage::kSynSent, Under(Config::Linux()));
  const Schedule schedule = Watch(world, 1h);
  EXPECT_EQ(schedule.sent, (std::vector<double>{1, 2, 3, 4, 5, 7, 11, 19, 35, 67}));
  EXPECT_EQ(schedule.end, 131);
}

// SYNQ-08, C14, MUST-23 for the passive side in the strict profile.
TEST(TimeoutJudgeTest, TheSynAckIsRepeatedOnSchedule) {
  const struct {
    Config config;
    std::vector<double> sent;
    double end;
  } kCases[] = {{Config::Default(), {1, 3}, 7},
                {Config::Linux(), {1, 3, 7, 15, 31}, 63},
                {Config::Strict(), {1, 3, 7, 15, 31, 63, 127}, 255}};
  for (const auto& [config, sent, end] : kCases) {
    StageWorld world(Stage::kRequest, Under(config));
    const Schedule schedule = Watch(world, 1h);
    EXPECT_EQ(schedule.sent, sent);
    EXPECT_EQ(schedule.end, end);
  }
}

// SIM-06: no linear phase after crossed SYNs.
TEST(TimeoutJudgeTest, TheSynAckOfACrossedOpenIsRepeatedOnSchedule) {
  for (const auto& [config, last] :
       {std::pair{Config::Default(), 127.0}, {Config::Linux(), 63.0}}) {
    StageWorld world(Stage::kCrossed, Under(config));
    const Schedule schedule = Watch(world, 1h);
    ASSERT_GE(schedule.sent.size(), 3u);
    EXPECT_EQ(schedule.sent[0], 1);
    EXPECT_EQ(schedule.sent[1], 3);
    EXPECT_EQ(schedule.sent.back(), last);
    EXPECT_EQ(world.stack().TakeError(world.world.now(), *world.socket), Errno::kTimedOut);
  }
}

// RTX-06: the user's limit ends it on the dot.
TEST(TimeoutJudgeTest, TheUsersLimitEndsTheAttempt) {
  StageOptions options = Under(Config::Default());
  options.config.socket.user_timeout_ms = 2500;
  StageWorld world(Stage::kSynSent, options);
  const Schedule schedule = Watch(world, 1h);
  EXPECT_EQ(schedule.sent, (std::vector<double>{1}));
  EXPECT_EQ(schedule.end, 2.5);
  options.config.socket.user_timeout_ms = kForever;
  StageWorld patient(Stage::kSynSent, options);
  EXPECT_GT(Watch(patient, 24h).sent.size(), 600u) << "MUST-21: for ever";
  EXPECT_EQ(StateOf(patient.stack(), patient.flow()), State::kSynSent);
}

// SHLD-11: R2 for data is 100 s at the least. The FIN is repeated like data.
TEST(TimeoutJudgeTest, AnOpenConnectionIsGivenUpAfterR2) {
  for (const Stage stage : {Stage::kFinWait1, Stage::kClosing, Stage::kLastAck}) {
    StageWorld world(stage);
    const Schedule schedule = Watch(world, 24h);
    EXPECT_EQ(schedule.sent.size(), Policy{}.data_retries) << Name(stage);
    EXPECT_GE(schedule.end, 100) << Name(stage);
    EXPECT_EQ(world.stack().TakeError(world.world.now(), *world.socket), Errno::kTimedOut);
  }
}

// MUST-37, C3: a closed window whose owner answers is waited for, as long as the user does.
TEST(TimeoutJudgeTest, AClosedWindowIsProbedAsLongAsItIsAnswered) {
  StageOptions options;
  options.unsent = 10;
  StageWorld world(Stage::kEstablished, options);
  size_t probes = 0;
  const Instant end = world.world.now() + 24h;
  while (world.world.now() < end) {
    const Instant due = world.stack().next_deadline();
    ASSERT_FALSE(due.never());
    world.world.Advance(due - world.world.now());
    probes += world.world.Take().size();
    world.peer.Say(kAck);
    ASSERT_EQ(StateOf(world.stack(), world.flow()), State::kEstablished);
  }
  EXPECT_GT(probes, 600u);
  const Schedule silent = Watch(world, 24h);
  EXPECT_FALSE(silent.sent.empty());
  EXPECT_EQ(world.stack().TakeError(world.world.now(), *world.socket), Errno::kTimedOut);
}

}  // namespace
}  // namespace handfast
