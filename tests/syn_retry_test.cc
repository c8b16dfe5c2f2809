// When a SYN is sent again, how often, what the user is told, and when it is given up.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Endpoint kPeer{kThere, Port{7777}};

// A client whose SYN nobody answers.
struct Calling {
  explicit Calling(const Config& config, uint32_t user_timeout_ms = 0) : world(config) {
    socket = *world.stack().Socket(world.now());
    SocketOptions options = *world.stack().GetOptions(socket);
    options.user_timeout_ms = user_timeout_ms;
    EXPECT_EQ(world.stack().SetOptions(world.now(), socket, options), Errno::kOk);
    EXPECT_EQ(world.stack().SetInterest(socket, kAllReady), Errno::kOk);
    EXPECT_EQ(world.stack().Connect(world.now(), socket, kPeer), Errno::kOk);
    peer.flow = world.stack().Status(socket)->flow.Reversed();
    world.Poll();
  }
  State state() const { return world.stack().Status(socket)->state; }
  // It is given up at this second, and not a millisecond before.
  void ExpectTheEndAt(Duration end) {
    world.Advance(world.start() + end - 1ms - world.now());
    EXPECT_EQ(state(), State::kSynSent);
    world.Advance(1ms);
    EXPECT_EQ(state(), State::kClosed);
    EXPECT_EQ(world.ToldOf(socket), kReadable | kWritable | kHangup | kErrored);
    EXPECT_EQ(world.stack().TakeError(world.now(), socket), Errno::kTimedOut);
    EXPECT_TRUE(world.stack().next_deadline().never());
  }

  World world;
  HandPeer peer{world, Port{0}, kPeer.port, 5000};
  SocketId socket;
};

Config Linux(uint32_t retries, uint32_t linear) {
  Config config = LinuxConfig();
  config.policy.syn_retries = retries;
  config.policy.syn_linear_timeouts = linear;
  return config;
}

// E30, RTX-01, RTX-03, RTX-04, SYN-09, SYN-10. R6298-2.1, R6298-5.4..5.6.
TEST(SynRetryTest, FourEvenTimeoutsThenDoubling) {
  Calling calling(LinuxConfig());
  calling.world.Advance(130s);
  EXPECT_EQ(calling.peer.HeardWhen(),
            "0.000 S 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 10>\n"
            "1.000 S 0 win 64240 <mss 1460,sackOK,ts T+1000 0,nop,ws 10>\n"
            "2.000 S 0 win 64240 <mss 1460,sackOK,ts T+2000 0,nop,ws 10>\n"
            "3.000 S 0 win 64240 <mss 1460,sackOK,ts T+3000 0,nop,ws 10>\n"
            "4.000 S 0 win 64240 <mss 1460,sackOK,ts T+4000 0,nop,ws 10>\n"
            "5.000 S 0 win 64240 <mss 1460,sackOK,ts T+5000 0,nop,ws 10>\n"
            "7.000 S 0 win 64240 <mss 1460,sackOK,ts T+7000 0,nop,ws 10>\n"
            "11.000 S 0 win 64240 <mss 1460,sackOK,ts T+11000 0,nop,ws 10>\n"
            "19.000 S 0 win 64240 <mss 1460,sackOK,ts T+19000 0,nop,ws 10>\n"
            "35.000 S 0 win 64240 <mss 1460,sackOK,ts T+35000 0,nop,ws 10>\n"
            "67.000 S 0 win 64240 <mss 1460,sackOK,ts T+67000 0,nop,ws 10>\n");
  calling.ExpectTheEndAt(131s);
  EXPECT_EQ(calling.world.Moved(),
            "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1, Tcp.RetransSegs+10, "
            "TcpExt.TCPAbortOnTimeout+1, TcpExt.TCPSynRetrans+10, TcpExt.TCPTimeouts+11");
}

// E31, E32, RTX-02..04.
TEST(SynRetryTest, LimitsAreOfRetriesBeyondTheEvenOnes) {
  struct {
    uint32_t retries, linear;
    const char* when;
    Duration end;
    const char* moved;
  } const rows[] = {
      {6, 0, "0.000 1.000 3.000 7.000 15.000 31.000 63.000", 127s,
       "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1, Tcp.RetransSegs+6, "
       "TcpExt.TCPAbortOnTimeout+1, TcpExt.TCPSynRetrans+6, TcpExt.TCPTimeouts+7"},
      {2, 4, "0.000 1.000 2.000 3.000 4.000 5.000", 7s,
       "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1, Tcp.RetransSegs+5, "
       "TcpExt.TCPAbortOnTimeout+1, TcpExt.TCPSynRetrans+5, TcpExt.TCPTimeouts+6"},
      {2, 0, "0.000 1.000 3.000", 7s,
       "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1, Tcp.RetransSegs+2, "
       "TcpExt.TCPAbortOnTimeout+1, TcpExt.TCPSynRetrans+2, TcpExt.TCPTimeouts+3"},
      {1, 0, "0.000 1.000", 3s,
       "Tcp.ActiveOpens+1, Tcp.AttemptFails+1, Tcp.OutSegs+1, Tcp.RetransSegs+1, "
       "TcpExt.TCPAbortOnTimeout+1, TcpExt.TCPSynRetrans+1, TcpExt.TCPTimeouts+2"},
  };
  for (const auto& row : rows) {
    Calling calling(Linux(row.retries, row.linear));
    calling.ExpectTheEndAt(row.end);
    EXPECT_EQ(calling.peer.WhenHeard(), row.when);
    EXPECT_EQ(calling.world.Moved(), row.moved);
  }
}

// E32 (TCP_USER_TIMEOUT), RTX-06. MUST-21: the user sets R2.
TEST(SynRetryTest, TheUsersTimeoutEndsItToTheMillisecond) {
  struct {
    uint32_t linear;
    const char* when;
  } const rows[] = {{0, "0.000 1.000"}, {4, "0.000 1.000 2.000"}};
  for (const auto& row : rows) {
    Calling calling(Linux(6, row.linear), 2500);
    calling.ExpectTheEndAt(2500ms);
    EXPECT_EQ(calling.peer.WhenHeard(), row.when);
  }
  Calling patient(Linux(6, 0), 1000 * 600);
  patient.ExpectTheEndAt(600s);
}

// MUST-21: also for ever.
TEST(SynRetryTest, ForeverIsATimeoutToo) {
  Calling calling(SmallConfig(), SocketOptions::kForever);
  calling.world.Advance(24h);
  EXPECT_EQ(calling.state(), State::kSynSent);
  EXPECT_GT(calling.world.Take().size(), 600u);
  HandPeer& peer = calling.peer;
  calling.world.Advance(128s);
  EXPECT_TRUE(peer.AnswerSyn(*calling.world.TakeOne()));
}

// MUST-20, MUST-23, C11, SHLD-11: by default a SYN is repeated for three minutes at least.
TEST(SynRetryTest, ByDefaultItIsTriedForMoreThanThreeMinutes) {
  Calling calling(SmallConfig());
  calling.ExpectTheEndAt(255s);
  EXPECT_EQ(calling.peer.WhenHeard(), "0.000 1.000 3.000 7.000 15.000 31.000 63.000 127.000");
}

// MUST-20, MUST-22, SHLD-9, SHLD-10: after R1, of three repetitions, the user is told; and is
// told no more when the peer answers.
TEST(SynRetryTest, TheUserIsToldOfASlowStart) {
  Calling calling(SmallConfig());
  calling.world.Advance(6'999ms);
  EXPECT_EQ(calling.world.ToldOf(calling.socket), 0);
  calling.world.Advance(1ms);
  EXPECT_EQ(calling.world.ToldOf(calling.socket), kAdvised);
  EXPECT_EQ(calling.world.stack().TakeError(calling.world.now(), calling.socket), Errno::kOk);
  EXPECT_EQ(calling.world.ToldOf(calling.socket), 0);
  calling.world.Advance(8s);
  EXPECT_EQ(calling.world.ToldOf(calling.socket), kAdvised);
  calling.peer.Heard();
  calling.peer.SayAt(kSyn | kAck, 0, 1);
  EXPECT_EQ(calling.world.ToldOf(calling.socket), kWritable);
}

// RTX-04: the last soft error is the reason, if there was one. MUST-56.
TEST(SynRetryTest, WhatIcmpSaidIsTheReason) {
  Calling calling(SmallConfig());
  calling.world.Inject(
      IcmpErrorAbout(calling.world.Take().at(0), Addr::V4(10, 0, 0, 254), 3, 1));
  calling.world.Advance(255s);
  EXPECT_EQ(calling.world.stack().TakeError(calling.world.now(), calling.socket),
            Errno::kHostUnreach);
}

// Incident 120, R6298-5.2: whichever SYNs are lost, the next one connects; no other follows.
TEST(SynRetryTest, AnyRetryConnects) {
  for (int lost = 0; lost <= 6; ++lost) {
    Calling calling(Linux(6, 0));
    calling.world.Advance(std::chrono::seconds((1 << lost) - 1) + 50ms);
    calling.peer.Heard();
    calling.peer.SayAt(kSyn | kAck, 0, 1);
    EXPECT_EQ(calling.state(), State::kEstablished) << lost;
    EXPECT_EQ(calling.peer.Heard(), ". 1 ack 1 win 64240");
    calling.world.Advance(300s);
    EXPECT_EQ(calling.peer.Heard(), "");
  }
}

// I-40: what is repeated has the same number.
TEST(SynRetryTest, ARepeatedSynKeepsItsNumber) {
  Calling calling(SmallConfig());
  calling.world.Advance(200s);
  const std::vector<Seen> syns = calling.world.TakeSegments();
  ASSERT_EQ(syns.size(), 8u);
  for (const Seen& syn : syns) EXPECT_EQ(syn.seq, syns[0].seq);
}

}  // namespace
}  // namespace handfast
