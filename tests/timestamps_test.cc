// Timestamps once they are agreed upon: what they let in, and what they keep out (RFC 7323).

#include <gtest/gtest.h>

#include "harness/session.h"
#include "harness/world.h"

namespace handfast {
namespace {

// A connection with timestamps; TS.Recent is 1001.
struct Stamped {
  explicit Stamped(const Config& config = SmallConfig()) : world(config) {
    listener = world.Listen();
    peer.ts_val = 1001;
    EXPECT_TRUE(peer.Open(OptionList::Usual(1000)));
    socket = *world.stack().Accept(world.now(), listener);
    world.Moved();
  }
  uint32_t unread() const { return world.stack().Status(socket)->unread; }
  uint32_t ts_recent() const {
    return world.stack().tables().connections[Slot<Connection>(0)].ts_recent;
  }
  Verdict Say(unsigned flags, uint32_t seq, uint32_t ack, size_t length, uint32_t ts_val) {
    peer.ts_val = ts_val;
    return peer.SayAt(flags, seq, ack, length);
  }

  World world;
  HandPeer peer{world, kHttp};
  ListenerId listener;
  SocketId socket;
};

// R7323-5.3 R1, R3; SRV-03. The check precedes that of the sequence number.
TEST(TimestampsTest, AnOldTimestampIsAnsweredAndDropped) {
  Stamped s;
  for (const uint32_t seq : {1u, 1000u, 0u - 5}) {
    EXPECT_EQ(s.Say(kAck | kPsh, seq, 1, 5, 1000), Verdict(Action::kSendAck, Drop::kPaws));
    EXPECT_EQ(s.peer.Heard(), ". 1 ack 1 win 15928 <nop,nop,ts T 1001>");
    EXPECT_EQ(s.world.Moved(), "Tcp.OutSegs+1, TcpExt.PAWSEstab+1");
  }
  EXPECT_EQ(s.unread(), 0u);
  EXPECT_EQ(s.Say(kAck, 1, 1, 0, 1000), Verdict(Action::kSendAck, Drop::kPaws));
  EXPECT_EQ(s.Say(kAck, 1, 1, 0, 999), Verdict(Action::kSendAck, Drop::kPaws));
  EXPECT_EQ(s.peer.Heard(), ". 1 ack 1 win 15928 <nop,nop,ts T 1001>");
  EXPECT_EQ(s.world.Moved(), "Tcp.OutSegs+1, TcpExt.PAWSEstab+2, TcpExt.TCPACKSkippedPAWS+1");
}

// R7323-5.2: a RST is exempt, and updates nothing.
TEST(TimestampsTest, ARstNeedsNoNewTimestamp) {
  Stamped s;
  EXPECT_EQ(s.Say(kRst, 7, 0, 0, 999'999), Verdict(Action::kChallenge, Drop::kInexactReset));
  EXPECT_EQ(s.ts_recent(), 1001u);
  EXPECT_EQ(s.Say(kRst, 1, 0, 0, 5), Verdict(Action::kReset));
}

// Incident 80. R7323-4.3, R7323-5.3: no segment that is refused, and none that lies beyond
// what was acknowledged, moves TS.Recent.
TEST(TimestampsTest, OnlyWhatIsAcceptedMovesTheLastTimestamp) {
  constexpr uint32_t kPoison = 1001 + (1u << 30);
  struct {
    const char* what;
    unsigned flags;
    uint32_t seq, ack;
    size_t length;
  } const rows[] = {
      {"outside", kAck | kPsh, 20'000, 1, 5},
      {"below", kAck, 0u - 9, 1, 0},
      {"bad ack", kAck | kPsh, 1, 99, 5},
      {"old ack", kAck | kPsh, 1, 0u - 99'999, 5},
      {"no ACK", kPsh, 1, 0, 5},
      {"SYN", kSyn, 1, 0, 0},
      {"RST inside", kRst, 5, 0, 0},
      {"beyond a hole", kAck | kPsh, 5, 1, 5},
  };
  for (const auto& row : rows) {
    Stamped s;
    s.Say(row.flags, row.seq, row.ack, row.length, kPoison);
    EXPECT_EQ(s.ts_recent(), 1001u) << row.what;
    EXPECT_EQ(s.Say(kAck | kPsh, 1, 1, 3, 1002), Verdict(Action::kAccept)) << row.what;
    EXPECT_EQ(s.ts_recent(), 1002u) << row.what;
  }
}

// R7323-4.3: the echo of a delayed ACK is that of the first segment it covers.
TEST(TimestampsTest, ADelayedAckEchoesTheFirstSegment) {
  Stamped s;
  s.Say(kAck | kPsh, 1, 1, 5, 1010);
  s.Say(kAck | kPsh, 6, 1, 5, 1020);
  s.world.Advance(40ms);
  EXPECT_EQ(s.peer.Heard(), ". 1 ack 11 win 15918 <nop,nop,ts T+40 1010>");
  s.Say(kAck | kPsh, 16, 1, 5, 1030);
  EXPECT_EQ(s.peer.Heard(), ". 1 ack 11 win 15918 <nop,nop,ts T+40 1010,nop,nop,sack 16:21>");
  s.Say(kAck | kPsh, 11, 1, 5, 1040);
  EXPECT_EQ(s.peer.Heard(), ". 1 ack 21 win 15908 <nop,nop,ts T+40 1040>");
}

// Incident 83. R7323-5.5: after 24 days TS.Recent says nothing any more, and is learnt anew.
TEST(TimestampsTest, AfterTwentyFourDaysAnyTimestampIsTaken) {
  Stamped s;
  s.world.Advance(24h * 24 - 1h);
  EXPECT_EQ(s.Say(kAck | kPsh, 1, 1, 5, 500), Verdict(Action::kSendAck, Drop::kPaws));
  EXPECT_EQ(s.ts_recent(), 1001u);
  s.world.Advance(2h);
  EXPECT_EQ(s.Say(kAck | kPsh, 1, 1, 5, 500), Verdict(Action::kAccept));
  EXPECT_EQ(s.ts_recent(), 500u);
  EXPECT_EQ(s.Say(kAck | kPsh, 6, 1, 5, 499), Verdict(Action::kSendAck, Drop::kPaws));
}

// R7323-5.3: timestamps turn over.
TEST(TimestampsTest, TimestampsTurnOver) {
  Stamped s;
  uint32_t seq = 1;
  for (const uint32_t ts : {1001u + (1u << 31) - 1, 0xffff'fffeu, 5u}) {
    EXPECT_EQ(s.Say(kAck | kPsh, seq++, 1, 1, ts), Verdict(Action::kAccept)) << ts;
    s.world.Advance(40ms);
  }
  EXPECT_EQ(s.Say(kAck | kPsh, seq, 1, 1, 0xffff'ffff), Verdict(Action::kSendAck, Drop::kPaws));
}

// C8, R7323-3.2c: without the timestamp a segment is dropped, never a reason to abort; as
// Linux has it, it is taken.
TEST(TimestampsTest, AMissingTimestampIsDroppedByDefault) {
  for (const bool linux_way : {false, true}) {
    Stamped s(linux_way ? LinuxConfig() : SmallConfig());
    s.peer.timestamps = false;
    EXPECT_EQ(s.Say(kAck | kPsh, 1, 1, 5, 0), linux_way
                                                  ? Verdict(Action::kAccept)
                                                  : Verdict(Action::kDrop, Drop::kNoTimestamp));
    EXPECT_EQ(s.unread(), linux_way ? 5u : 0u);
    EXPECT_EQ(s.peer.Heard(), "");
    EXPECT_EQ(s.Say(kRst, linux_way ? 6 : 1, 0, 0, 0), Verdict(Action::kReset));
  }
}

// R7323-5.4: the clock ticks in milliseconds and never runs back within a connection.
// Incident 34: what an outsider sees of it differs from flow to flow.
TEST(TimestampsTest, TheClockOfAConnectionOnlyGoesOn) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer first(world, kHttp, Port{50001}), second(world, kHttp, Port{50002});
  ASSERT_TRUE(first.Open(OptionList::Usual(99)));
  ASSERT_TRUE(second.Open(OptionList::Usual(99)));
  EXPECT_NE(first.ts_ecr, second.ts_ecr);
  const uint32_t begin = first.ts_ecr;
  for (uint32_t ms = 1; ms <= 2000; ms += 37) {
    world.Advance(37ms);
    first.SayAt(kSyn, 0);
    if (first.Heard().empty()) continue;
    EXPECT_EQ(first.ts_ecr - begin, static_cast<uint32_t>((world.now() - world.start()) / 1ms));
  }
}

// The peer says text with a timestamp.
Verdict TellAt(Session& s, uint32_t ts_val, uint32_t at, size_t octets) {
  s.peer.ts_val = ts_val;
  return s.Tell(at, octets);
}

SessionOptions Stamping() {
  SessionOptions options;
  options.offer = OptionList().Mss(1460).Nop(2).Timestamps(options.ts_val, 0);
  return options;
}

// Incident 83: the 24 days count from the last timestamp that was taken.
TEST(TimestampsTest, TheDaysCountFromTheLastTimestampTaken) {
  Session s(Stamping());
  s.Advance(24h * 23);
  TellAt(s, 500, 0, 10);
  s.Advance(24h * 23);
  EXPECT_EQ(TellAt(s, 499, 10, 10).drop, Drop::kPaws);
}

// R7323-4.3: an ACK of a gap echoes what came before it; what fills it is echoed.
TEST(TimestampsTest, AGapIsAcknowledgedWithTheTimestampBeforeIt) {
  Session s(Stamping());
  TellAt(s, 200, 0, 10);
  s.Advance(40ms);
  TellAt(s, 300, 20, 10);
  TellAt(s, 400, 10, 10);
  const auto acks = s.Segments();
  ASSERT_EQ(acks.size(), 3u);
  EXPECT_EQ(acks[0].options.ts_ecr, 200u);
  EXPECT_EQ(acks[1].options.ts_ecr, 200u);
  EXPECT_EQ(acks[2].options.ts_ecr, 400u);
}

}  // namespace
}  // namespace handfast
