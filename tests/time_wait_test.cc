// What comes to a flow in TIME-WAIT, and who may have the flow next.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr uint32_t kNoTs = 0;

// A connection that was closed on our side first: RCV.NXT is 2 and SND.NXT is 2, both after
// the ISN; with timestamps, TS.Recent is as given.
struct Closed {
  explicit Closed(const Config& config = LinuxConfig(),
                  std::optional<uint32_t> ts_recent = 1002, int backlog = 5)
      : world(config), listener(world.Listen(backlog)) {
    peer.ts_val = ts_recent.value_or(0) - 1;
    EXPECT_TRUE(
        peer.Open(ts_recent ? OptionList::Usual(*ts_recent - 2) : OptionList().Mss(1460)));
    const SocketId socket = *world.stack().Accept(world.now(), listener);
    EXPECT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
    world.Poll();
    EXPECT_EQ(peer.Heard().substr(0, 7), "F. 1 ac");
    peer.ts_val += 1;
    peer.SayAt(kFin | kAck, 1, 2);
    EXPECT_EQ(peer.Heard().substr(0, 9), ". 2 ack 2");
    EXPECT_EQ(peer.state(), State::kTimeWait);
    world.Moved();
  }
  // A segment with a TSval and an echo, or without.
  void Say(unsigned flags, uint32_t seq, uint32_t ack, size_t length, uint32_t ts_val) {
    TcpPacket packet = peer.At(flags, seq, ack, length);
    packet.options = OptionList();
    if ((flags & kSyn) != 0)
      packet.options = ts_val == kNoTs ? OptionList().Mss(1460) : OptionList::Usual(ts_val);
    else if (ts_val != kNoTs)
      packet.options.Nop(2).Timestamps(ts_val, peer.ts_ecr);
    world.Inject(packet);
  }

  World world;
  ListenerId listener;
  HandPeer peer{world, kHttp};
};

struct Row {
  const char* what;
  unsigned flags;
  uint32_t seq;
  uint32_t ack;
  size_t length;
  uint32_t ts_val;
  const char* answer;
  const char* moved;
  State after;
};

constexpr const char* kAnAck = ". 2 ack 2 win 32768 <nop,nop,ts T 1002>";
constexpr const char* kSent = "Tcp.OutSegs+1";
constexpr const char* kOld = "Tcp.OutSegs+1, TcpExt.PAWSTimewait+1";
constexpr State kKept = State::kTimeWait;
constexpr State kOpens = State::kSynReceived;

// Differs from Linux: a SYN with FIN takes nothing over (it ends the time-wait there, and is
// dropped then).
constexpr Row kRows[] = {
    {"S above, newer", kSyn, 1002, 0, 0, 2000,
     "S. 0 ack 1003 win 65160 <mss 1460,sackOK,ts T 2000,nop,ws 10>", kSent, kOpens},
    {"S equal, newer", kSyn, 2, 0, 0, 2000,
     "S. 0 ack 3 win 65160 <mss 1460,sackOK,ts T 2000,nop,ws 10>", kSent, kOpens},
    {"S below, newer", kSyn, 0u - 498, 0, 0, 2000,
     "S. 0 ack -497 win 65160 <mss 1460,sackOK,ts T 2000,nop,ws 10>", kSent, kOpens},
    {"S above, same", kSyn, 1002, 0, 0, 1002,
     "S. 0 ack 1003 win 65160 <mss 1460,sackOK,ts T 1002,nop,ws 10>", kSent, kOpens},
    {"S below, same", kSyn, 0u - 498, 0, 0, 1002, kAnAck, kSent, kKept},
    {"S above, older", kSyn, 1002, 0, 0, 900, kAnAck, kOld, kKept},
    {"S above, no TS", kSyn, 1002, 0, 0, kNoTs, "S. 0 ack 1003 win 64240 <mss 1460>", kSent,
     kOpens},
    {"S below, no TS", kSyn, 0u - 998, 0, 0, kNoTs, kAnAck, kSent, kKept},
    {"S. above", kSyn | kAck, 1002, 2, 0, 2000, kAnAck, kSent, kKept},
    {"SR", kSyn | kRst, 1002, 0, 0, kNoTs, "", "", kKept},
    {"SF above, newer (differs)", kSyn | kFin, 1002, 0, 0, 2000, kAnAck, kSent, kKept},
    {"R exact", kRst, 2, 0, 0, kNoTs, "", "", State::kNone},
    {"R beside", kRst, 3, 0, 0, kNoTs, "", "", kKept},
    {"ACK", kAck, 2, 2, 0, 1003, "", "", kKept},
    {"ACK before", kAck, 1, 2, 0, 1003, kAnAck, kSent, kKept},
    {"the FIN again", kFin | kAck, 1, 2, 0, 1003, kAnAck, kSent, kKept},
    {"text", kAck | kPsh, 2, 2, 3, 1003, kAnAck, kSent, kKept},
    {"text, older", kAck | kPsh, 2, 2, 3, 900, kAnAck, kOld, kKept},
    {"no flags", 0, 7, 0, 0, kNoTs, kAnAck, kSent, kKept},
};

constexpr Row kRowsWithoutTs[] = {
    {"S above", kSyn, 3, 0, 0, kNoTs, "S. 0 ack 4 win 64240 <mss 1460>", kSent, kOpens},
    {"S equal", kSyn, 2, 0, 0, kNoTs, ". 2 ack 2 win 64239", kSent, kKept},
    {"S below, with TS", kSyn, 0u - 8, 0, 0, 1000, ". 2 ack 2 win 64239", kSent, kKept},
};

void Play(const Row& row, std::optional<uint32_t> ts_recent) {
  Closed closed(LinuxConfig(), ts_recent);
  const uint32_t snd_nxt = closed.peer.their_isn + 2;
  closed.Say(row.flags, row.seq, row.ack, row.length, row.ts_val);
  EXPECT_EQ(closed.peer.Heard(), row.answer) << row.what;
  EXPECT_EQ(closed.world.Moved(), row.moved) << row.what;
  EXPECT_EQ(Name(closed.peer.state()), Name(row.after)) << row.what;
  if (row.after == kOpens) {
    EXPECT_EQ(closed.peer.their_isn - snd_nxt, 65537u) << row.what;
  }
}

// E40, TW-01..17. MAY-2, SHLD-4. Incident 77.
TEST(TimeWaitTest, EachSegmentIsAnsweredAsLinuxAnswersIt) {
  for (const Row& row : kRows) Play(row, 1002);
  for (const Row& row : kRowsWithoutTs) Play(row, std::nullopt);
}

// R6191-2: the table, with numbers and timestamps around the place where they wrap.
// Incident 77.
TEST(TimeWaitTest, ByDefaultOnlyANewerSynReopens) {
  for (const uint32_t recent : {1u, 1002u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    for (const int ts : {-1, 0, 1}) {
      for (const int seq : {-1, 0, 1}) {
        Closed closed(SmallConfig(), recent);
        closed.Say(kSyn, 2 + static_cast<uint32_t>(seq), 0, 0,
                   recent + static_cast<uint32_t>(ts));
        const bool without = recent + static_cast<uint32_t>(ts) == kNoTs;
        const bool opens = without ? seq > 0 : ts > 0 || (ts == 0 && seq > 0);
        EXPECT_EQ(closed.peer.state(), opens ? kOpens : kKept)
            << recent << " " << ts << " " << seq;
      }
    }
  }
}

// R1337-F1, C13. Incident 76, I-49: by default no RST ends it, and neither does an old SYN
// prolong it.
TEST(TimeWaitTest, ByDefaultARstIsIgnored) {
  for (const unsigned flags :
       {0u | kRst, 0u | kRst | kAck, 0u | kRst | kFin, 0u | kRst | kSyn}) {
    Closed closed(SmallConfig());
    for (const uint32_t seq : {0u, 1u, 2u, 3u, 1000u}) closed.Say(flags, seq, 2, 0, kNoTs);
    EXPECT_EQ(closed.peer.Heard(), "");
    EXPECT_EQ(closed.peer.state(), kKept);
    closed.world.Advance(59'999ms);
    EXPECT_EQ(closed.peer.state(), kKept);
    closed.world.Advance(1ms);
    EXPECT_EQ(closed.peer.state(), State::kNone);
    EXPECT_EQ(closed.world.Moved(), "TcpExt.TW+1");
  }
}

// MUST-13, C12, TW-14: 2 MSL, whatever that is configured to be, from the last FIN.
TEST(TimeWaitTest, LastsTwoMslFromTheLastFin) {
  for (const Config& base : {SmallConfig(), SmallConfig(Config::Strict()), LinuxConfig()}) {
    Closed closed(base);
    const Duration lasts = base.policy.time_wait;
    closed.world.Advance(lasts - 1ms);
    closed.Say(kFin | kAck, 1, 2, 0, 1003);
    closed.world.Advance(lasts - 1ms);
    EXPECT_EQ(closed.peer.state(), kKept);
    closed.world.Advance(1ms);
    EXPECT_EQ(closed.peer.state(), State::kNone);
  }
  EXPECT_EQ(Config::Strict().policy.time_wait, 240s);
}

// E40, TW-05, TW-12: as Linux has it, any acknowledgment does.
TEST(TimeWaitTest, AsLinuxHasItAnAckProlongsIt) {
  for (const uint32_t seq : {1u, 2u}) {
    Closed closed;
    closed.world.Advance(59s);
    closed.Say(kAck, seq, 2, 0, 1003);
    closed.world.Advance(59'999ms);
    EXPECT_EQ(closed.peer.state(), kKept);
    closed.world.Advance(1ms);
    EXPECT_EQ(closed.peer.state(), State::kNone);
  }
}

// E40, CHAL-01, CHAL-04. Incident 126.
TEST(TimeWaitTest, AnswersLeaveOnceInHalfASecond) {
  Closed closed;
  for (int i = 0; i < 3; ++i) {
    closed.Say(kAck, 1, 2, 0, 1005);
    closed.world.Advance(50ms);
  }
  EXPECT_EQ(closed.peer.WhenHeard(), "0.000");
  EXPECT_EQ(closed.world.Moved(), "Tcp.OutSegs+1, TcpExt.TCPACKSkippedTimeWait+2");
  for (int i = 0; i < 2; ++i) closed.Say(kFin | kAck, 1, 2, 0, 1005);
  EXPECT_EQ(closed.peer.WhenHeard(), "0.150 0.150") << "its sender needs the ACK";
}

// ICMP-01: there is a flow, but nothing left to tell or to end.
TEST(TimeWaitTest, AnIcmpErrorIsIgnored) {
  Closed closed;
  TcpPacket ours;
  ours.flow = closed.peer.flow.Reversed();
  ours.flags = kAck;
  ours.seq = closed.peer.their_isn + 2;
  for (const uint8_t code : {uint8_t{1}, uint8_t{3}, uint8_t{4}})
    EXPECT_EQ(closed.world.Inject(IcmpErrorAbout(ours.Seal(), kThere, 3, code)),
              Verdict(Action::kDrop, Drop::kIcmpSoft));
  EXPECT_EQ(closed.world.stack().counters()[Counter::kIcmpInErrors], 0u);
  EXPECT_EQ(closed.peer.state(), kKept);
}

// E40, TW-08: nobody listens any more.
TEST(TimeWaitTest, WithoutAListenerASynReopensNothing) {
  Closed closed;
  ASSERT_EQ(closed.world.stack().Close(closed.world.now(), closed.listener), Errno::kOk);
  closed.Say(kSyn, 1002, 0, 0, 2000);
  EXPECT_EQ(closed.peer.Heard(), kAnAck);
  EXPECT_EQ(closed.world.Moved(), kSent);
  EXPECT_EQ(closed.peer.state(), kKept);
}

// E41, CREQ-01: the SYN queue's limit is not for a SYN that takes a flow over.
TEST(TimeWaitTest, AFullSynQueueLetsItIn) {
  Closed closed(LinuxConfig(), 1002, 1);
  for (uint16_t i = 0; i < 4; ++i)
    HandPeer(closed.world, kHttp, Port{static_cast<uint16_t>(50000 + i)}).SayAt(kSyn, 0);
  EXPECT_EQ(closed.world.Moved(),
            "Tcp.OutSegs+2, TcpExt.ListenDrops+2, TcpExt.TCPReqQFullDrop+2");
  closed.Say(kSyn, 102, 0, 0, 3000);
  EXPECT_EQ(closed.peer.Heard(),
            "S. 0 ack 103 win 65160 <mss 1460,sackOK,ts T 3000,nop,ws 10>");
  EXPECT_EQ(closed.world.Moved(), kSent);
  EXPECT_EQ(closed.world.stack().Status(closed.listener)->syn_queue, 3u);
}

// E87, CREQ-04, TW-10. Differs from Linux: the time-wait is kept when the listener refuses.
TEST(TimeWaitTest, AFullAcceptQueueDoesNot) {
  Closed closed(LinuxConfig(), 1002, 0);
  HandPeer waiting(closed.world, kHttp, Port{50000});
  ASSERT_TRUE(waiting.Open());
  closed.world.Moved();
  closed.Say(kSyn, 102, 0, 0, 3000);
  EXPECT_EQ(closed.peer.Heard(), "");
  EXPECT_EQ(closed.world.Moved(), "TcpExt.ListenDrops+1, TcpExt.ListenOverflows+1");
  EXPECT_EQ(closed.peer.state(), kKept);
}

// TW-13, TW-15: the new connection works, with what its own SYN offers.
TEST(TimeWaitTest, TheNewConnectionIsAgreedUponAnew) {
  Closed closed;
  closed.Say(kSyn, 70000, 0, 0, kNoTs);
  EXPECT_EQ(closed.peer.Heard(), "S. 0 ack 70001 win 64240 <mss 1460>");
  closed.Say(kAck | kPsh, 70001, 1, 5, kNoTs);
  const SocketId child = *closed.world.stack().Accept(closed.world.now(), closed.listener);
  EXPECT_EQ(closed.world.stack().Status(child)->unread, 5u);
  EXPECT_FALSE(closed.world.stack().Status(child)->negotiated.has(Negotiated::kTimestamps));
}

// A client that is in TIME-WAIT, or FIN-WAIT-2, to the only port it could call from.
struct Caller {
  explicit Caller(unsigned last)
      : world([] {
          Config config = LinuxConfig();
          config.ephemeral = {5000, 5000};
          return config;
        }()) {
    const SocketId socket = *world.stack().Connect(world.now(), {kThere, Port{7777}});
    world.Poll();
    EXPECT_TRUE(peer.AnswerSyn(*world.TakeOne(), OptionList::Usual(900)));
    EXPECT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
    world.Poll();
    peer.ts_val = 901;
    peer.SayAt(last, 1, 2);
    world.Take();
  }
  Errno Call() {
    const auto socket = world.stack().Connect(world.now(), {kThere, Port{7777}});
    return socket ? Errno::kOk : socket.error();
  }

  World world;
  HandPeer peer{world, Port{0}, Port{7777}, 5000};
};

// Incident 78: connect() to the same flow at the instant at which the time-wait ends, before
// and after its timer. E42 (tcp_tw_reuse=2): until then the flow is taken.
TEST(TimeWaitTest, ConnectGetsTheFlowWhenTheTimerHasGoneOff) {
  for (const bool timer_first : {false, true}) {
    Caller caller(kFin | kAck);
    ASSERT_EQ(caller.peer.state(), kKept);
    caller.world.Advance(60s - 1ns);
    EXPECT_EQ(caller.Call(), Errno::kAddrNotAvail);
    if (timer_first) caller.world.Advance(1ns);
    EXPECT_EQ(caller.Call(), timer_first ? Errno::kOk : Errno::kAddrNotAvail);
    caller.world.Advance(1ns);
    EXPECT_EQ(caller.peer.state(), timer_first ? State::kSynSent : State::kNone);
  }
}

// Incident 79: a flow in FIN-WAIT-2 is alive at the peer.
TEST(TimeWaitTest, ConnectDoesNotGetAFlowInFinWait2) {
  Caller caller(kAck);
  ASSERT_EQ(caller.peer.state(), State::kFinWait2);
  EXPECT_EQ(caller.Call(), Errno::kAddrNotAvail);
  EXPECT_EQ(caller.peer.state(), State::kFinWait2);
}

// R3168-f, I-22: beyond the limit the oldest makes room. Incident 59.
TEST(TimeWaitTest, TheOldestMakesRoom) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  std::vector<HandPeer> peers;
  for (uint16_t i = 0; i < 9; ++i) {
    peers.emplace_back(world, kHttp, Port{static_cast<uint16_t>(41000 + i)});
    ASSERT_TRUE(peers.back().Open());
    const SocketId socket = *world.stack().Accept(world.now(), listener);
    ASSERT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
    world.Poll();
    world.Take();
    peers.back().SayAt(kFin | kAck, 1, 2);
    world.Take();
  }
  EXPECT_EQ(peers[0].state(), State::kNone);
  for (size_t i = 1; i < 9; ++i) EXPECT_EQ(peers[i].state(), kKept);
  EXPECT_EQ(world.stack().counters()[Counter::kTcpExtTCPTimeWaitOverflow], 1u);
}

}  // namespace
}  // namespace handfast
