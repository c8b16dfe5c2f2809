// Half-open connections: how often answers leave, what Default decides otherwise than Linux,
// and what comes once the connection is there.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

struct HalfOpen {
  explicit HalfOpen(const Config& config, const OptionList& options = OptionList::Usual(1000))
      : world(config), listener(world.Listen()) {
    TcpPacket syn = peer.At(kSyn, 0);
    syn.options = options;
    world.Inject(syn);
    peer.Heard();
    world.Moved();
    peer.timestamps = ParseOptions(options.bytes()).has(Options::kTimestamps);
    peer.ts_val = 1001;
  }
  void SayAfter(Duration pause, unsigned flags, uint32_t seq, uint32_t ack, size_t length) {
    world.Advance(pause);
    peer.SayAt(flags, seq, ack, length);
  }

  World world;
  ListenerId listener;
  HandPeer peer{world, kHttp};
};

// E11, CHK-06, CHAL-01, CHAL-02, CHAL-04. I-70. Incident 126.
TEST(SynReceivedLimitsTest, AcksOutsideTheWindowAreAnsweredOnceInHalfASecond) {
  HalfOpen half(LinuxConfig());
  const uint32_t first = half.peer.ts_ecr;
  for (const Duration pause : {1ms, 127ms, 121ms, 129ms, 123ms, 120ms})
    half.SayAfter(pause, kAck, 0u - 100, 1, 0);
  EXPECT_EQ(half.peer.HeardWhen(),
            "0.001 . 1 ack 1 win 63 <nop,nop,ts T+1 1000>\n"
            "0.501 . 1 ack 1 win 63 <nop,nop,ts T+501 1000>\n");
  EXPECT_EQ(half.world.Moved(), "Tcp.OutSegs+2, TcpExt.TCPACKSkippedSynRecv+4");
  half.peer.ts_ecr = first;
  for (int i = 0; i < 3; ++i) half.SayAfter(50ms, kAck | kPsh, 0u - 100, 1, 2);
  EXPECT_EQ(half.peer.WhenHeard(), "0.671 0.721 0.771") << "text is answered each time";
  EXPECT_EQ(half.world.Moved(), "Tcp.OutSegs+3");
  for (int i = 0; i < 3; ++i) half.SayAfter(50ms, kRst, 5, 0, 0);
  EXPECT_EQ(half.peer.Heard(), "");
  EXPECT_EQ(half.world.Moved(), "TcpExt.TCPACKSkippedChallenge+3");
}

// CHAL-02, R5961-7: a challenge is limited whatever the segment carries.
TEST(SynReceivedLimitsTest, ChallengesAreLimitedEvenForARstWithText) {
  HalfOpen half(LinuxConfig());
  for (int i = 0; i < 5; ++i) half.SayAfter(100ms, kRst | kAck, 5, 1, 10);
  EXPECT_EQ(half.peer.WhenHeard(), "0.100");
  EXPECT_EQ(half.world.Moved(),
            "Tcp.OutSegs+1, TcpExt.TCPACKSkippedChallenge+4, TcpExt.TCPChallengeACK+1");
}

// E11 (tcp_invalid_ratelimit=0).
TEST(SynReceivedLimitsTest, WithoutALimitEachIsAnswered) {
  Config config = LinuxConfig();
  config.policy.answer_interval = 0s;
  HalfOpen half(config);
  for (int i = 0; i < 3; ++i) half.SayAfter(50ms, kAck, 0u - 100, 1, 0);
  EXPECT_EQ(half.peer.WhenHeard(), "0.050 0.100 0.150");
}

// E83, CHK-19, EST-02, SRV-03. Incident 127. Differs from Linux: a SYN in ESTABLISHED is no
// input error (Tcp.InErrs).
TEST(SynReceivedLimitsTest, WhatComesTwiceGoesToTheChild) {
  HalfOpen half(LinuxConfig());
  for (int i = 0; i < 3; ++i) half.peer.SayAt(kAck, 1, 1);
  EXPECT_EQ(half.peer.Heard(), "");
  EXPECT_EQ(half.world.Moved(), "Tcp.CurrEstab+1, Tcp.PassiveOpens+1, TcpExt.TCPPureAcks+3");
  half.world.Advance(70ms);
  TcpPacket again = half.peer.At(kSyn | kAck, 0, 1);
  again.options = OptionList::Usual(1000);
  half.world.Inject(again);
  EXPECT_EQ(half.peer.Heard(), ". 1 ack 1 win 32768 <nop,nop,ts T+70 1001>");
  EXPECT_EQ(half.world.Moved(),
            "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1, TcpExt.TCPSYNChallenge+1");
  half.world.Advance(51ms);
  again.flags = kSyn;
  half.world.Inject(again);
  EXPECT_EQ(half.peer.Heard(), "");
  EXPECT_EQ(half.world.Moved(), "TcpExt.TCPACKSkippedChallenge+1, TcpExt.TCPSYNChallenge+1");
}

// C9: RFC 9293 §3.10.7.4 looks at the sequence number before the acknowledgment.
TEST(SynReceivedLimitsTest, ByDefaultTheSequenceNumberIsLookedAtFirst) {
  HalfOpen half(SmallConfig());
  half.peer.SayAt(kAck, 0u - 100, 2);
  EXPECT_EQ(half.peer.Heard(), ". 1 ack 1 win 15928 <nop,nop,ts T 1000>");
  half.peer.SayAt(kAck, 1, 2);
  EXPECT_EQ(half.peer.Heard(), "R 2 win 0");
  EXPECT_EQ(half.peer.state(), State::kSynReceived);
}

// RFC 9293 §3.10.7.4, Fourth: a SYN in the window returns the listener to where it was.
TEST(SynReceivedLimitsTest, ByDefaultASynInTheWindowEndsTheAttemptSilently) {
  HalfOpen half(SmallConfig());
  half.peer.SayAt(kSyn, 1);
  EXPECT_EQ(half.peer.Heard(), "");
  EXPECT_EQ(half.peer.state(), State::kNone);
  EXPECT_EQ(half.world.Moved(), "Tcp.AttemptFails+1, TcpExt.EmbryonicRsts+1");
}

// C8, R7323-3.2c. Incident 49. Incident 82: an ACK without the timestamp is dropped, the
// handshake is not aborted, and its place is given back by the timer.
TEST(SynReceivedLimitsTest, ByDefaultAnAckWithoutTimestampIsDropped) {
  HalfOpen half(SmallConfig());
  half.peer.timestamps = false;
  for (int i = 0; i < 200; ++i) {
    half.world.Advance(30ms);
    EXPECT_EQ(half.peer.SayAt(kAck, 1, 1), Verdict(Action::kDrop, Drop::kNoTimestamp));
  }
  EXPECT_EQ(half.peer.WhenHeard(), "1.000 3.000");
  EXPECT_EQ(half.world.stack().Status(half.listener)->syn_queue, 1u);
  half.world.Advance(1s);
  EXPECT_EQ(half.world.stack().Status(half.listener)->syn_queue, 0u);
  HandPeer other(half.world, kHttp, Port{40001});
  EXPECT_TRUE(other.Open(OptionList::Usual(1)));
}

// R7323-3.2c: nor does the missing timestamp protect from a RST.
TEST(SynReceivedLimitsTest, ARstNeedsNoTimestamp) {
  HalfOpen half(SmallConfig());
  half.peer.timestamps = false;
  half.peer.SayAt(kRst, 1);
  EXPECT_EQ(half.peer.state(), State::kNone);
}

// Incident 63, R5961-3.2: whatever its flags; and where it is kept, the handshake completes.
TEST(SynReceivedLimitsTest, ByDefaultOnlyAnExactRstEndsIt) {
  struct {
    uint32_t seq;
    bool challenged, gone;
  } const rows[] = {{0, false, false},     {1, false, true},      {2, true, false},
                    {15928, true, false},  {15929, false, false}, {0x80000001, false, false},
                    {0u - 5, false, false}};
  for (const unsigned flags :
       {0u | kRst, 0u | kRst | kAck, 0u | kRst | kFin, 0u | kRst | kSyn | kAck}) {
    for (const auto& row : rows) {
      HalfOpen half(SmallConfig());
      ASSERT_EQ(half.world.stack().tables().requests[Slot<Request>(0)].window, 15928);
      half.peer.SayAt(flags, row.seq, 99);
      EXPECT_EQ(half.peer.Heard().empty(), !row.challenged) << row.seq;
      EXPECT_EQ(half.peer.state(), row.gone ? State::kNone : State::kSynReceived) << row.seq;
      if (row.gone) continue;
      EXPECT_EQ(half.peer.SayAt(kAck, 1, 1), Verdict(Action::kEstablish));
    }
  }
}

// MUST-11, RFC 9293 §3.5.3: after a passive open a RST leaves the listener as it was, and
// nobody is told.
TEST(SynReceivedLimitsTest, TheListenerIsNotDisturbedByARst) {
  HalfOpen half(SmallConfig());
  half.peer.SayAt(kRst, 1);
  EXPECT_EQ(half.world.ToldOf(half.listener), 0);
  EXPECT_EQ(half.world.stack().Status(half.listener)->accept_queue, 0u);
  half.peer.timestamps = false;
  EXPECT_TRUE(half.peer.Open());
}

// Incident 27, I-47: text that comes with a wrong ACK, or without one, is never delivered.
TEST(SynReceivedLimitsTest, NoTextIsTakenBeforeTheHandshakeIsOver) {
  HalfOpen half(SmallConfig());
  half.peer.SayAt(kAck | kPsh, 1, 0, 100);
  half.peer.SayAt(kPsh, 1, 0, 100);
  half.peer.SayAt(kFin, 1, 0, 100);
  half.peer.SayAt(kRst | kAck, 3, 1, 100);
  EXPECT_EQ(half.world.stack().Status(half.listener)->accept_queue, 0u);
  half.peer.SayAt(kAck, 1, 1);
  const SocketId child = *half.world.stack().Accept(half.world.now(), half.listener);
  EXPECT_EQ(half.world.stack().Status(child)->unread, 0u);
}

}  // namespace
}  // namespace handfast
