// The plays that the workbench shows: a visit, and a listener in distress.

#include "harness/sim/siege.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/sim/visit.h"

namespace handfast {
namespace {

TEST(VisitTest, WordsComeBackInBothDirectionsAndNothingIsLeft) {
  Lab lab(1);
  lab.AddHost();
  lab.AddHost();
  for (const size_t visitor : {size_t{0}, size_t{1}}) {
    const VisitResult result = Visit(lab, visitor, 1 - visitor);
    EXPECT_EQ(result.wrong, "");
    EXPECT_EQ(result.outcome, Errno::kOk);
  }
  EXPECT_EQ(lab.host(0).stack().counters()[Counter::kTcpPassiveOpens], 1u);
  EXPECT_EQ(lab.host(1).stack().counters()[Counter::kTcpPassiveOpens], 1u);
}

TEST(VisitTest, NobodyAtHomeIsUnreachable) {
  Lab lab(1);
  lab.AddHost();
  lab.AddHost();
  Faults faults;
  faults.loss = 1000;
  lab.wire().set_faults(faults);
  const VisitResult result = Visit(lab, 0, 1);
  EXPECT_EQ(result.wrong, "");
  EXPECT_EQ(result.outcome, Errno::kHostUnreach) << "ARP was not answered";
}

// Where a peer has given up and nothing of that has come through, the other is open still,
// and rightly: it closes when its patience ends, and has its time to be gone.
TEST(VisitTest, WhoeverIsLeftAloneHangsUpAndNothingIsLeft) {
  uint32_t done = 0, given_up = 0;
  for (const uint32_t loss : {300u, 500u, 600u, 700u})
    for (const Duration delay : {Duration(0), Duration(10ms), Duration(3s)})
      for (uint64_t seed = 1; seed <= 30; ++seed) {
        Lab lab(seed);
        lab.AddHost();
        lab.AddHost();
        Faults faults;
        faults.loss = loss;
        faults.delay_min = faults.delay_max = delay;
        lab.wire().set_faults(faults);
        const VisitResult result = Visit(lab, 1, 0);
        EXPECT_EQ(result.wrong, "")
            << "loss " << loss << ", delay " << delay.count() << ", seed " << seed;
        done += result.outcome == Errno::kOk ? 1 : 0;
        given_up += result.outcome == Errno::kTimedOut ? 1 : 0;
      }
  EXPECT_GT(done, 100u);
  EXPECT_GT(given_up, 0u);
}

const SiegeSample& At(const SiegeResult& result, Duration at) {
  return *std::find_if(result.samples.begin(), result.samples.end(),
                       [at](const SiegeSample& sample) { return sample.at == at; });
}

// I-21, incident 46: each queue holds backlog + 1, however many knock.
TEST(SiegeTest, QueuesFillToTheirLimitAndNotBeyond) {
  SiegeOptions options;
  options.backlog = 4;
  const SiegeResult result = Siege(options);
  EXPECT_EQ(result.wrong, "");
  EXPECT_EQ(result.limit, 5u);
  EXPECT_EQ(At(result, 2s).accept_queue, 5u) << "the application sleeps";
  EXPECT_GT(At(result, 2s).accept_queue_drops, 0u);
  EXPECT_EQ(At(result, 4s).accept_queue, 0u) << "it has woken up";
  EXPECT_EQ(At(result, 9s).syn_queue, 5u) << "the flood is on";
  EXPECT_EQ(At(result, 9s).accept_queue_drops, At(result, 4s).accept_queue_drops);
  const SiegeSample& end = result.samples.back();
  EXPECT_EQ(end.syn_queue, 0u);
  EXPECT_EQ(end.syns, 500u);
  // All SYNs of the flood but those that were queued, and a few of users.
  EXPECT_GE(end.syn_queue_drops, 500u - 5u);
  EXPECT_EQ(result.report.drops[static_cast<size_t>(Drop::kSynQueueFull)], end.syn_queue_drops);
  ASSERT_TRUE(result.user_waited);
  EXPECT_GT(*result.user_waited, 3s) << "the flood lasts three seconds more";
}

TEST(SiegeTest, NoFaultOfTheWireBreaksALimitOrLeaks) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SiegeOptions options;
    options.seed = seed;
    options.faults.loss = static_cast<uint32_t>(50 * seed);
    options.faults.duplicate = options.faults.reorder = options.faults.corrupt = 50;
    options.faults.delay_max = 50ms;
    EXPECT_EQ(Siege(options).wrong, "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace handfast
