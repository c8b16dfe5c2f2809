// Delayed acknowledgments (RFC 9293 §3.8.6.3, RFC 5681 §4.2).

#include <gtest/gtest.h>

#include "harness/session.h"

namespace handfast {
namespace {

constexpr uint32_t kMss = 1460;

// MUST-40, SHLD-18.
TEST(DelayedAckTest, ASegmentIsAcknowledgedInLessThanHalfASecond) {
  Session s;
  s.Tell(0, 10);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(s.Wait(), 40ms);
  EXPECT_EQ(s.Said(), "ack 10");
  EXPECT_EQ(s.counter(Counter::kTcpExtDelayedACKs), 1u);
  EXPECT_TRUE(s.stack().next_deadline().never());
}

TEST(DelayedAckTest, FurtherTextDoesNotPutItOff) {
  Session s;
  s.Tell(0, 10);
  s.Advance(30ms);
  s.Tell(10, 10);
  EXPECT_EQ(s.Wait(), 10ms);
  EXPECT_EQ(s.Said(), "ack 20");
}

// SHLD-18.
TEST(DelayedAckTest, EachSecondFullSegmentIsAcknowledgedAtOnce) {
  Session s;
  for (uint32_t i = 0; i < 10; ++i) {
    s.Tell(i * kMss, kMss);
    EXPECT_EQ(s.Said(), i % 2 == 0 ? "" : "ack " + std::to_string((i + 1) * kMss));
  }
  EXPECT_TRUE(s.stack().next_deadline().never()) << "no timer is left";
}

TEST(DelayedAckTest, TwoSegmentsWorthOfSmallOnesCountAsTwo) {
  Session s;
  for (uint32_t at = 0; at < 2 * kMss - 20; at += 20) s.Tell(at, 20);
  EXPECT_EQ(s.Said(), "");
  s.Tell(2 * kMss - 20, 20);
  EXPECT_EQ(s.Said(), "ack 2920");
}

// With timestamps a full segment is shorter.
TEST(DelayedAckTest, TimestampsMakeAFullSegmentShorter) {
  SessionOptions options;
  options.offer = OptionList().Mss(1460).Nop(2).Timestamps(100, 0);
  Session s(options);
  s.Tell(0, 1448);
  EXPECT_EQ(s.Said(), "");
  s.Tell(1448, 1448);
  EXPECT_EQ(s.Said(), "ack 2896");
}

TEST(DelayedAckTest, TextOfOursCarriesTheAck) {
  Session s;
  s.Tell(0, 10);
  s.Write(5);
  const auto text = s.Segments();
  ASSERT_EQ(text.size(), 1u);
  EXPECT_EQ(text[0].ack, s.peer.isn + 1 + 10);
  s.Ack(5);
  EXPECT_TRUE(s.stack().next_deadline().never());
}

TEST(DelayedAckTest, AFinIsAcknowledgedAtOnce) {
  Session s;
  s.Tell(0, 10, kAck | kFin);
  EXPECT_EQ(s.Said(), "ack 11");
}

// MUST-58: an ACK of an ACK is none; nor is a RST of anything acknowledged.
TEST(DelayedAckTest, AnAckIsNotAcknowledged) {
  Session s;
  s.Write(10);
  s.Said();
  s.Ack(10);
  s.Ack(10);
  EXPECT_EQ(s.Wait(1h), 1h);
  EXPECT_EQ(s.Said(), "");
}

}  // namespace
}  // namespace handfast
