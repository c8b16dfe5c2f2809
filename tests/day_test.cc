// A day of two stacks on a wire that loses, doubles, delays and damages, with users who open,
// talk and close in every manner. No invariant broken, no octet wrong, nothing left over.

#include <gtest/gtest.h>

#include <cstdio>

#include "harness/sim/soak.h"

namespace handfast {
namespace {

#ifdef HANDFAST_SANITIZED
constexpr Duration kDay = 1h;
#else
constexpr Duration kDay = 24h;
#endif

void SayHowLong() {
  if (kDay < 24h) std::puts("shortened: a day has one hour");
}

SoakOptions BadDay() {
  SoakOptions options;
  options.duration = kDay;
  options.faults.loss = 300;
  options.faults.duplicate = 100;
  options.faults.reorder = 200;
  return options;
}

// All clocks below begin at the same phase of a millisecond, as deadlines are rounded to
// milliseconds of the clock.
constexpr Instant kPhase(775'808);
static_assert((uint64_t{1} << 63) % 1'000'000 == 775'808);

// Incidents 118 and 119, F-23, I-35: the clock may start anywhere.
TEST(DayTest, ADayIsTheSameWheneverItBegins) {
  SayHowLong();
  SoakOptions options = BadDay();
  options.start = kPhase + 1s;
  const SoakResult plain = Soak(options);
  const auto hours = static_cast<uint64_t>(kDay / 1h);
  EXPECT_EQ(plain.wrong, "");
  EXPECT_GT(plain.tally.finished, 2000 * hours);
  EXPECT_GT(plain.tally.octets, 30'000'000 * hours);
  EXPECT_GT(plain.lost * 10, plain.frames * 29 / 10);
  const Instant starts[] = {
      kPhase + std::chrono::milliseconds(uint64_t{1} << 31) - 5s,
      kPhase + std::chrono::milliseconds(uint64_t{1} << 32) - 5s,
      Instant(uint64_t{1} << 63) - 1h,
  };
  options.audit_every = 10'000;
  for (const Instant start : starts) {
    options.start = start;
    const SoakResult other = Soak(options);
    EXPECT_EQ(other.wrong, "") << "from " << start.ns() << " ns on";
    EXPECT_EQ(other.trace, plain.trace) << "from " << start.ns() << " ns on";
    EXPECT_EQ(other.frames, plain.frames);
  }
}

// F-67: all at once; late timers, jumping clocks, damaged and refused frames as well.
TEST(DayTest, EverythingGoesWrongForADay) {
  SayHowLong();
  SoakOptions options = BadDay();
  options.seed = 67;
  options.faults.corrupt = 20;
  options.faults.refuse = 10;
  options.faults.delay_max = 40ms;
  options.laziness = 30ms;
  options.jumps = 200;
  options.traffic.rude = 200;
  options.traffic.sluggish = 400;
  const SoakResult result = Soak(options);
  EXPECT_EQ(result.wrong, "");
  const auto hours = static_cast<uint64_t>(kDay / 1h);
  EXPECT_GT(result.tally.finished, 1000 * hours);
  EXPECT_GT(result.tally.crossed, 50 * hours);
  EXPECT_GT(result.tally.errors.at("ECONNRESET"), 10 * hours);
  for (const Counter counter : {Counter::kTcpExtTCPWinProbe, Counter::kTcpExtTCPFastRetrans,
                                Counter::kTcpExtTCPOFOQueue, Counter::kTcpExtTCPTimeouts,
                                Counter::kTcpExtTCPAbortOnClose, Counter::kTcpExtTCPAbortOnData,
                                Counter::kTcpExtTW, Counter::kTcpInCsumErrors,
                                Counter::kTcpExtTCPChallengeACK, Counter::kHandfastTxRefused})
    EXPECT_GT(result.of(counter), hours) << Name(counter) << ": it must really have happened";
}

}  // namespace
}  // namespace handfast
