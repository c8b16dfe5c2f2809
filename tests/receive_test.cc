// Text that comes in: order, bounds, and what is kept (RFC 9293 §3.10.7.4, Seventh, Eighth).

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

TEST(ReceiveTest, TextInAnyOrderComesOutInOrder) {
  std::vector<uint32_t> order(6);
  std::iota(order.begin(), order.end(), 0);
  do {
    Session s;
    for (const uint32_t i : order) s.Tell(i * 100, 100);
    ASSERT_EQ(s.Read(), Text(0, 600));
    ASSERT_EQ(AuditText(s.stack()), "");
  } while (std::next_permutation(order.begin(), order.end()));
}

// RFC 5681 §4.2: what is out of order, and what fills a gap, is acknowledged at once.
TEST(ReceiveTest, AGapIsReportedAtOnce) {
  Session s;
  s.Tell(100, 100);
  EXPECT_EQ(s.Said(), "ack 0");
  s.Tell(200, 100);
  EXPECT_EQ(s.Said(), "ack 0") << "each segment tells the sender that it has left";
  s.Tell(0, 100);
  EXPECT_EQ(s.Said(), "ack 300");
  s.Tell(0, 100);
  EXPECT_EQ(s.Said(), "ack 300") << "and so is what came before";
  s.Tell(250, 100);
  EXPECT_EQ(s.Read(), Text(0, 350)) << "of an overlap, what is new";
}

// Incident 56: tiny segments with gaps cost a bounded number of chunks.
TEST(ReceiveTest, TinySegmentsWithGapsAreHeldInABoundedNumberOfChunks) {
  SessionOptions options;
  options.config.socket.receive_buffer = 64 << 10;
  Session s(options);
  const Config& config = s.stack().config();
  const uint32_t most = 2 * (s.options().receive_buffer / config.chunk_bytes);
  ASSERT_LT(most, config.chunks / 2);
  for (uint32_t i = 0; i < 100'000; ++i) {
    const uint32_t at = 1 + 2 * (i * 7919 % (s.status().receive_window / 2 - 1));
    s.Tell(at, 1);
    ASSERT_LE(s.conn().beyond_count, most);
    ASSERT_LE(s.stack().tables().chunks.used(), most);
  }
  EXPECT_EQ(s.conn().beyond_count, most);
  EXPECT_EQ(AuditText(s.stack()), "");
  s.Segments();
  for (uint32_t at = 0; at < 60'000; at += 1000) s.Tell(at, 1000);
  EXPECT_EQ(s.Read(60'000), Text(0, 60'000)) << "what was dropped came again";
}

// I-37: an octet has one value. Beyond the gap the first that came stays; a segment in order
// is taken whole, as nothing behind it was acknowledged.
TEST(ReceiveTest, APeerThatContradictsItselfIsReadOnce) {
  const std::vector<uint8_t> other(30, 0xee);
  Session s;
  s.Tell(20, 10);
  s.peer.seq = s.peer.isn + 1 + 10;
  s.peer.Say(kAck, other);
  s.Tell(0, 10);
  std::vector<uint8_t> want = Text(0, 40);
  std::fill(want.begin() + 10, want.begin() + 20, 0xee);
  std::fill(want.begin() + 30, want.end(), 0xee);
  EXPECT_EQ(s.Read(), want);
  s.Tell(50, 10);
  s.peer.seq = s.peer.isn + 1 + 40;
  s.peer.Say(kAck, other);
  EXPECT_EQ(s.Read(), other);
  EXPECT_EQ(s.conn().beyond, kNoIndex);
}

TEST(ReceiveTest, AFinBehindAGapWaitsForTheText) {
  Session s;
  s.Tell(100, 100, kAck | kFin);
  EXPECT_EQ(s.state(), State::kEstablished);
  EXPECT_EQ(s.ReadError(), Errno::kAgain);
  s.Tell(0, 100);
  EXPECT_EQ(s.Said(), "ack 0 ack 201");
  EXPECT_EQ(s.state(), State::kCloseWait);
  EXPECT_EQ(s.Read(), Text(0, 200));
  EXPECT_EQ(s.ReadError(), Errno::kOk) << "the end";
}

TEST(ReceiveTest, AFinMayComeWithTextThatCameBefore) {
  Session s;
  s.Tell(0, 100);
  s.Tell(0, 100, kAck | kFin);
  EXPECT_EQ(s.state(), State::kCloseWait);
  EXPECT_EQ(s.Read(), Text(0, 100));
}

TEST(ReceiveTest, NothingFollowsAFin) {
  Session s;
  s.Tell(50, 50, kAck | kFin);
  s.Tell(80, 100);
  s.Tell(100, 100);
  s.Tell(0, 300);
  EXPECT_EQ(s.state(), State::kCloseWait);
  EXPECT_EQ(s.Read(), Text(0, 100));
  s.Segments();
  EXPECT_EQ(s.Tell(101, 10).drop, Drop::kDuplicate);
  EXPECT_EQ(s.Read().size(), 0u);
}

// A FIN in front of text that is held already cannot be the peer's.
TEST(ReceiveTest, AFinInFrontOfTextIsNotBelieved) {
  Session s;
  s.Tell(100, 100);
  s.Tell(0, 50, kAck | kFin);
  EXPECT_EQ(s.state(), State::kEstablished);
  s.Tell(50, 50);
  EXPECT_EQ(s.Read(), Text(0, 200));
}

// What was acknowledged is never dropped; what is beyond a gap makes room for what is not.
TEST(ReceiveTest, WhereMemoryIsShortTheTextInOrderIsServedFirst) {
  SessionOptions options;
  options.config.chunks = 16;
  options.config.chunk_bytes = 512;
  Session s(options);
  for (uint32_t i = 1; i <= 8; ++i) s.Tell(512 * i, 512);
  EXPECT_EQ(s.conn().beyond_count, 8u) << "half of the chunks";
  EXPECT_EQ(s.Tell(512 * 9, 512).drop, Drop::kBuffer) << "no more";
  s.Tell(0, 512);
  EXPECT_EQ(s.status().unread, 9u * 512);
  for (uint32_t i = 9; i < 12; ++i) s.Tell(512 * i, 512);
  EXPECT_EQ(s.Tell(512 * 12, 512).drop, Drop::kBuffer) << "a quarter is left to senders";
  EXPECT_GT(s.counter(Counter::kTcpExtTCPRcvQDrop), 0u);
  EXPECT_EQ(s.Segments().back().ack, s.peer.isn + 1 + 512 * 12) << "and not acknowledged";
  EXPECT_EQ(s.Read(), Text(0, 512 * 12));
  s.Tell(512 * 12, 512);
  EXPECT_EQ(s.Read(), Text(512 * 12, 512));
  EXPECT_EQ(AuditText(s.stack()), "");
}

TEST(ReceiveTest, AUserWhoReadsNoMoreLetsTextGoBy) {
  Session s;
  s.Tell(0, 100);
  s.Tell(300, 100);
  ASSERT_EQ(s.Shutdown(ShutdownHow::kRead), Errno::kOk);
  for (uint32_t at = 100; at < 1'000'000; at += 1000) s.Tell(at, 1000);
  EXPECT_EQ(s.status().unread, 0u);
  EXPECT_EQ(s.stack().tables().chunks.used(), 0u);
  EXPECT_EQ(s.Read().size(), 0u);
  s.Tell(1'000'100, 0, kAck | kFin);
  EXPECT_EQ(s.state(), State::kCloseWait);
}

// R3168-g, §6.1.3: all ACKs tell of the mark, until the peer has heard.
TEST(ReceiveTest, AMarkOfCongestionIsEchoedUntilCwr) {
  SessionOptions options;
  options.syn_flags = kSyn | kEce | kCwr;
  Session s(options);
  TcpPacket marked = s.peer.Make(kAck, Text(0, 10));
  marked.tos = 3;
  s.world.Inject(marked);
  s.Tell(10, 10);
  s.Advance(40ms);
  s.Write(5);
  for (const Seen& seen : s.Segments()) EXPECT_TRUE(seen.has(kEce));
  s.Tell(20, 10, kAck | kCwr);
  s.Tell(20, 10);
  const auto ack = s.Segments();
  ASSERT_EQ(ack.size(), 1u);
  EXPECT_FALSE(ack[0].has(kEce));
}

// MUST-66: a closed window takes ACK and RST.
TEST(ReceiveTest, AClosedWindowTakesAckAndRst) {
  SessionOptions options;
  options.config.socket.receive_buffer = 1000;
  Session s(options);
  s.Tell(0, 1000);
  s.Write(50);
  EXPECT_EQ(s.status().receive_window, 0u);
  s.Ack(50);
  EXPECT_EQ(s.status().unacknowledged, 0u);
  s.peer.Say(kRst);
  EXPECT_EQ(s.state(), State::kClosed);
  EXPECT_EQ(s.Read(), Text(0, 1000)) << "what came before can still be read";
  EXPECT_EQ(s.ReadError(), Errno::kConnReset);
}

TEST(ReceiveTest, AFinIsTakenThoughTheWindowIsFull) {
  SessionOptions options;
  options.config.socket.receive_buffer = 1000;
  Session s(options);
  s.Tell(0, 1000, kAck | kFin);
  EXPECT_EQ(s.Said(), "ack 1001");
  EXPECT_EQ(s.state(), State::kCloseWait);
}

// Incident 23: a segment without any flag says nothing.
TEST(ReceiveTest, TextWithoutAckIsNotTaken) {
  Session s;
  EXPECT_EQ(s.Tell(0, 10, 0).drop, Drop::kAckMissing);
  EXPECT_EQ(s.status().unread, 0u);
  EXPECT_EQ(s.Said(), "");
}

}  // namespace
}  // namespace handfast
