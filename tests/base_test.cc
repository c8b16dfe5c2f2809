// Time as a value, backing off, and how calls say no.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "stack/base/backoff.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace handfast {
namespace {

constexpr uint64_t kEnd = ~uint64_t{0};
constexpr Duration kLongest = Duration::max();
constexpr Duration kLeast = Duration::min();

// Incident 123: no sum wraps; what is past the end is never, what is before the beginning is
// the beginning.
TEST(InstantTest, SumsSaturateAtBothEnds) {
  EXPECT_EQ(Instant(10) + 5ns, Instant(15));
  EXPECT_EQ(Instant(10) - 5ns, Instant(5));
  EXPECT_EQ(Instant(10) + -10ns, Instant(0));
  EXPECT_EQ(Instant(10) + 0ns, Instant(10));
  EXPECT_EQ(Instant(kEnd - 5) + 4ns, Instant(kEnd - 1));
  EXPECT_EQ(Instant(kEnd - 5) + 5ns, Instant::Never());
  EXPECT_EQ(Instant(kEnd - 5) + 6ns, Instant::Never());
  EXPECT_EQ(Instant::Never() + kLongest, Instant::Never());
  EXPECT_EQ(Instant(10) - 11ns, Instant(0));
  EXPECT_EQ(Instant(10) + -11ns, Instant(0));
  EXPECT_EQ(Instant(0) - kLongest, Instant(0));
  EXPECT_EQ(Instant(0) + kLeast, Instant(0));
}

// The longest durations there are, in either direction.
TEST(InstantTest, NoDurationIsTooLong) {
  const uint64_t half = uint64_t{1} << 63;
  EXPECT_EQ(Instant(half) + kLeast, Instant(0));
  EXPECT_EQ(Instant(0) + kLongest, Instant(half - 1));
  EXPECT_EQ(Instant(half) - kLongest, Instant(1));
  EXPECT_EQ(Instant(0) - kLeast, Instant(half));
  EXPECT_EQ(Instant(half) - kLeast, Instant::Never());
  EXPECT_EQ(Instant(half + 5) + kLongest, Instant::Never());
}

TEST(InstantTest, DifferencesHaveASign) {
  EXPECT_EQ(Instant(15) - Instant(10), 5ns);
  EXPECT_EQ(Instant(10) - Instant(15), -5ns);
  EXPECT_EQ(Instant(uint64_t{1} << 63) - Instant(1), kLongest);
  // Across the middle, where a signed count would turn over (Incident 119).
  const Instant middle(uint64_t{1} << 63);
  EXPECT_EQ((middle + 5ns) - (middle - 5ns), 10ns);
}

TEST(InstantTest, NeverIsAfterEverything) {
  EXPECT_TRUE(Instant::Never().never());
  EXPECT_FALSE(Instant(kEnd - 1).never());
  EXPECT_LT(Instant(kEnd - 1), Instant::Never());
  EXPECT_EQ(Earliest(Instant(7), Instant::Never()), Instant(7));
  EXPECT_EQ(Earliest(Instant::Never(), Instant::Never()), Instant::Never());
  EXPECT_EQ(Instant(1'999'999).ms(), 1u);
  EXPECT_EQ(Instant().ns(), 0u);
}

// R6298-5.5: doubles and is capped, for any number of times and any cap.
TEST(BackoffTest, DoublesUpToItsCap) {
  for (const Duration cap : {Duration(1s), Duration(120s), Duration(24h), kLongest}) {
    Duration expected = 1s;
    for (unsigned times = 0; times < 200; ++times) {
      ASSERT_EQ(Backoff(1s, times, cap), expected) << times;
      expected = expected > cap / 2 ? cap : expected * 2;
    }
    EXPECT_EQ(Backoff(1s, ~0u, cap), cap);
    EXPECT_EQ(Backoff(1ns, 62, cap), std::min(cap, Duration(int64_t{1} << 62)));
    EXPECT_EQ(Backoff(1ns, 63, cap), cap);
  }
  EXPECT_EQ(Backoff(5s, 0, 3s), 3s);
  EXPECT_EQ(Backoff(5s, 9, 3s), 3s);
  EXPECT_EQ(Backoff(3s, 1, 5s), 5s) << "not 6";
  EXPECT_EQ(Backoff(kLongest - 1ns, 1, kLongest), kLongest);
}

TEST(ResultTest, IsAValueOrAReason) {
  const Result<int> value = 7;
  EXPECT_TRUE(value);
  EXPECT_EQ(*value, 7);
  EXPECT_EQ(value.error(), Errno::kOk);
  const Result<std::string> reason = Errno::kAgain;
  EXPECT_FALSE(reason);
  EXPECT_EQ(reason.error(), Errno::kAgain);
  const Result<std::string> text = std::string("text");
  EXPECT_EQ(text->size(), 4u);
}

TEST(ResultDeathTest, NothingIsReadOutOfAReason) {
  const Result<int> reason = Errno::kAgain;
  EXPECT_DEATH((void)*reason, "");
  const Result<std::string> text = Errno::kPipe;
  EXPECT_DEATH((void)text->size(), "");
  EXPECT_DEATH((void)Result<int>(Errno::kOk), "") << "kOk is no reason";
}

// Linux's numbers and names, so that a caller and a kernel can be compared without a table.
TEST(ErrnoTest, HasTheNumbersAndNamesOfThisSystem) {
  const struct {
    Errno ours;
    int theirs;
    const char* name;
  } all[] = {
#define HF_ROW(name, number, text) {Errno::name, number, text},
      HF_ERRNOS(HF_ROW)
#undef HF_ROW
  };
  int known = 0;
  for (const auto& [ours, number, name] : all) {
    EXPECT_EQ(static_cast<int>(ours), number);
    EXPECT_STREQ(Name(ours), name);
    if (ours == Errno::kOk) continue;
    const char* const theirs = strerrorname_np(number);
    ASSERT_NE(theirs, nullptr) << name;
    // 95 has two names.
    EXPECT_TRUE(std::strcmp(theirs, name) == 0 || number == EOPNOTSUPP) << name;
    ++known;
  }
  EXPECT_GE(known, 26);
  EXPECT_STREQ(Name(static_cast<Errno>(200)), "E?");
}

}  // namespace
}  // namespace handfast
