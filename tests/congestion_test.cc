// Congestion control (RFC 5681, RFC 6582, RFC 3042, RFC 6928). Segments hold 1000 octets.

#include "stack/transfer/congestion.h"

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

SessionOptions WithMss(uint16_t mss, Config config = SessionOptions::RoomyConfig()) {
  SessionOptions options;
  options.config = config;
  options.offer = OptionList().Mss(mss);
  return options;
}

struct Flow1000 : Session {
  Flow1000() : Session(WithMss(1000)) {}

  uint32_t cwnd() const { return status().cwnd; }
  uint32_t ssthresh() const { return conn().ssthresh; }

  // Ten segments are out, more wait.
  void Start() {
    Write(60'000);
    EXPECT_EQ(Segments().size(), 10u);
  }
  // The peer misses the segment at `at`, and others come after it.
  void Duplicates(uint32_t at, int count) {
    for (int i = 0; i < count; ++i) Ack(at);
  }
};

uint32_t InitialWindowOf(uint16_t mss, Config config = SessionOptions::RoomyConfig()) {
  config.mtu = 9000;
  return Session(WithMss(mss, config)).status().cwnd;
}

// RFC 6928 §2: min (10*MSS, max (2*MSS, 14600)). RFC 5681 §3.1 for Strict.
TEST(CongestionTest, TheFirstWindowIsTenSegmentsButNotOfLargeOnes) {
  EXPECT_EQ(InitialWindowOf(536), 5360u);
  EXPECT_EQ(InitialWindowOf(1460), 14600u);
  EXPECT_EQ(InitialWindowOf(2000), 14600u);
  EXPECT_EQ(InitialWindowOf(8960), 17920u);
  Config strict = SmallConfig(Config::Strict());
  EXPECT_EQ(InitialWindowOf(536, strict), 1608u);
  EXPECT_EQ(InitialWindowOf(1460, strict), 4380u);
  EXPECT_EQ(InitialWindowOf(8960, strict), 17920u);
}

// RFC 5681 §3.1: the SYN-ACK was lost.
TEST(CongestionTest, AfterTheLossOfASynTheFirstWindowIsOneSegment) {
  SessionOptions options = WithMss(1000);
  options.rtt = 1100ms;
  Session s(options);
  s.Write(5000);
  EXPECT_EQ(s.Said(), "0:1000");
  s.Ack(1000);
  EXPECT_EQ(s.Said(), "1000:2000 2000:3000") << "slow start from there";
}

TEST(CongestionTest, SlowStartAddsASegmentForEachAck) {
  Flow1000 s;
  s.Start();
  s.Ack(1000);
  EXPECT_EQ(s.cwnd(), 11'000u);
  EXPECT_EQ(s.Said(), "10000:11000 11000:12000");
  s.Ack(3000);
  EXPECT_EQ(s.cwnd(), 12'000u) << "one segment, however much is acknowledged";
  s.Ack(3500);
  EXPECT_EQ(s.cwnd(), 12'500u) << "and not more than was";
}

TEST(CongestionTest, CongestionAvoidanceAddsASegmentForEachWindow) {
  Flow1000 s;
  s.Start();
  s.Wait();  // a time-out: ssthresh is 5000
  ASSERT_EQ(s.ssthresh(), 5000u);
  s.Ack(10'000);
  for (uint32_t at = 11'000; s.cwnd() < 5000; at += 1000) s.Ack(at);
  ASSERT_EQ(s.cwnd(), 5000u);
  uint32_t acked = 13'000;
  for (int window = 5; window < 9; ++window) {
    for (int i = 0; i < window; ++i) {
      EXPECT_EQ(s.cwnd(), static_cast<uint32_t>(window) * 1000);
      s.Ack(acked += 500);
      s.Ack(acked += 500);
    }
  }
  EXPECT_EQ(s.cwnd(), 9000u);
}

// RFC 3042: the first two duplicate ACKs let a new segment go, each.
TEST(CongestionTest, LimitedTransmitAnswersTheFirstTwoDuplicates) {
  Flow1000 s;
  s.Start();
  s.Duplicates(0, 1);
  EXPECT_EQ(s.Said(), "10000:11000");
  s.Duplicates(0, 1);
  EXPECT_EQ(s.Said(), "11000:12000");
  EXPECT_EQ(s.cwnd(), 10'000u);
}

// RFC 5681 §3.2: what limited transmit sent does not count as flight (a MUST NOT).
TEST(CongestionTest, TheThirdDuplicateRetransmitsAtOnce) {
  Flow1000 s;
  s.Start();
  s.Duplicates(0, 2);
  s.Said();
  s.Duplicates(0, 1);
  EXPECT_EQ(s.Said(), "0:1000");
  EXPECT_EQ(s.ssthresh(), 5000u) << "half of the ten segments";
  EXPECT_EQ(s.cwnd(), 8000u) << "and three that have left the network";
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 1u);
}

// RFC 5681 §3.2 (4), (5): each further duplicate tells of a segment that has left.
TEST(CongestionTest, InRecoveryEachDuplicateMakesRoomForASegment) {
  Flow1000 s;
  s.Start();
  s.Duplicates(0, 3);
  s.Said();
  s.Duplicates(0, 4);  // cwnd is 12 segments then, as many as are out
  EXPECT_EQ(s.Said(), "");
  s.Duplicates(0, 1);
  EXPECT_EQ(s.Said(), "12000:13000");
  s.Duplicates(0, 1);
  EXPECT_EQ(s.Said(), "13000:14000");
}

// RFC 6582 §3.2 (3).
TEST(CongestionTest, AFullAckEndsRecovery) {
  Flow1000 s;
  s.Start();
  s.Duplicates(0, 8);
  EXPECT_EQ(s.Said(), "10000:11000 11000:12000 0:1000 12000:13000");
  s.Ack(12'000);
  EXPECT_EQ(s.cwnd(), 2000u) << "min (ssthresh, FlightSize + SMSS)";
  EXPECT_EQ(s.Said(), "13000:14000");
  s.Ack(13'000);
  EXPECT_EQ(s.cwnd(), 3000u) << "slow start up to ssthresh";
}

TEST(CongestionTest, APartialAckRepeatsTheNextHole) {
  Flow1000 s;
  s.Start();
  s.Duplicates(0, 3);
  s.Said();
  EXPECT_EQ(s.cwnd(), 8000u);
  s.Ack(4000);
  EXPECT_EQ(s.Said(), "4000:5000");
  EXPECT_EQ(s.cwnd(), 5000u) << "less what was acknowledged, and a segment more";
  s.Ack(4500);
  EXPECT_EQ(s.Said(), "4500:5500");
  EXPECT_EQ(s.cwnd(), 4500u) << "less than a segment adds nothing";
  s.Ack(12'000);
  EXPECT_FALSE(s.conn().has(Connection::kInRecovery));
}

// RFC 6582 §3.2 (2): the duplicates of what was sent again tell of no new loss.
TEST(CongestionTest, ATimeoutIsNotFollowedByAFastRetransmitOfTheSameWindow) {
  Flow1000 s;
  s.Start();
  s.Wait();
  s.Ack(2000);
  s.Said();
  s.Duplicates(2000, 5);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 0u);
  EXPECT_EQ(s.ssthresh(), 5000u);
  s.Ack(10'000);
  s.Ack(11'000);
  s.Duplicates(11'000, 3);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 1u) << "beyond it, a loss is a loss";
}

// The same once all was sent again: what is not beyond `recover` tells of the old loss, and so
// do duplicates that acknowledge exactly it ("careful", RFC 6582 §3.2).
TEST(CongestionTest, WhatWasOutstandingAtATimeoutIsNotFastRetransmittedLater) {
  Flow1000 s;
  s.Start();
  s.Wait();
  for (uint32_t at = 1000; at <= 6000; at += 1000) s.Ack(at);
  ASSERT_EQ(s.conn().resend_nxt, s.conn().snd_nxt) << "all of it has left again, and more";
  s.Duplicates(6000, 4);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 0u);
  s.Ack(10'000);
  s.Duplicates(10'000, 4);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 0u);
  s.Ack(10'001);
  s.Duplicates(10'001, 3);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 1u);
}

// What an increase leaves over counts for the next.
TEST(CongestionTest, CongestionAvoidanceLosesNoOctet) {
  Flow1000 s;
  s.Start();
  s.Wait();
  s.Ack(10'000);
  for (uint32_t at = 11'000; s.cwnd() < 5000; at += 1000) s.Ack(at);
  s.Ack(16'000);  // 3 of 5 segments
  s.Ack(19'000);  // 6: one more, and one over
  ASSERT_EQ(s.cwnd(), 6000u);
  s.Ack(24'000);  // 1 + 5 of 6
  EXPECT_EQ(s.cwnd(), 7000u);
}

// `recover` follows SND.UNA: half a circle later it must not look like the future.
TEST(CongestionTest, ALossIsALossAfterManyGibibytes) {
  Connection conn;
  conn.iss = conn.recover = Seq(5);
  conn.snd_una = conn.snd_nxt = Seq(6);
  StartCongestion(conn, 1000, Policy{});
  for (int i = 0; i < 40; ++i) {
    conn.snd_una = conn.snd_nxt = conn.snd_una + (1u << 29);
    GrowCwnd(conn, 1u << 29, 1000);
    Connection lossy = conn;
    lossy.snd_nxt += 10'000;
    EnterRecovery(lossy, 1000);
    EXPECT_TRUE(lossy.has(Connection::kInRecovery)) << i;
  }
}

// RFC 5681 §2.
TEST(CongestionTest, WhatIsNoDuplicateAck) {
  Flow1000 s;
  s.Start();
  for (int i = 0; i < 5; ++i) s.Tell(static_cast<uint32_t>(i), 1);  // with text
  for (int i = 0; i < 5; ++i) s.Ack(0, static_cast<uint16_t>(65'000 + i));
  for (int i = 0; i < 5; ++i) {  // an old one
    s.peer.ack = s.peer.their_isn;
    s.peer.Say(kAck);
  }
  EXPECT_EQ(s.conn().dup_acks, 0u);
  s.Ack(10'000);
  s.Ack(20'000);
  Flow1000 idle;
  idle.Duplicates(0, 5);  // nothing is outstanding
  EXPECT_EQ(idle.conn().dup_acks, 0u);
}

// RFC 5681 §3.1 (4): the loss window is one segment; ssthresh is set by the first time-out.
TEST(CongestionTest, ATimeoutStartsAgainWithOneSegment) {
  Flow1000 s;
  s.Start();
  s.Wait();
  EXPECT_EQ(s.Said(), "0:1000");
  EXPECT_EQ(s.cwnd(), 1000u);
  EXPECT_EQ(s.ssthresh(), 5000u);
  s.Wait();
  EXPECT_EQ(s.Said(), "0:1000");
  EXPECT_EQ(s.ssthresh(), 5000u);
  s.Ack(1000);
  EXPECT_EQ(s.Said(), "1000:2000 2000:3000");
  s.Ack(2000);
  EXPECT_EQ(s.Said(), "3000:4000 4000:5000");
  s.Ack(10'000);
  EXPECT_EQ(s.Said(), "10000:11000 11000:12000 12000:13000 13000:14000");
  s.Ack(10'400);
  EXPECT_EQ(s.Said(), "") << "no part of a segment beyond the window";
}

// The walk over what was sent stays inside of the window, even where segments are shorter.
TEST(CongestionTest, AfterATimeoutNoMoreIsInFlightThanTheWindow) {
  Flow1000 s;
  s.Start();
  s.Wait();
  s.Said();
  s.Ack(700);
  EXPECT_EQ(s.cwnd(), 1700u);
  EXPECT_EQ(s.Said(), "1000:2000") << "300 octets are out already";
  s.Ack(1000);
  EXPECT_EQ(s.cwnd(), 2000u);
  EXPECT_EQ(s.Said(), "2000:3000");
}

// RFC 5681 §4.1.
TEST(CongestionTest, AfterAPauseTheWindowStartsAgain) {
  Flow1000 s;
  s.Start();
  for (uint32_t at = 1000; at <= 60'000; at += 1000) s.Ack(at);
  ASSERT_GT(s.cwnd(), 20'000u);
  s.Said();
  const uint32_t before = s.cwnd();
  s.Advance(s.status().rto);
  s.Write(1000);
  EXPECT_EQ(s.cwnd(), before) << "not yet";
  s.Ack(61'000);
  s.Advance(s.status().rto + 1ms);
  s.Write(40'000);
  EXPECT_EQ(s.cwnd(), 10'000u);
  EXPECT_EQ(s.Segments().size(), 11u);
}

// R3168-g, §6.1.2: an ACK with ECE is one loss a window; CWR tells that it was heard.
TEST(CongestionTest, AnEchoOfCongestionHalvesTheWindowOnce) {
  SessionOptions options = WithMss(1000);
  options.syn_flags = kSyn | kEce | kCwr;
  Session s(options);
  s.Write(60'000);
  s.Segments();
  s.peer.ack = s.peer.their_isn + 1 + 1000;
  s.peer.Say(kAck | kEce);
  s.peer.Say(kAck | kEce);
  EXPECT_EQ(s.conn().ssthresh, 5000u);
  for (uint32_t at = 2000; at <= 9000; at += 1000) {
    s.peer.ack = s.peer.their_isn + 1 + at;
    s.peer.Say(kAck | kEce);
  }
  EXPECT_EQ(s.conn().ssthresh, 5000u) << "still the same window";
  const auto text = s.Segments();
  ASSERT_FALSE(text.empty());
  EXPECT_TRUE(text[0].has(kCwr));
  for (size_t i = 1; i < text.size(); ++i) EXPECT_FALSE(text[i].has(kCwr));
}

TEST(CongestionTest, AFinIsRepeatedInRecoveryAsTextIs) {
  Flow1000 s;
  s.Write(5000);
  ASSERT_EQ(s.Shutdown(), Errno::kOk);
  EXPECT_EQ(s.Said(), "0:1000 1000:2000 2000:3000 3000:4000 P4000:5000 F5000:5000");
  s.Ack(4000);
  s.Duplicates(4000, 3);
  EXPECT_EQ(s.Said(), "FP4000:5000") << "the FIN goes along";
  s.Ack(5000);
  EXPECT_EQ(s.Said(), "F5000:5000") << "a partial ACK: the FIN alone is missing";
  s.Ack(5001);
  EXPECT_EQ(s.state(), State::kFinWait2);
  EXPECT_EQ(AuditText(s.stack()), "");
}

}  // namespace
}  // namespace handfast
