// When a SYN-ACK is sent again, how often, and when a half-open connection is given up.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr const char* kSynAckOf100 =
    "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 100,nop,ws 10>";

// A peer whose SYN, with TSval 100, was answered.
struct HalfOpen {
  explicit HalfOpen(const Config& config, int backlog = 5)
      : world(config), listener(world.Listen(backlog)) {
    SaySyn();
  }
  void SaySyn() {
    TcpPacket syn = peer.At(kSyn, 0);
    syn.options = OptionList::Usual(100);
    world.Inject(syn);
  }
  uint32_t queued() const { return world.stack().Status(listener)->syn_queue; }

  World world;
  ListenerId listener;
  HandPeer peer{world, kHttp};
};

Config WithRetries(uint32_t retries) {
  Config config = LinuxConfig();
  config.policy.synack_retries = retries;
  return config;
}

// E03, SYNQ-07, SYNQ-08, SYNQ-09, SAK-08, SAK-12, SAK-13. R6298-2.1, R6298-5.5. Incident 119.
// Incident 120. All is exact, to the millisecond.
TEST(SynAckRetryTest, FiveTimesDoublingThenSilence) {
  HalfOpen half(LinuxConfig());
  half.world.Advance(62'999ms);
  EXPECT_EQ(half.peer.HeardWhen(),
            "0.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 100,nop,ws 10>\n"
            "1.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+1000 100,nop,ws 10>\n"
            "3.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+3000 100,nop,ws 10>\n"
            "7.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+7000 100,nop,ws 10>\n"
            "15.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+15000 100,nop,ws 10>\n"
            "31.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+31000 100,nop,ws 10>\n");
  EXPECT_EQ(half.queued(), 1u);
  half.world.Advance(1ms);
  EXPECT_EQ(half.queued(), 0u);
  EXPECT_EQ(half.world.Moved(),
            "Tcp.OutSegs+6, Tcp.RetransSegs+5, TcpExt.TCPSynRetrans+5, TcpExt.TCPTimeouts+6");
  half.peer.SayAt(kAck, 1, 1);
  EXPECT_EQ(half.peer.Heard(), "R 1 win 0");
  EXPECT_EQ(half.world.Moved(), "Tcp.OutRsts+1, Tcp.OutSegs+1");
  EXPECT_TRUE(half.world.stack().next_deadline().never());
}

// E03b (tcp_synack_retries=1 and 0; 2 as there by TCP_SYNCNT).
TEST(SynAckRetryTest, TheLimitIsOfRetries) {
  struct {
    uint32_t retries;
    const char* when;
    Duration gone;
    const char* moved;
  } const rows[] = {
      {2, "0.000 1.000 3.000", 7s,
       "Tcp.OutSegs+3, Tcp.RetransSegs+2, TcpExt.TCPSynRetrans+2, TcpExt.TCPTimeouts+3"},
      {1, "0.000 1.000", 3s,
       "Tcp.OutSegs+2, Tcp.RetransSegs+1, TcpExt.TCPSynRetrans+1, TcpExt.TCPTimeouts+2"},
      {0, "0.000", 1s, "Tcp.OutSegs+1, TcpExt.TCPTimeouts+1"},
  };
  for (const auto& row : rows) {
    HalfOpen half(WithRetries(row.retries));
    half.world.Advance(row.gone - 1ms);
    EXPECT_EQ(half.queued(), 1u);
    half.world.Advance(1ms);
    EXPECT_EQ(half.queued(), 0u);
    EXPECT_EQ(half.peer.WhenHeard(), row.when);
    EXPECT_EQ(half.world.Moved(), row.moved);
  }
}

// SYNQ-09: the most that can be configured; the wait is capped, nothing overflows.
TEST(SynAckRetryTest, TheWaitIsCappedHoweverManyRetries) {
  HalfOpen half(WithRetries(254));
  half.world.Advance(127s + 120s * 247);
  EXPECT_EQ(half.queued(), 1u);
  half.world.Advance(120s);
  EXPECT_EQ(half.queued(), 0u);
  EXPECT_EQ(half.world.Take().size(), 255u);
}

// E11, CHK-03, SYNQ-10, CHAL-01: a repeated SYN is answered once in 500 ms, and each answer
// starts the timer anew.
TEST(SynAckRetryTest, AnAnswerToARepeatedSynRestartsTheTimer) {
  HalfOpen half(LinuxConfig());
  for (const Duration pause : {107ms, 101ms, 110ms, 306ms, 101ms}) {
    half.world.Advance(pause);
    half.SaySyn();
  }
  EXPECT_EQ(half.peer.WhenHeard(), "0.000 0.107 0.624");
  EXPECT_EQ(half.world.Moved(),
            "Tcp.OutSegs+3, Tcp.RetransSegs+2, TcpExt.TCPACKSkippedSynRecv+3, "
            "TcpExt.TCPSynRetrans+2");
  half.world.Advance(2'940ms);
  EXPECT_EQ(half.peer.HeardWhen(),
            "1.624 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+1624 100,nop,ws 10>\n"
            "3.624 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+3624 100,nop,ws 10>\n");
  EXPECT_EQ(half.world.Moved(),
            "Tcp.OutSegs+2, Tcp.RetransSegs+2, TcpExt.TCPSynRetrans+2, TcpExt.TCPTimeouts+2");
}

// Linux counts time-outs, whatever the peer repeats: SYNQ-10.
TEST(SynAckRetryTest, AsLinuxHasItTheBudgetIsForTheWholeHandshake) {
  HalfOpen half(WithRetries(1));
  for (int i = 0; i < 5; ++i) {
    half.world.Advance(999ms);
    half.SaySyn();
  }
  EXPECT_EQ(half.queued(), 1u);
  half.world.Advance(3s);
  EXPECT_EQ(half.queued(), 0u);
}

// C14, I-67, I-69. Incident 124: of what a spoofed SYN reflects, packets and octets stay
// within three times what came in.
TEST(SynAckRetryTest, ByDefaultASpoofedSynIsReflectedThreeTimesAtMost) {
  for (const OptionList& options :
       {OptionList(), OptionList().Mss(1460), OptionList::Usual(1)}) {
    World world;
    const ListenerId listener = world.Listen();
    HandPeer spoofed(world, kHttp);
    TcpPacket syn = spoofed.At(kSyn, 0);
    syn.options = options;
    size_t in = 0, out = 0, answers = 0;
    for (int i = 0; i < 4; ++i) {
      world.Inject(syn);
      in += syn.Seal().size();
      world.Advance(i == 3 ? 120s : 1700ms);
      for (const Datagram& answer : world.Take()) out += answer.size(), ++answers;
    }
    EXPECT_LE(answers, 3u * 4);
    EXPECT_LE(out, 3 * in + 60);
    EXPECT_EQ(world.stack().Status(listener)->syn_queue, 0u);
  }
}

// C14: each SYN that comes again renews the budget, so that a peer whose path loses much
// connects as long as it keeps asking.
TEST(SynAckRetryTest, ByDefaultEachSynRenewsTheBudget) {
  HalfOpen half(SmallConfig());
  half.world.Advance(6'500ms);
  EXPECT_EQ(half.peer.WhenHeard(), "0.000 1.000 3.000");
  half.SaySyn();
  half.world.Advance(6'999ms);
  EXPECT_EQ(half.peer.WhenHeard(), "6.500 7.500 9.500");
  EXPECT_EQ(half.queued(), 1u);
  half.world.Advance(1ms);
  EXPECT_EQ(half.queued(), 0u);
}

// I-87. Incident 121: a link that does not take the SYN-ACK is one that loses it.
TEST(SynAckRetryTest, ARefusedSynAckIsALostOne) {
  HalfOpen lost(LinuxConfig()), refused(LinuxConfig());
  for (int i = 0; i < 80; ++i) {
    refused.world.stack().NoteRefused(refused.world.Take().size());
    lost.world.Take();
    refused.world.Advance(1s);
    lost.world.Advance(1s);
    ASSERT_EQ(refused.world.stack().next_deadline(), lost.world.stack().next_deadline());
    ASSERT_EQ(refused.queued(), lost.queued());
  }
  EXPECT_EQ(refused.world.Moved(), lost.world.Moved());
  EXPECT_EQ(refused.world.stack().counters()[Counter::kHandfastTxRefused], 6u);
}

// Incident 120: whichever SYN-ACKs are lost, the handshake completes.
TEST(SynAckRetryTest, TheHandshakeCompletesAfterAnyRetry) {
  for (int lost = 0; lost <= 5; ++lost) {
    HalfOpen half(LinuxConfig());
    const Duration after = std::chrono::seconds((1 << lost) - 1);
    half.world.Advance(after + 50ms);
    half.peer.Heard();
    half.peer.timestamps = true;
    EXPECT_EQ(half.peer.SayAt(kAck, 1, 1), Verdict(Action::kEstablish)) << lost;
    half.world.Advance(200s);
    EXPECT_EQ(half.peer.Heard(), "") << "I-69: no SYN-ACK once it is established";
  }
}

// Incident 90: the ACK and the timer at the same instant, in both orders.
TEST(SynAckRetryTest, TheAckMayComeAtTheVeryInstantOfTheTimer) {
  HalfOpen ack_first(LinuxConfig());
  ack_first.peer.Heard();
  ack_first.peer.timestamps = true;
  ack_first.world.Advance(999'999'999ns);
  EXPECT_EQ(ack_first.peer.SayAt(kAck, 1, 1), Verdict(Action::kEstablish));
  ack_first.world.Advance(1ns);
  EXPECT_EQ(ack_first.peer.Heard(), "");
  HalfOpen timer_first(LinuxConfig());
  timer_first.peer.timestamps = true;
  timer_first.world.Advance(1s);
  EXPECT_EQ(timer_first.peer.WhenHeard(), "0.000 1.000");
  EXPECT_EQ(timer_first.peer.SayAt(kAck, 1, 1), Verdict(Action::kEstablish));
  timer_first.world.Advance(200s);
  EXPECT_EQ(timer_first.peer.Heard(), "");
}

// I-35. Incident 118. Incident 119: the clock's own value means nothing, not even where 32 bits
// of milliseconds or of timestamps turn over.
TEST(SynAckRetryTest, AnyStartOfTheClockGivesTheSameSchedule) {
  constexpr uint64_t kMs = 1'000'000;
  for (const uint64_t start : {uint64_t{0}, (uint64_t{1} << 31) * kMs - 5'000 * kMs,
                               (uint64_t{1} << 32) * kMs - 5'000 * kMs,
                               (uint64_t{1} << 63) / kMs * kMs - 3'600'000 * kMs}) {
    World world(LinuxConfig(), 1, Instant(start));
    const ListenerId listener = world.Listen();
    HandPeer peer(world, kHttp);
    TcpPacket syn = peer.At(kSyn, 0);
    syn.options = OptionList::Usual(100);
    world.Inject(syn);
    EXPECT_EQ(peer.Heard(), kSynAckOf100);
    world.Advance(62'999ms);
    EXPECT_EQ(peer.WhenHeard(), "1.000 3.000 7.000 15.000 31.000") << start;
    EXPECT_EQ(world.stack().Status(listener)->syn_queue, 1u);
    world.Advance(1ms);
    EXPECT_EQ(world.stack().Status(listener)->syn_queue, 0u);
  }
}

}  // namespace
}  // namespace handfast
