// Two stacks over a wire on which everything goes wrong that can.

#include <gtest/gtest.h>

#include "harness/sim/soak.h"

namespace handfast {
namespace {

TEST(DuelTest, APerfectWireLosesNothingAndFailsNobody) {
  SoakOptions options;
  options.duration = 600s;
  options.traffic.rude = 0;
  const SoakResult result = Soak(options);
  EXPECT_EQ(result.wrong, "");
  EXPECT_GT(result.tally.finished, 1000u);
  EXPECT_TRUE(result.tally.errors.empty()) << result.tally.errors.begin()->first;
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
    options.duration = 1200s;
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

}  // namespace
}  // namespace handfast
