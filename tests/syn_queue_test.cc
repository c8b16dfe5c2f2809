// The SYN queue: who gets in, who is turned away, and what a SYN that comes again does.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr const char* kUsualSynAck =
    "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 1000,nop,ws 10>";

uint16_t next_port = 10000;

// A SYN from a port of its own.
HandPeer Knock(World& world, Port from = Port{++next_port}) {
  HandPeer peer(world, kHttp, from);
  TcpPacket syn = peer.At(kSyn, 0);
  syn.options = OptionList::Usual(1000);
  world.Inject(syn);
  return peer;
}

uint32_t QueuedAt(const World& world, ListenerId listener) {
  return world.stack().Status(listener)->syn_queue;
}

// E13 (tcp_syncookies=0), CREQ-02, CREQ-03, LSTN-06. Incident 46: at the limit a SYN costs
// nothing and is told of in the counters.
TEST(SynQueueTest, HoldsOneMoreThanTheBacklog) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen(4);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(Knock(world).Heard(), kUsualSynAck);
    EXPECT_EQ(world.Moved(), "Tcp.OutSegs+1");
  }
  for (int i = 6; i <= 7; ++i) {
    EXPECT_EQ(Knock(world).Heard(), "");
    EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1, TcpExt.TCPReqQFullDrop+1");
  }
  EXPECT_EQ(QueuedAt(world, listener), 5u);
}

// LSTN-04, CREQ-02. Incident 48: what the limit means at 0, 1, 2, many, and when it is
// changed.
TEST(SynQueueTest, ALimitHoldsFromTheNextSynOn) {
  for (const int backlog : {0, 1, 2, 128}) {
    Config config = LinuxConfig();
    config.requests = 256;
    World world(config);
    const ListenerId listener = world.Listen(backlog);
    for (int i = 0; i < backlog + 3; ++i) Knock(world);
    EXPECT_EQ(QueuedAt(world, listener), static_cast<uint32_t>(backlog) + 1);
    ASSERT_EQ(world.stack().SetBacklog(world.now(), listener, backlog + 1), Errno::kOk);
    for (int i = 0; i < 3; ++i) Knock(world);
    EXPECT_EQ(QueuedAt(world, listener), static_cast<uint32_t>(backlog) + 2);
    ASSERT_EQ(world.stack().SetBacklog(world.now(), listener, 0), Errno::kOk);
    EXPECT_EQ(Knock(world).Heard(), "");
    EXPECT_EQ(QueuedAt(world, listener), static_cast<uint32_t>(backlog) + 2);
  }
}

// E84, SYNQ-03, SYNQ-04: old requests count as well, and one that leaves makes room.
TEST(SynQueueTest, ARequestThatEndsMakesRoomAtOnce) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen(8);
  HandPeer first = Knock(world);
  for (int i = 0; i < 11; ++i) Knock(world);
  EXPECT_EQ(world.Moved(), "Tcp.OutSegs+9, TcpExt.ListenDrops+3, TcpExt.TCPReqQFullDrop+3");
  world.Advance(7s);
  world.Moved();
  EXPECT_EQ(Knock(world).Heard(), "") << "old ones fill the queue, too";
  world.Moved();
  first.SayAt(kRst, 1);
  EXPECT_EQ(Knock(world).Heard(), kUsualSynAck);
  EXPECT_EQ(world.Moved(), "Tcp.AttemptFails+1, Tcp.OutSegs+1, TcpExt.EmbryonicRsts+1");
  EXPECT_EQ(QueuedAt(world, listener), 9u);
}

// E65, CHK-02, CHK-03. Incident 54: one half-open connection for a flow, and the first SYN
// decides what it is.
TEST(SynQueueTest, ASynThatComesAgainChangesNothing) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  HandPeer peer = Knock(world);
  EXPECT_EQ(peer.Heard(), kUsualSynAck);
  const uint32_t isn = peer.their_isn;
  world.Advance(1ms);
  TcpPacket other = peer.At(kSyn, 0);
  other.options.Mss(500);
  EXPECT_EQ(world.Inject(other), Verdict(Action::kResendSynAck, Drop::kSynRepeated));
  EXPECT_EQ(peer.Heard(), "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+1 1000,nop,ws 10>");
  EXPECT_EQ(peer.their_isn, isn);
  EXPECT_EQ(QueuedAt(world, listener), 1u);
  world.Moved();
  for (int i = 0; i < 3; ++i) world.Inject(other);
  EXPECT_EQ(peer.Heard(), "");
  EXPECT_EQ(world.Moved(), "TcpExt.TCPACKSkippedSynRecv+3");
}

// E65: after a RST the flow begins anew, with another ISN and what the new SYN offers.
TEST(SynQueueTest, AfterARstTheFlowBeginsAnew) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer = Knock(world);
  peer.Heard();
  const uint32_t isn = peer.their_isn;
  peer.SayAt(kRst, 1);
  world.Advance(1ms);
  TcpPacket other = peer.At(kSyn, 0);
  other.options.Mss(500);
  world.Inject(other);
  EXPECT_EQ(peer.Heard(), "S. 0 ack 1 win 64240 <mss 1460>");
  EXPECT_NE(peer.their_isn, isn);
}

// Incident 46: without cookies a flood keeps others out only while it lasts; its half-open
// connections go by themselves, and memory is bounded.
TEST(SynQueueTest, AFloodIsForgottenAndAnHonestPeerConnects) {
  World world;
  const ListenerId listener = world.Listen(64);
  world.set_audits(World::Audits::kNone);
  for (uint32_t i = 0; i < 20'000; ++i) {
    HandPeer spoofed(world, kHttp, Port{static_cast<uint16_t>(1024 + i % 60'000)}, i,
                     Addr::V4(0x0b000000 + i));
    spoofed.SayAt(kSyn, 0);
    if (i % 2 == 0) world.Advance(1ms);
  }
  world.Take();
  EXPECT_EQ(QueuedAt(world, listener), world.stack().config().requests);
  EXPECT_EQ(AuditText(world.stack()), "");
  world.Advance(7s);
  EXPECT_EQ(QueuedAt(world, listener), 0u);
  world.Take();
  HandPeer honest(world, kHttp);
  EXPECT_TRUE(honest.Open());
  ASSERT_EQ(world.stack().Close(world.now(), listener), Errno::kOk);
  world.Poll();
  EXPECT_EQ(AuditEmpty(world.stack()), "");
}

// Incident 47. Incident 60: a pool that runs out costs the segment and nothing else; with room
// the same peer succeeds. CREQ-05, CREQ-15, CREQ-16 row 3.
TEST(SynQueueTest, AnEmptyPoolDropsTheSynAndChangesNothing) {
  for (const uint32_t requests : {0u, 1u, 2u}) {
    Config config = LinuxConfig();
    config.requests = requests;
    World world(config);
    const ListenerId listener = world.Listen(10);
    std::vector<HandPeer> inside;
    for (uint32_t i = 0; i < requests; ++i) inside.push_back(Knock(world));
    world.Moved();
    HandPeer late = Knock(world);
    EXPECT_EQ(late.Heard(), "");
    EXPECT_EQ(late.state(), State::kNone);
    EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1");
    EXPECT_EQ(QueuedAt(world, listener), requests);
    if (requests == 0) continue;
    inside[0].SayAt(kRst, 1);
    TcpPacket again = late.At(kSyn, 0);
    EXPECT_EQ(world.Inject(again), Verdict(Action::kQueue));
  }
}

// Incident 53. Incident 95: handshakes that fail, each in its way, leave the listener as it
// was.
TEST(SynQueueTest, FailedHandshakesLeaveNothingBehind) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  for (int i = 0; i < 300; ++i) {
    HandPeer peer = Knock(world);
    peer.Heard();
    switch (i % 4) {
      case 0: peer.SayAt(kRst, 1); break;
      case 1: peer.SayAt(kSyn, 1); break;
      case 2: peer.SayAt(kSyn | kAck, 1, 1); break;
      default: world.Advance(64s); break;
    }
    ASSERT_EQ(QueuedAt(world, listener), 0u) << i;
  }
  world.Take();
  HandPeer honest(world, kHttp);
  EXPECT_TRUE(honest.Open());
  ASSERT_EQ(world.stack().Close(world.now(), listener), Errno::kOk);
  world.Poll();
  EXPECT_EQ(AuditEmpty(world.stack()), "");
}

// I-13, CREQ-16: every SYN has one fate, and the counts say which.
TEST(SynQueueTest, EachSynIsAccountedFor) {
  World world(LinuxConfig());
  world.Listen(2);
  for (int i = 0; i < 3; ++i) Knock(world, Port{static_cast<uint16_t>(100 + i % 2)});
  for (int i = 0; i < 5; ++i) Knock(world, Port{static_cast<uint16_t>(200 + i)});
  const Counters& counters = world.stack().counters();
  EXPECT_EQ(counters[Counter::kHandfastRequestsOpened], 3u);
  EXPECT_EQ(counters[Drop::kSynRepeated], 1u);
  EXPECT_EQ(counters[Drop::kSynQueueFull], 4u);
  EXPECT_EQ(counters[Counter::kTcpInSegs], 8u);
}

}  // namespace
}  // namespace handfast
