// RFC 5961 and its company: what a stranger who guesses numbers can do to a connection.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr const char* kChallenge = ". 1 ack 1 win 64240";
constexpr const char* kChallenged = "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1";
constexpr const char* kSynChallenged =
    "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1, TcpExt.TCPSYNChallenge+1";

struct Established {
  explicit Established(const Config& config = LinuxConfig(),
                       const OptionList& options = OptionList().Mss(1460))
      : world(config) {
    listener = world.Listen();
    EXPECT_TRUE(peer.Open(options));
    socket = *world.stack().Accept(world.now(), listener);
    world.Moved();
  }
  State state() const { return world.stack().Status(socket)->state; }
  uint32_t window() const { return world.stack().Status(socket)->receive_window; }
  uint32_t unread() const { return world.stack().Status(socket)->unread; }

  World world;
  HandPeer peer{world, kHttp};
  ListenerId listener;
  SocketId socket;
};

// E59, EST-01..05, CHAL-03, SRV-03, SRV-04. I-55: a challenge has these numbers and no more,
// and changes nothing. Differs from Linux: a SYN is no input error (Tcp.InErrs).
TEST(ChallengeTest, EachStrangeSegmentHasItsAnswer) {
  struct {
    const char* what;
    unsigned flags;
    uint32_t seq, ack;
    size_t length;
    const char *answer, *moved;
  } const rows[] = {
      {"the old SYN", kSyn, 0, 0, 0, kChallenge, kSynChallenged},
      {"a SYN inside", kSyn, 500, 0, 0, kChallenge, kSynChallenged},
      {"the old SYN, with ACK", kSyn | kAck, 0, 1, 0, kChallenge, kSynChallenged},
      {"a RST inside", kRst, 5, 0, 0, kChallenge, kChallenged},
      {"a RST inside, with SYN", kRst | kSyn, 5, 0, 0, kChallenge, kChallenged},
      {"a RST outside", kRst, 0u - 100, 0, 0, "", ""},
      {"an ACK of what was not sent", kAck, 1, 100, 0, kChallenge, kChallenged},
      {"an ACK that is too old", kAck, 1, 0u - 100000, 0, kChallenge, kChallenged},
      {"text without ACK", kPsh, 1, 0, 3, "", ""},
      {"no flags", 0, 1, 0, 10, "", ""},
  };
  for (const auto& row : rows) {
    Established open;
    open.peer.SayAt(row.flags, row.seq, row.ack, row.length);
    EXPECT_EQ(open.peer.Heard(), row.answer) << row.what;
    EXPECT_EQ(open.world.Moved(), row.moved) << row.what;
    EXPECT_EQ(open.state(), State::kEstablished) << row.what;
    EXPECT_EQ(open.unread(), 0u) << row.what;
    open.peer.SayAt(kAck | kPsh, 1, 1, 3);
    EXPECT_EQ(open.unread(), 3u) << row.what;
  }
}

// E59, SRV-08, MUST-12, SHLD-2.
TEST(ChallengeTest, AnExactRstEndsTheConnection) {
  for (const size_t length : {0u, 20u}) {
    Established open;
    open.peer.SayAt(kRst, 1, 0, length);
    EXPECT_EQ(open.peer.Heard(), "");
    EXPECT_EQ(open.world.Moved(), "Tcp.CurrEstab-1, Tcp.EstabResets+1");
    EXPECT_EQ(open.state(), State::kClosed);
    EXPECT_EQ(open.unread(), 0u);
    EXPECT_EQ(open.world.stack().TakeError(open.world.now(), open.socket), Errno::kConnReset);
  }
}

// Incident 62. R5961-3.2a..c: at each edge of the window.
TEST(ChallengeTest, ARstCountsOnlyAtTheEdge) {
  enum Outcome { kSilence, kClosed, kAnswer };
  const uint32_t window = Established().window();
  struct {
    uint32_t seq;
    Outcome outcome;
  } const rows[] = {{0, kSilence},          {1, kClosed},           {2, kAnswer},
                    {window, kAnswer},      {window + 1, kSilence}, {1 + (1u << 31), kSilence},
                    {0u - 70000, kSilence}, {1u << 31, kSilence}};
  for (const auto& row : rows) {
    Established open;
    open.peer.SayAt(kRst, row.seq);
    EXPECT_EQ(open.peer.Heard(), row.outcome == kAnswer ? kChallenge : "") << row.seq;
    EXPECT_EQ(open.state(), row.outcome == kClosed ? State::kClosed : State::kEstablished);
  }
}

// Incident 64. R5961-4.2, R5961-4.2e: a SYN is challenged wherever it lies, even one that
// begins just before RCV.NXT.
TEST(ChallengeTest, ASynIsChallengedWhereverItLies) {
  for (const unsigned flags :
       {0u | kSyn, 0u | kSyn | kAck, 0u | kSyn | kFin, 0u | kSyn | kPsh}) {
    for (const uint32_t seq : {0u, 1u, 2u, 500u, 64240u, 64241u, 70000u, 1u << 31, 0u - 1}) {
      Established open;
      open.peer.SayAt(flags, seq, 1);
      EXPECT_EQ(open.peer.Heard(), kChallenge) << ShowFlags(flags) << " " << seq;
      EXPECT_EQ(open.state(), State::kEstablished);
    }
  }
}

// Incident 64. Incident 129: a peer that has restarted learns from the challenge that it must
// reset, and its next SYN is answered.
TEST(ChallengeTest, APeerThatHasRestartedGetsThrough) {
  Established open;
  HandPeer reborn(open.world, kHttp, Port{40000}, 9000);
  reborn.SayAt(kSyn, 0);
  const std::optional<Seen> challenge = open.world.TakeOne();
  ASSERT_TRUE(challenge && challenge->flags == kAck);
  TcpPacket rst = reborn.At(kRst, 0);
  rst.seq = challenge->ack;
  open.world.Inject(rst);
  EXPECT_EQ(open.state(), State::kClosed);
  reborn.SayAt(kSyn, 0);
  EXPECT_EQ(reborn.Heard(), "S. 0 ack 1 win 64240 <mss 1460>");
}

// E59, EST-06. Incident 42. Incident 126. R5961-7, I-70: the limit is the connection's own.
TEST(ChallengeTest, ChallengesLeaveOnceInHalfASecond) {
  Established open;
  HandPeer other(open.world, kHttp, Port{40001});
  EXPECT_TRUE(other.Open(OptionList().Mss(1460)));
  open.world.Moved();
  for (int i = 0; i < 5; ++i) {
    open.peer.SayAt(kSyn, 0);
    if (i == 2) other.SayAt(kSyn, 0);
    open.world.Advance(80ms);
  }
  EXPECT_EQ(open.peer.WhenHeard(), "0.000");
  EXPECT_EQ(other.WhenHeard(), "0.160");
  EXPECT_EQ(open.world.Moved(),
            "Tcp.OutSegs+2, TcpExt.TCPACKSkippedChallenge+4, TcpExt.TCPChallengeACK+2, "
            "TcpExt.TCPSYNChallenge+6");
  open.world.Advance(100ms);
  open.peer.SayAt(kRst, 7);
  EXPECT_EQ(open.peer.WhenHeard(), "0.500");
}

// Incident 126, I-70: pure ACKs outside of the window.
TEST(ChallengeTest, AnAckWarDoesNotBreakOut) {
  Established open;
  for (int i = 0; i < 6000; ++i) {
    open.peer.SayAt(kAck, 1'000'000, 1);
    open.world.Advance(10ms);
  }
  EXPECT_EQ(open.world.Take().size(), 120u);
  EXPECT_EQ(open.world.stack().counters()[Counter::kTcpExtTCPACKSkippedSeq], 5880u);
}

// C5, R5961-5.2. Incident 65. Incident 66: an ACK below all that was ever sent brings no text
// in, however large the window is said to be.
TEST(ChallengeTest, AGhostAckBringsNothingIn) {
  Established open(LinuxConfig(), OptionList().Mss(1400).Scale(14));
  open.peer.SayAt(kAck, 1, 1);  // window 65535 << 14
  const uint32_t ghost = 1u - 1'073'725'300;
  EXPECT_EQ(open.peer.SayAt(kAck | kPsh, 1, ghost, 1000),
            Verdict(Action::kChallenge, Drop::kAckOld));
  EXPECT_EQ(open.unread(), 0u);
  EXPECT_EQ(open.peer.SayAt(kAck | kPsh, 1, 0, 1000),
            Verdict(Action::kChallenge, Drop::kAckOld));
  EXPECT_EQ(open.unread(), 0u);
}

// C5: what was sent and acknowledged may be acknowledged again, within one window.
TEST(ChallengeTest, AnOldAckIsTakenWithinWhatWasSent) {
  Established open;
  ASSERT_TRUE(open.world.stack().Write(open.world.now(), open.socket, Text(0, 1000)));
  open.world.Poll();
  open.world.Take();
  open.peer.SayAt(kAck, 1, 1001);
  open.peer.window = 500;
  struct {
    uint32_t ack;
    bool taken;
  } const rows[] = {{1002, false},
                    {1001, true},
                    {1000, true},
                    {1, true},
                    {0, false},
                    {0u - 70000, false},
                    {1001 + (1u << 31), false}};
  uint32_t seq = 1;
  for (const auto& row : rows) {
    const uint32_t before = open.unread();
    open.peer.SayAt(kAck | kPsh, seq, row.ack, 1);
    EXPECT_EQ(open.unread() - before, row.taken ? 1u : 0u) << row.ack;
    seq += open.unread() - before;
    open.world.Advance(1s);
  }
}

// Incident 71, MUST-34: the peer takes its window back; nothing underflows, and what was sent
// is acknowledged all the same.
TEST(ChallengeTest, AWindowThatShrinksIsSurvived) {
  Established open;
  Stack& stack = open.world.stack();
  open.peer.window = 100;
  open.peer.SayAt(kAck, 1, 1);
  ASSERT_TRUE(stack.Write(open.world.now(), open.socket, Text(0, 100)));
  open.world.Poll();
  EXPECT_EQ(open.peer.Heard(), "P. 1:101(100) ack 1 win 64240");
  ASSERT_TRUE(stack.Write(open.world.now(), open.socket, Text(100, 200)));
  for (const uint16_t window : {uint16_t{10}, uint16_t{0}, uint16_t{100}}) {
    open.peer.window = window;
    open.peer.SayAt(kAck, 1, 1);
    EXPECT_EQ(stack.Status(open.socket)->unacknowledged, 100u);
    EXPECT_EQ(stack.Status(open.socket)->unsent, 200u);
  }
  open.peer.SayAt(kAck, 1, 101);
  EXPECT_EQ(stack.Status(open.socket)->unacknowledged + stack.Status(open.socket)->unsent,
            200u);
  EXPECT_EQ(open.state(), State::kEstablished);
}

// MUST-66, RFC 9293 §3.10.7.4: with a closed window a RST still counts.
TEST(ChallengeTest, AClosedWindowTakesARst) {
  Config config = LinuxConfig();
  config.socket.receive_buffer = 1000;
  Established open(config);
  open.peer.SayAt(kAck | kPsh, 1, 1, 1000);
  ASSERT_EQ(open.window(), 0u);
  open.peer.SayAt(kRst, 1002);
  EXPECT_EQ(open.state(), State::kEstablished);
  open.peer.SayAt(kRst, 1001);
  EXPECT_EQ(open.state(), State::kClosed);
}

// I-10. Incident 127: no RST draws a RST, in any state.
TEST(ChallengeTest, NoRstDrawsARst) {
  for (const unsigned flags :
       {0u | kRst, 0u | kRst | kAck, 0u | kRst | kSyn, 0u | kRst | kFin | kAck}) {
    for (const uint32_t seq : {0u, 1u, 2u, 1000u, 1u << 31}) {
      Established open;
      HandPeer half_open(open.world, kHttp, Port{40001});
      half_open.SayAt(kSyn, 0);
      const auto calling = open.world.stack().Connect(open.world.now(), {kThere, Port{7777}});
      ASSERT_TRUE(calling);
      open.world.Poll();
      HandPeer nobody(open.world, Port{81}, Port{40002});
      HandPeer called(open.world, Port{0}, Port{7777});
      called.flow = open.world.stack().Status(*calling)->flow.Reversed();
      open.world.Take();
      for (HandPeer* peer : {&open.peer, &half_open, &nobody, &called}) {
        peer->SayAt(flags, seq, 1);
        peer->SayAt(flags, seq, 77);
      }
      for (const Seen& seen : open.world.TakeSegments()) EXPECT_FALSE(seen.has(kRst));
    }
  }
}

}  // namespace
}  // namespace handfast
