// Timestamps on an open connection: PAWS, and what is echoed (RFC 7323 §4.3, §5).

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

constexpr uint32_t kFirst = 1'000'000;  // the peer's TSval

struct Stamped : Session {
  explicit Stamped(uint32_t first = kFirst) : Session(Offer(first)) {}

  static SessionOptions Offer(uint32_t first) {
    SessionOptions options;
    options.offer = OptionList().Mss(1460).Nop(2).Timestamps(first, 0);
    options.ts_val = first;
    return options;
  }
  Verdict TellAt(uint32_t ts_val, uint32_t at, size_t octets) {
    peer.ts_val = ts_val;
    return Tell(at, octets);
  }
  uint32_t echo() {
    const auto segments = Segments();
    return segments.empty() ? 0 : segments.back().options.ts_ecr;
  }
};

// R7323-5.3: dropped, and answered. R1: SEG.TSval < TS.Recent, around the circle.
TEST(PawsTest, AnOldTimestampIsRefusedAndAnswered) {
  for (const uint32_t first : {kFirst, 0x7fff'ffffu, 0x8000'0000u, 0xffff'ffffu}) {
    Stamped s(first);
    s.TellAt(first + 200, 0, 10);
    s.Segments();
    EXPECT_EQ(s.TellAt(first + 199, 10, 10).drop, Drop::kPaws);
    EXPECT_EQ(s.Said(), "ack 10");
    EXPECT_EQ(s.TellAt(first + 200 - 0x7fff'ffff, 10, 10).drop, Drop::kPaws);
    EXPECT_EQ(s.TellAt(first + 200, 10, 10).drop, Drop::kNone) << "an equal one is not old";
    EXPECT_EQ(s.counter(Counter::kTcpExtPAWSEstab), 2u);
  }
}

// Incident 83, R7323-5.5: after 24 days TS.Recent says nothing.
TEST(PawsTest, After24DaysAnyTimestampIsTaken) {
  Stamped early, late;
  early.Advance(24h * 24 - 1ms);
  late.Advance(24h * 24);
  EXPECT_EQ(early.TellAt(kFirst - 1, 0, 10).drop, Drop::kPaws);
  EXPECT_EQ(late.TellAt(kFirst - 1, 0, 10).drop, Drop::kNone);
  late.Advance(40ms);
  EXPECT_EQ(late.echo(), kFirst - 1) << "and it is the one to compare with";
  EXPECT_EQ(late.TellAt(kFirst - 2, 10, 10).drop, Drop::kPaws);
}

// The time counts from the last that was taken.
TEST(PawsTest, TheLastTimestampTakenCounts) {
  Stamped s;
  s.Advance(24h * 23);
  s.TellAt(kFirst + 500, 0, 10);
  s.Advance(24h * 23);
  EXPECT_EQ(s.TellAt(kFirst + 499, 10, 10).drop, Drop::kPaws);
}

// R7323-5.2.
TEST(PawsTest, AResetIsExempt) {
  Stamped s;
  s.peer.ts_val = kFirst - 1000;
  s.peer.Say(kRst);
  EXPECT_EQ(s.state(), State::kClosed);
  Stamped bare;
  bare.peer.timestamps = false;
  bare.peer.Say(kRst);
  EXPECT_EQ(bare.state(), State::kClosed);
}

// R7323-3.2c.
TEST(PawsTest, ASegmentWithoutATimestampIsDropped) {
  Stamped s;
  s.peer.timestamps = false;
  EXPECT_EQ(s.Tell(0, 10).drop, Drop::kNoTimestamp);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(s.state(), State::kEstablished);
}

// R7323-3.2d.
TEST(PawsTest, ATimestampThatWasNotAgreedOnIsIgnored) {
  Session s;
  s.peer.timestamps = true;
  s.peer.ts_val = 5;
  EXPECT_EQ(s.Tell(0, 10).drop, Drop::kNone);
  s.peer.ts_val = 4;
  EXPECT_EQ(s.Tell(10, 10).drop, Drop::kNone);
  s.Advance(40ms);
  EXPECT_FALSE(s.Segments().back().options.has(Options::kTimestamps));
}

// R7323-4.3: a delayed ACK echoes the first segment that it is about.
TEST(PawsTest, ADelayedAckEchoesTheFirstSegment) {
  Stamped s;
  s.TellAt(kFirst + 200, 0, 10);
  s.TellAt(kFirst + 300, 10, 10);
  s.Advance(40ms);
  EXPECT_EQ(s.echo(), kFirst + 200);
}

// R7323-4.3: an ACK of a gap echoes what came before it; what fills it is echoed.
TEST(PawsTest, AGapIsAcknowledgedWithTheTimestampBeforeIt) {
  Stamped s;
  s.TellAt(kFirst + 200, 0, 10);
  s.Advance(40ms);
  EXPECT_EQ(s.echo(), kFirst + 200);
  s.TellAt(kFirst + 300, 20, 10);
  EXPECT_EQ(s.echo(), kFirst + 200);
  s.TellAt(kFirst + 400, 10, 10);
  EXPECT_EQ(s.echo(), kFirst + 400);
}

// Incident 80 (CVE-2005-0356), incident 81: nothing that is refused changes TS.Recent.
TEST(PawsTest, ARefusedSegmentLeavesNoTimestampBehind) {
  Stamped s;
  const uint32_t far = kFirst + (1u << 30);
  s.peer.ts_val = far;
  s.Tell(s.status().receive_window + 5, 10);  // beyond the window
  s.peer.ack += 1'000'000;
  s.Tell(0, 10);  // acknowledges what was not sent
  s.peer.ack -= 1'000'000;
  s.Tell(0, 10, kAck | kSyn);  // is challenged
  s.Tell(0, 10, 0);            // has no ACK
  s.Tell(20, 10);              // is taken, but lies beyond Last.ACK.sent
  EXPECT_EQ(s.conn().ts_recent, kFirst);
  EXPECT_EQ(s.TellAt(kFirst + 200, 0, 10).drop, Drop::kNone) << "the honest peer is heard";
}

}  // namespace
}  // namespace handfast
