// Mutants, crossings, and what is left of a failure when all that does not matter is gone.

#include "harness/op/mutate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/op/draw.h"
#include "harness/op/script.h"
#include "harness/op/shrink.h"
#include "stack/wire/tcp_view.h"

namespace handfast {
namespace {

Scenario Drawn(uint64_t seed, size_t most) {
  SimRng rng(seed);
  return DrawScenario(rng, most);
}

TEST(DrawTest, EveryVerbIsDrawn) {
  std::array<bool, kVerbCount> seen{};
  for (uint64_t seed = 0; seed < 200; ++seed)
    for (const Op& op : Drawn(seed, 100)) {
      seen[static_cast<size_t>(op.verb)] = true;
      ASSERT_EQ(op, Normal(op));
    }
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_TRUE(seen[i]) << Name(static_cast<Verb>(i));
}

TEST(DrawTest, EachHabitLeavesSomethingOut) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimRng rng(seed);
    const Habit habit(rng);
    int left_out = 0;
    for (uint8_t i = 0; i < kVerbCount; ++i) left_out += habit.leaves_out(static_cast<Verb>(i));
    EXPECT_GT(left_out, 0);
    EXPECT_LT(left_out, kVerbCount);
    for (int i = 0; i < 100; ++i) ASSERT_FALSE(habit.leaves_out(habit.Draw(rng)));
  }
}

TEST(ShrinkTest, OnlyWhatMattersIsLeft) {
  const auto fails = [](const Scenario& scenario) {
    return std::any_of(scenario.begin(), scenario.end(), [](const Op& op) {
      return op.verb == Verb::kSegment && (op.mode & kSyn) != 0 && op.length > 100;
    });
  };
  int failures = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Scenario scenario = Drawn(seed, 100);
    if (!fails(scenario)) continue;
    ++failures;
    const Scenario least = Shrink(scenario, fails);
    ASSERT_EQ(least.size(), 1u);
    // The flags that say what a segment is stay as they were; so does whom it is for.
    ASSERT_EQ(least[0].length, 101);
    ASSERT_EQ(least[0].options, 0);
    ASSERT_EQ(least[0].window, 65535);
    ASSERT_EQ(least[0].seq_delta, 0);
    ASSERT_EQ(least[0].harm, Harm::kNone);
  }
  EXPECT_GT(failures, 20);
}

TEST(ShrinkTest, AsksNoMoreThanItMay) {
  int asked = 0;
  const Scenario scenario = Drawn(3, 1000);
  const Scenario least = Shrink(
      scenario,
      [&asked](const Scenario&) {
        ++asked;
        return false;
      },
      50);
  EXPECT_EQ(asked, 50);
  EXPECT_EQ(least, scenario);
}

// As LLVMFuzzerCustomMutator asks: in place, within the room there is.
TEST(MutateTest, MutantsOfCodeStayWithinTheirRoom) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const size_t head = seed % 3;
    const size_t size = seed % 200;
    const size_t most = 200 + seed % 50;
    std::vector<uint8_t> data(most, 0xa5);
    std::vector<uint8_t> twin = data;
    const size_t mutated = MutateCode(data.data(), size, most, seed, head);
    ASSERT_LE(mutated, most);
    ASSERT_EQ((mutated - head) % Op::kOctets, 0u);
    ASSERT_EQ(MutateCode(twin.data(), size, most, seed, head), mutated);
    ASSERT_EQ(data, twin);
  }
}

TEST(MutateTest, RoomForNothingMutatesNothing) {
  uint8_t octets[Op::kOctets] = {1, 2, 3};
  EXPECT_EQ(MutateCode(octets, 3, Op::kOctets - 1, 1), 3u);
  EXPECT_EQ(MutateCode(octets, 3, Op::kOctets, 1, 1), 3u);
  EXPECT_EQ(octets[0], 1);
}

TEST(MutateTest, ACrossingHasOpsOfBoth) {
  Op close, abort;
  close.verb = Verb::kClose;
  abort.verb = Verb::kAbort;
  const Scenario a(20, close), b(20, abort);
  int mixed = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::vector<uint8_t> code_a = Encode(a), code_b = Encode(b);
    code_a.insert(code_a.begin(), 77);  // a head
    code_b.insert(code_b.begin(), 78);
    std::vector<uint8_t> out(1 + 30 * Op::kOctets);
    out.resize(CrossCode(code_a, code_b, out, seed, 1));
    ASSERT_EQ(out[0], 77);
    const Scenario crossed = Decode(Bytes(out).subspan(1));
    ASSERT_LE(crossed.size(), 30u);
    const auto count = [&crossed](const Op& op) {
      return std::count(crossed.begin(), crossed.end(), op);
    };
    ASSERT_EQ(count(close) + count(abort), static_cast<ptrdiff_t>(crossed.size()));
    mixed += count(close) > 0 && count(abort) > 0 ? 1 : 0;
  }
  EXPECT_GT(mixed, 150);
}

}  // namespace
}  // namespace handfast
