// Both sides call, and the SYNs cross (RFC 9293 §3.5, figure 8).

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Endpoint kPeer{kThere, Port{7777}};
constexpr const char* kSyn0 = "S 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 10>";
constexpr const char* kSynAck0 = "S. 0 ack 1 win 64240 <mss 1460,sackOK,ts T 900,nop,ws 10>";

// A client whose SYN crosses the peer's; the peer's ISN is 5000.
struct Crossing {
  explicit Crossing(const Config& config = LinuxConfig(), Duration after = 0ms)
      : world(config) {
    socket = *world.stack().Connect(world.now(), kPeer);
    EXPECT_EQ(world.stack().SetInterest(socket, kAllReady), Errno::kOk);
    peer.flow = world.stack().Status(socket)->flow.Reversed();
    world.Poll();
    EXPECT_EQ(peer.Heard(), kSyn0);
    world.Advance(after);
    Cross(OptionList().Mss(1400).SackPermitted().Timestamps(900, 0).Nop().Scale(3));
  }
  void Cross(const OptionList& options) {
    TcpPacket syn = peer.At(kSyn, 0);
    syn.options = options;
    world.Inject(syn);
    peer.timestamps = true;
    peer.ts_val = 902;
  }
  SocketStatus status() const { return *world.stack().Status(socket); }

  World world;
  HandPeer peer{world, Port{0}, kPeer.port, 5000};
  SocketId socket;
};

// E35 A, SIM-01..04, SRV-03, SRV-04. MUST-10. Incident 74. Differs from Linux: there is no
// D-SACK of the SYN, and the window of a SYN-ACK is never scaled (RFC 7323 §2.2).
TEST(SimultaneousOpenTest, TheSynAckOfThePeerEstablishes) {
  Crossing crossing;
  EXPECT_EQ(crossing.peer.Heard(), kSynAck0);
  EXPECT_EQ(crossing.world.Moved(), "Tcp.ActiveOpens+1, Tcp.OutSegs+1");
  EXPECT_EQ(crossing.status().state, State::kSynReceived);
  EXPECT_EQ(crossing.world.ToldOf(crossing.socket), 0);
  crossing.world.Advance(120ms);
  TcpPacket synack = crossing.peer.At(kSyn | kAck, 0, 1);
  synack.options = OptionList()
                       .Mss(1400)
                       .SackPermitted()
                       .Timestamps(901, crossing.peer.ts_ecr)
                       .Nop()
                       .Scale(3);
  crossing.world.Inject(synack);
  EXPECT_EQ(crossing.peer.Heard(), ". 1 ack 1 win 32768 <nop,nop,ts T+120 901>");
  EXPECT_EQ(crossing.world.Moved(), "Tcp.CurrEstab+1, Tcp.OutSegs+1");
  EXPECT_EQ(crossing.world.ToldOf(crossing.socket), kWritable);
  const SocketStatus status = crossing.status();
  EXPECT_EQ(status.state, State::kEstablished);
  EXPECT_EQ(status.send_mss, 1388u);
  EXPECT_EQ(status.srtt, 120ms);
  EXPECT_EQ(status.cwnd, 13'880u);
  EXPECT_EQ(status.send_window, 65'535u);
}

// E35 B, SIM-05, SRV-06.
TEST(SimultaneousOpenTest, ABareAckEstablishes) {
  Crossing crossing;
  EXPECT_EQ(crossing.peer.Heard(), kSynAck0);
  crossing.world.Advance(100ms);
  crossing.peer.SayAt(kAck, 1, 1);
  EXPECT_EQ(crossing.peer.Heard(), "");
  EXPECT_EQ(crossing.world.Moved(),
            "Tcp.ActiveOpens+1, Tcp.CurrEstab+1, Tcp.OutSegs+1, TcpExt.TCPPureAcks+1");
  EXPECT_EQ(crossing.status().state, State::kEstablished);
  EXPECT_EQ(crossing.status().srtt, 100ms);
  EXPECT_EQ(crossing.status().send_window, 65'535u * 8);
}

// E35 C, SIM-06, RTX-04: doubling, without even time-outs.
TEST(SimultaneousOpenTest, TheSynAckIsRepeated) {
  Crossing crossing;
  crossing.world.Advance(126'999ms);
  EXPECT_EQ(crossing.peer.WhenHeard(), "0.000 1.000 3.000 7.000 15.000 31.000 63.000");
  EXPECT_EQ(crossing.status().state, State::kSynReceived);
  crossing.world.Advance(1ms);
  EXPECT_EQ(crossing.world.ToldOf(crossing.socket), kReadable | kWritable | kHangup | kErrored);
  EXPECT_EQ(crossing.world.stack().TakeError(crossing.world.now(), crossing.socket),
            Errno::kTimedOut);
  EXPECT_EQ(crossing.world.Moved(),
            "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1, Tcp.RetransSegs+6, "
            "TcpExt.TCPAbortOnTimeout+1, TcpExt.TCPSynRetrans+6, TcpExt.TCPTimeouts+7");
}

// SIM-02, R6298-5.1: the timer runs for our SYN already, and goes on.
TEST(SimultaneousOpenTest, TheTimerOfTheSynGoesOn) {
  Crossing crossing(LinuxConfig(), 900ms);
  crossing.world.Advance(2'100ms);
  EXPECT_EQ(crossing.peer.WhenHeard(), "0.900 1.000 3.000");
}

// SIM-02: the first SYN-ACK is no repetition, even if the SYN was repeated before.
TEST(SimultaneousOpenTest, TheFirstSynAckIsNoRepetition) {
  Config config = LinuxConfig();
  config.policy.syn_linear_timeouts = 0;
  Crossing crossing(config, 1'500ms);
  crossing.world.Advance(1'500ms);
  EXPECT_EQ(crossing.peer.WhenHeard(), "1.000 1.500 3.000");
  EXPECT_EQ(crossing.world.Moved(),
            "Tcp.ActiveOpens+1, Tcp.OutSegs+1, Tcp.RetransSegs+2, TcpExt.TCPSynRetrans+2, "
            "TcpExt.TCPTimeouts+2");
}

// RTX-03, SIM-06: even time-outs end when SYNs have crossed, and what was even before is not
// doubled afterwards.
TEST(SimultaneousOpenTest, DoublingBeginsWithTheCrossing) {
  Crossing crossing(LinuxConfig(), 2'500ms);
  crossing.world.Advance(30s);
  EXPECT_EQ(crossing.peer.WhenHeard(), "1.000 2.000 2.500 3.000 5.000 9.000 17.000");
  EXPECT_EQ(crossing.status().state, State::kSynReceived);
  crossing.world.Advance(500ms);
  EXPECT_EQ(crossing.status().state, State::kClosed);
}

// E35 D, SIM-07, SRV-05. Differs from Linux: an ACK of the ISS acknowledges nothing, and
// draws a RST (RFC 9293 §3.10.7.4, Fifth).
TEST(SimultaneousOpenTest, StrangeSegmentsAreAnsweredAndChangeNothing) {
  Crossing crossing;
  World& world = crossing.world;
  HandPeer& peer = crossing.peer;
  EXPECT_EQ(peer.Heard(), kSynAck0);
  world.Moved();
  constexpr const char* kSynChallenged =
      "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1, TcpExt.TCPSYNChallenge+1";
  peer.ts_val = 900;
  world.Advance(52ms);
  peer.SayAt(kSyn, 0);
  EXPECT_EQ(peer.Heard(), ". 1 ack 1 win 32768 <nop,nop,ts T+52 900>");
  EXPECT_EQ(world.Moved(), kSynChallenged);
  world.Advance(654ms);
  peer.SayAt(kSyn, 600);
  EXPECT_EQ(peer.Heard(), ". 1 ack 1 win 32768 <nop,nop,ts T+706 900>");
  EXPECT_EQ(world.Moved(), kSynChallenged);
  for (const uint32_t ack : {5u, 0u}) {
    peer.SayAt(kAck, 1, ack);
    EXPECT_EQ(peer.Heard(), "R " + std::to_string(ack) + " win 0");
    EXPECT_EQ(world.Moved(), "Tcp.OutRsts+1, Tcp.OutSegs+1");
    EXPECT_EQ(crossing.status().state, State::kSynReceived);
  }
  peer.SayAt(kRst, 5);
  EXPECT_EQ(world.Moved(), "TcpExt.TCPACKSkippedChallenge+1");
  EXPECT_EQ(crossing.status().state, State::kSynReceived);
  peer.SayAt(kAck, 1, 1);
  EXPECT_EQ(crossing.status().state, State::kEstablished);
}

// MUST-11, SIM-07, SRV-08: after an active open a RST is a refusal, and the user is told
// (RFC 9293 §3.10.7.4, Second). Differs from Linux: it says ECONNRESET here.
TEST(SimultaneousOpenTest, AnExactRstEndsTheAttempt) {
  Crossing crossing;
  crossing.peer.SayAt(kRst, 0);
  EXPECT_EQ(crossing.status().state, State::kSynReceived);
  crossing.peer.SayAt(kRst, 1);
  EXPECT_EQ(crossing.world.ToldOf(crossing.socket), kReadable | kWritable | kHangup | kErrored);
  EXPECT_EQ(crossing.world.stack().TakeError(crossing.world.now(), crossing.socket),
            Errno::kConnRefused);
  EXPECT_EQ(crossing.world.Moved(), "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1");
}

// E35 E, SIM-08, SHUT-01. Incident 75: the FIN waits for the handshake. Differs from Linux:
// that of close() as well, which leaves at once there.
TEST(SimultaneousOpenTest, AFinWaitsForTheHandshake) {
  for (const bool close : {false, true}) {
    Crossing crossing;
    Stack& stack = crossing.world.stack();
    EXPECT_EQ(crossing.peer.Heard(), kSynAck0);
    ASSERT_EQ(close
                  ? stack.Close(crossing.world.now(), crossing.socket)
                  : stack.Shutdown(crossing.world.now(), crossing.socket, ShutdownHow::kWrite),
              Errno::kOk);
    crossing.world.Advance(119ms);
    EXPECT_EQ(crossing.peer.Heard(), "");
    EXPECT_EQ(crossing.peer.state(), State::kSynReceived);
    crossing.peer.SayAt(kAck, 1, 1);
    EXPECT_EQ(crossing.peer.Heard(), "F. 1 ack 1 win 32768 <nop,nop,ts T+119 902>");
    EXPECT_EQ(crossing.peer.state(), State::kFinWait1);
    crossing.peer.SayAt(kFin | kAck, 1, 2);
    EXPECT_EQ(crossing.peer.state(), State::kTimeWait);
  }
}

// Incident 75: the segment that ends the handshake may carry text and a FIN; whatever the
// order, the connection is set up once and then goes its way.
TEST(SimultaneousOpenTest, ClosingMeetsEverySegmentThatMayCome) {
  struct {
    unsigned flags;
    uint32_t seq, ack;
    size_t length;
    State after;
  } const rows[] = {
      {kAck, 1, 1, 0, State::kFinWait1},
      {kAck | kFin, 1, 1, 0, State::kClosing},
      {kSyn | kAck, 0, 1, 0, State::kFinWait1},
      {kAck | kFin, 6, 1, 0, State::kFinWait1},  // a hole before it
      {kAck | kPsh, 1, 1, 5, State::kFinWait1},
      {kAck | kPsh | kFin, 1, 1, 5, State::kClosing},
      {kFin, 1, 0, 0, State::kSynReceived},
      {kPsh, 1, 0, 5, State::kSynReceived},
      {kRst, 1, 0, 0, State::kNone},
  };
  for (const auto& row : rows) {
    Crossing crossing;
    ASSERT_EQ(crossing.world.stack().Shutdown(crossing.world.now(), crossing.socket,
                                              ShutdownHow::kWrite),
              Errno::kOk);
    crossing.peer.Heard();
    crossing.peer.SayAt(row.flags, row.seq, row.ack, row.length);
    EXPECT_EQ(Name(crossing.peer.state()), Name(row.after)) << ShowFlags(row.flags);
    if (row.after == State::kNone || row.after == State::kSynReceived) continue;
    EXPECT_EQ(crossing.peer.Heard().substr(0, 5), "F. 1 ") << ShowFlags(row.flags);
    EXPECT_EQ(crossing.status().cwnd, 13'880u);
  }
}

// The RST of an abort is one that the peer believes. RFC 9293 §3.10.5.
TEST(SimultaneousOpenTest, AbortingTellsThePeer) {
  Crossing crossing;
  EXPECT_EQ(crossing.peer.Heard(), kSynAck0);
  ASSERT_EQ(crossing.world.stack().Abort(crossing.world.now(), crossing.socket), Errno::kOk);
  crossing.world.Poll();
  EXPECT_EQ(crossing.peer.Heard(), "R. 1 ack 1 win 63 <nop,nop,ts T 900>");
  EXPECT_EQ(crossing.peer.state(), State::kNone);
}

// Text that comes with the crossed SYN is for the peer to repeat; that of the last segment is
// taken. I-47.
TEST(SimultaneousOpenTest, TextIsTakenOnceItIsEstablished) {
  Crossing crossing;
  crossing.peer.SayAt(kAck | kPsh, 1, 1, 5);
  EXPECT_EQ(crossing.status().unread, 5u);
  EXPECT_EQ(crossing.status().state, State::kEstablished);
}

}  // namespace
}  // namespace handfast
