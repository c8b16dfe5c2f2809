// Two stacks over a wire on which everything goes wrong that can.

#include <gtest/gtest.h>

#include "harness/sim/soak.h"

namespace handfast {
namespace {

TEST(DuelTest, APerfectWireLosesNothingAndFailsNobody) {
  SoakOptions options;
  options.duration = 600s;
  options.traffic.rude = options.traffic.hasty = 0;
  const SoakResult result = Soak(options);
  EXPECT_EQ(result.wrong, "");
  EXPECT_GT(result.tally.finished, 1000u);
  EXPECT_TRUE(result.tally.errors.empty()) << result.tally.errors.begin()->first;
  EXPECT_EQ(result.tally.impatient, 0u);
  EXPECT_EQ(result.of(Counter::kTcpExtTCPTimeouts), 0u) << "no loss, no time-out";
  EXPECT_EQ(result.of(Counter::kTcpExtTCPFastRetrans), 0u);
  EXPECT_GT(result.of(Counter::kTcpExtTCPWinProbe), 0u);
}

TEST(DuelTest, RudeUsersResetButHurtNobodyElse) {
  SoakOptions options;
  options.duration = 600s;
  options.traffic.rude = 400;
  const SoakResult result = Soak(options);
  EXPECT_EQ(result.wrong, "");
  EXPECT_GT(result.tally.finished, 300u);
  EXPECT_GT(result.tally.errors.count("ECONNRESET"), 0u);
}

// Each fault alone, then all of them; with what loss makes likely, nothing wrong may be read
// and nothing may be left over.
TEST(DuelTest, NoFaultOfTheWireCorruptsOrLeaks) {
  std::vector<Faults> cases(7);
  cases[0].loss = 300;
  cases[1].duplicate = 500;
  cases[2].reorder = 500;
  cases[3].corrupt = 200;
  cases[4].refuse = 300;
  cases[5].delay_min = 0ns;
  cases[5].delay_max = 3s;
  cases[6].loss = 300;
  cases[6].duplicate = 100;
  cases[6].reorder = 200;
  cases[6].corrupt = 20;
  cases[6].refuse = 20;
  cases[6].delay_max = 30ms;
  for (size_t i = 0; i < cases.size(); ++i) {
    SoakOptions options;
    options.seed = 10 + i;
    options.duration = 1200s;
    options.faults = cases[i];
    const SoakResult result = Soak(options);
    EXPECT_EQ(result.wrong, "") << "case " << i;
    EXPECT_GT(result.tally.finished, 100u) << "case " << i;
  }
}

// Every pool too small: users are turned away, but nothing else happens to them.
TEST(DuelTest, PoolsThatAreTooSmallTurnAwayAndRecover) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SoakOptions options;
    options.seed = seed;
    options.duration = 600s;
    options.config.connections = seed == 1 ? 3 : 64;
    options.config.requests = seed == 2 ? 1 : 32;
    options.config.time_waits = seed == 3 ? 1 : 64;
    options.config.chunks = seed == 4 ? 6 : 1024;
    options.faults.loss = 50;
    const SoakResult result = Soak(options);
    EXPECT_EQ(result.wrong, "") << "seed " << seed;
    EXPECT_GT(result.tally.finished, 20u) << "seed " << seed;
  }
}

// F-25: a source of randomness that is stuck makes numbers that can be guessed, and nothing
// else.
TEST(DuelTest, NothingHangsWhereRandomnessIsStuck) {
  for (const uint8_t octet : {uint8_t{0}, uint8_t{0xff}, uint8_t{1}}) {
    SoakOptions options;
    options.duration = 600s;
    options.stuck = octet;
    options.faults.loss = 100;
    const SoakResult result = Soak(options);
    EXPECT_EQ(result.wrong, "") << "stuck at " << int{octet};
    EXPECT_GT(result.tally.finished, 300u) << "stuck at " << int{octet};
  }
}

// F-24: deadlines that are noticed late, up to 10 s.
TEST(DuelTest, LateTimersSlowDownAndBreakNothing) {
  for (const Duration laziness : {Duration(1ms), Duration(200ms), Duration(10s)}) {
    SoakOptions options;
    options.duration = 1200s;
    options.laziness = laziness;
    options.faults.loss = 100;
    const SoakResult result = Soak(options);
    EXPECT_EQ(result.wrong, "") << laziness / 1ms << " ms";
    EXPECT_GT(result.tally.finished, 100u) << laziness / 1ms << " ms";
  }
}

// F-21: the clock jumps forward, and all that was due is late.
TEST(DuelTest, AClockThatJumpsBreaksNothing) {
  for (const Duration most : {Duration(100ms), Duration(10s), Duration(24h)}) {
    SoakOptions options;
    options.duration = most * 30 + 600s;
    options.jumps = 2000;
    options.jump_most = most;
    options.faults.loss = 100;
    const SoakResult result = Soak(options);
    EXPECT_EQ(result.wrong, "") << most / 1ms << " ms";
    EXPECT_GT(result.tally.finished, 100u) << most / 1ms << " ms";
  }
}

}  // namespace
}  // namespace handfast
