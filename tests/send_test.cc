// Sending: bounds, segments, PSH, Nagle's algorithm and silly windows (RFC 9293 §3.7.4,
// §3.8.6.2.1, §3.9.1.2).

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

void SetNoDelay(Session& s) {
  SocketOptions options = s.options();
  options.no_delay = true;
  s.SetOptions(options);
}

Errno WriteError(Session& s) {
  const auto taken = s.stack().Write(s.world.now(), s.socket, Text(0, 1));
  return taken ? Errno::kOk : taken.error();
}

SessionOptions Offering(OptionList offer) {
  SessionOptions options;
  options.offer = offer;
  return options;
}

TEST(SendTest, TheSendBufferIsABound) {
  Session s;
  s.Ack(0, 0);
  EXPECT_EQ(s.Write(300'000), 256u << 10);
  EXPECT_EQ(WriteError(s), Errno::kAgain);
  ASSERT_EQ(s.stack().SetInterest(s.socket, kWritable), Errno::kOk);
  EXPECT_FALSE(s.stack().has_events());
  s.Wait();
  s.Ack(1, 0);  // the probe was taken
  EXPECT_TRUE(s.stack().has_events()) << "there is room for an octet";
  EXPECT_EQ(s.Write(10), 1u);
}

TEST(SendTest, ThePoolOfChunksIsABoundForAll) {
  SessionOptions options;
  options.config.chunks = 16;
  options.config.chunk_bytes = 512;
  Session s(options);
  s.Ack(0, 0);
  EXPECT_EQ(s.Write(100'000), 12u * 512) << "a quarter is left for what comes in";
  EXPECT_EQ(WriteError(s), Errno::kNoBufs);
  s.Ack(0, 65535);
  s.Ack(1460);
  EXPECT_EQ(WriteError(s), Errno::kOk);
  EXPECT_EQ(AuditText(s.stack()), "");
}

// MUST-15, MUST-16: the peer's MSS, 536 without one, less the options of each segment.
TEST(SendTest, SegmentsAreAsLongAsThePeerTakesThem) {
  const auto first = [](OptionList offer) {
    Session s(Offering(offer));
    s.Write(5000);
    return s.Segments().front().text.size();
  };
  EXPECT_EQ(first(OptionList().Mss(1460)), 1460u);
  EXPECT_EQ(first(OptionList().Mss(1000)), 1000u);
  EXPECT_EQ(first(OptionList().Mss(9000)), 1460u) << "our link's MTU";
  EXPECT_EQ(first(OptionList()), 536u);
  EXPECT_EQ(first(OptionList().Mss(1460).Nop(2).Timestamps(1, 0)), 1448u);
  EXPECT_EQ(first(OptionList().Nop(2).Timestamps(1, 0)), 524u);
}

// Incident 7 (CVE-2019-11479): a floor for the octets that a segment carries.
TEST(SendTest, ATinyMssCostsABoundedNumberOfSegments) {
  for (const uint16_t mss : std::initializer_list<uint16_t>{0, 1, 12, 47, 48}) {
    Session s(Offering(OptionList().Mss(mss).Nop(2).Timestamps(1, 0)));
    s.Write(10'000);
    const size_t least = mss == 0 ? 536 - 12 : 48;
    size_t segments = 0;
    uint32_t acked = 0;
    while (acked < 10'000) {
      const auto said = s.Segments();
      ASSERT_FALSE(said.empty());
      segments += said.size();
      for (const Seen& seen : said) {
        acked += static_cast<uint32_t>(seen.text.size());
        EXPECT_TRUE(seen.text.size() >= least || acked == 10'000);
      }
      s.Ack(acked);
    }
    EXPECT_LE(segments, (10'000 + least - 1) / least) << mss;
  }
}

// MUST-60, MUST-61: the last of what is queued is pushed, and nothing else.
TEST(SendTest, TheLastSegmentOfAWriteIsPushed) {
  Session s;
  s.Write(1460);
  EXPECT_EQ(s.Said(), "P0:1460");
  s.Write(4 * 1460);
  EXPECT_EQ(s.Said(), "1460:2920 2920:4380 4380:5840 P5840:7300");
}

// SHLD-7.
TEST(SendTest, NaglesAlgorithmGathersSmallWrites) {
  Session s;
  s.Write(10);
  EXPECT_EQ(s.Said(), "P0:10") << "nothing is on its way";
  s.Write(10);
  s.Write(10);
  EXPECT_EQ(s.Said(), "");
  s.Write(1450);
  EXPECT_EQ(s.Said(), "10:1470") << "a full segment goes at once";
  s.Ack(10);
  EXPECT_EQ(s.Said(), "");
  s.Ack(1470);
  EXPECT_EQ(s.Said(), "P1470:1480");
}

// MUST-17.
TEST(SendTest, NaglesAlgorithmCanBeTurnedOff) {
  Session s;
  s.Write(10);
  s.Write(10);
  EXPECT_EQ(s.Said(), "P0:10");
  SetNoDelay(s);
  EXPECT_EQ(s.Said(), "P10:20") << "what was held back goes";
  s.Write(10);
  EXPECT_EQ(s.Said(), "P20:30");
}

TEST(SendTest, AFinTakesAlongWhatNaglesAlgorithmHolds) {
  Session s;
  s.Write(10);
  s.Write(10);
  s.Said();
  ASSERT_EQ(s.Shutdown(), Errno::kOk);
  EXPECT_EQ(s.Said(), "FP10:20");
}

// MUST-38: a full segment, or all there is, or half of the largest window that was seen.
TEST(SendTest, NoSillySegmentsGoIntoASmallWindow) {
  SessionOptions options;
  options.window = 2000;
  Session s(options);
  SetNoDelay(s);
  s.Write(10'000);
  EXPECT_EQ(s.Said(), "0:1460") << "540 octets of window stay empty";
  s.Ack(1460, 999);
  EXPECT_EQ(s.Said(), "");
  s.Ack(1460, 1000);
  EXPECT_EQ(s.Said(), "1460:2460");
  s.Ack(2460, 500);
  EXPECT_EQ(s.Said(), "");
  const Duration rto = std::chrono::ceil<std::chrono::milliseconds>(s.status().rto);
  EXPECT_EQ(s.Wait(), rto) << "the override time-out";
  EXPECT_EQ(s.Said(), "2460:2960");
}

TEST(SendTest, AWindowSmallerThanASegmentIsUsedWhole) {
  SessionOptions options;
  options.window = 100;
  Session s(options);
  s.Write(1000);
  EXPECT_EQ(s.Said(), "0:100");
  s.Ack(100);
  EXPECT_EQ(s.Said(), "100:200");
}

// RFC 7323 §2.3: the window of every segment but a SYN is scaled.
TEST(SendTest, AScaledWindowIsUsed) {
  Session s(Offering(OptionList().Mss(1460).Nop().Scale(2)));
  s.Write(250'000);
  uint32_t acked = 0;
  for (int i = 0; i < 80; ++i) s.Ack(acked += 1460, 32'850);
  EXPECT_EQ(s.status().send_window, 131'400u);
  EXPECT_EQ(s.status().unacknowledged, 131'400u) << "cwnd is beyond it";
}

TEST(SendTest, NothingCanBeWrittenAfterTheEnd) {
  Session s;
  ASSERT_EQ(s.Shutdown(), Errno::kOk);
  EXPECT_EQ(WriteError(s), Errno::kPipe);
  Session reset;
  reset.peer.Say(kRst);
  EXPECT_EQ(WriteError(reset), Errno::kConnReset);
  EXPECT_EQ(WriteError(reset), Errno::kPipe) << "an error is told once";
}

}  // namespace
}  // namespace handfast
