// The accept queue: its limit, its order, and what becomes of who waits in it.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

// A peer whose SYN was answered, with the options of the traces.
HandPeer HalfOpen(World& world, uint16_t from) {
  HandPeer peer(world, kHttp, Port{from});
  TcpPacket syn = peer.At(kSyn, 0);
  syn.options = OptionList::Usual(1000);
  world.Inject(syn);
  EXPECT_EQ(peer.Heard(), "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 1000,nop,ws 10>");
  peer.timestamps = true;
  peer.ts_val = 1001;
  return peer;
}

HandPeer Complete(World& world, uint16_t from) {
  HandPeer peer = HalfOpen(world, from);
  EXPECT_EQ(peer.SayAt(kAck, 1, 1), Verdict(Action::kEstablish));
  return peer;
}

std::vector<uint8_t> ReadAll(World& world, SocketId socket) {
  std::vector<uint8_t> text(100);
  text.resize(*world.stack().Read(world.now(), socket, text));
  return text;
}

Port PeerPort(const World& world, SocketId socket) {
  return world.stack().Status(socket)->flow.peer_port;
}

// E24, OVF-01..03, OVF-05, OVF-06, CREQ-04, CHD-01. Incident 50: a full queue costs the ACK
// and nothing else. Differs from Linux: the ACK of text in the third segment is delayed.
TEST(AcceptQueueTest, AFullQueueDelaysTheLastAck) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen(1);
  HandPeer third = HalfOpen(world, 11003);
  Complete(world, 11001);
  Complete(world, 11002);
  EXPECT_EQ(world.Moved(),
            "Tcp.CurrEstab+2, Tcp.OutSegs+3, Tcp.PassiveOpens+2, TcpExt.TCPPureAcks+2");
  EXPECT_EQ(world.stack().Status(listener)->accept_queue, 2u);

  HandPeer fourth(world, kHttp, Port{11004});
  EXPECT_EQ(fourth.SayAt(kSyn, 0), Verdict(Action::kDrop, Drop::kAcceptQueueFull));
  EXPECT_EQ(fourth.Heard(), "");
  EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1, TcpExt.ListenOverflows+1");
  world.Advance(178ms);
  EXPECT_EQ(third.SayAt(kAck, 1, 1), Verdict(Action::kHold, Drop::kAcceptQueueFull));
  EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1, TcpExt.ListenOverflows+1");
  EXPECT_EQ(third.state(), State::kSynReceived);

  world.Advance(3'400ms);
  EXPECT_EQ(third.HeardWhen(),
            "1.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+1000 1000,nop,ws 10>\n"
            "3.000 S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T+3000 1000,nop,ws 10>\n");
  EXPECT_EQ(world.Moved(),
            "Tcp.OutSegs+2, Tcp.RetransSegs+2, TcpExt.TCPSynRetrans+2, TcpExt.TCPTimeouts+2");
  third.ts_val = 1002;
  third.SayAt(kAck | kPsh, 1, 1, 3);
  EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1, TcpExt.ListenOverflows+1");

  EXPECT_EQ(PeerPort(world, *world.stack().Accept(world.now(), listener)), Port{11001});
  third.ts_val = 1003;
  third.SayAt(kAck | kPsh, 1, 1, 3);
  world.Advance(40ms);
  EXPECT_EQ(third.Heard(), ". 1 ack 4 win 32768 <nop,nop,ts T+3618 1003>");
  EXPECT_EQ(world.Moved(),
            "Tcp.CurrEstab+1, Tcp.OutSegs+1, Tcp.PassiveOpens+1, TcpExt.DelayedACKs+1");
  EXPECT_EQ(PeerPort(world, *world.stack().Accept(world.now(), listener)), Port{11002});
  EXPECT_EQ(ReadAll(world, *world.stack().Accept(world.now(), listener)), Text(0, 3));
}

// E24 (tcp_abort_on_overflow=1), OVF-04.
TEST(AcceptQueueTest, OverflowCanBeAnsweredWithARst) {
  Config config = LinuxConfig();
  config.policy.on_overflow = OnOverflow::kReset;
  World world(config);
  world.Listen(1);
  HandPeer third = HalfOpen(world, 11007);
  Complete(world, 11005);
  Complete(world, 11006);
  world.Moved();
  third.SayAt(kAck, 1, 1);
  EXPECT_EQ(third.Heard(), "R 1 win 0");
  EXPECT_EQ(world.Moved(),
            "Tcp.OutRsts+1, Tcp.OutSegs+1, TcpExt.EmbryonicRsts+1, TcpExt.ListenDrops+1, "
            "TcpExt.ListenOverflows+1");
  EXPECT_EQ(third.state(), State::kNone);
}

// E25, OVF-03: the schedule of a request whose ACK met a full queue is every request's.
TEST(AcceptQueueTest, ARequestThatCannotBeAcceptedDiesInItsTime) {
  Config config = LinuxConfig();
  config.policy.synack_retries = 3;
  World world(config);
  world.Listen(1);
  HandPeer third = HalfOpen(world, 12003);
  Complete(world, 12001);
  Complete(world, 12002);
  world.Moved();
  third.SayAt(kAck, 1, 1);
  EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1, TcpExt.ListenOverflows+1");
  world.Advance(14'999ms);
  EXPECT_EQ(third.WhenHeard(), "1.000 3.000 7.000");
  EXPECT_EQ(third.state(), State::kSynReceived);
  world.Advance(1ms);
  EXPECT_EQ(third.state(), State::kNone);
  EXPECT_EQ(world.Moved(),
            "Tcp.OutSegs+3, Tcp.RetransSegs+3, TcpExt.TCPSynRetrans+3, TcpExt.TCPTimeouts+4");
}

// LSTN-06, OVF-06, CREQ-04. Incident 48: exactly backlog + 1 handshakes complete.
TEST(AcceptQueueTest, HoldsOneMoreThanTheBacklog) {
  for (const int backlog : {0, 1, 2, 9}) {
    World world(LinuxConfig());
    const ListenerId listener = world.Listen(backlog);
    for (int i = 0; i < backlog + 3; ++i) {
      HandPeer peer(world, kHttp, Port{static_cast<uint16_t>(13000 + i)});
      EXPECT_EQ(peer.Open(), i <= backlog) << i;
    }
    EXPECT_EQ(world.stack().Status(listener)->accept_queue, static_cast<uint32_t>(backlog) + 1);
    EXPECT_EQ(world.stack().counters()[Counter::kTcpExtListenOverflows], 2u);
  }
}

// E60, ACPT-03, POLL-01. Incident 27: nobody sees text before the handshake is over.
TEST(AcceptQueueTest, TheFirstToCompleteIsTheFirstAccepted) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen(128);
  std::vector<HandPeer> peers;
  for (uint16_t i = 1; i <= 3; ++i)
    peers.push_back(HalfOpen(world, static_cast<uint16_t>(27000 + i)));
  EXPECT_EQ(world.ToldOf(listener), 0) << "half-open connections are no event";
  EXPECT_EQ(world.stack().Accept(world.now(), listener).error(), Errno::kAgain);
  for (const size_t i : {2u, 0u, 1u}) peers[i].SayAt(kAck | kPsh, 1, 1, i + 1);
  EXPECT_EQ(world.ToldOf(listener), kReadable);
  for (const size_t i : {2u, 0u, 1u}) {
    const SocketId child = *world.stack().Accept(world.now(), listener);
    EXPECT_EQ(PeerPort(world, child), peers[i].flow.local_port);
    EXPECT_EQ(world.stack().Status(child)->state, State::kEstablished);
    EXPECT_EQ(ReadAll(world, child), Text(0, i + 1));
  }
  EXPECT_EQ(world.ToldOf(listener), 0);
}

// E60, ACPT-04, SRV-08: a child that was reset, or whose peer is done, is accepted all the
// same. MUST-12.
TEST(AcceptQueueTest, AChildThatIsOverStaysInTheQueue) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen(128);
  HandPeer reset = Complete(world, 27010);
  reset.SayAt(kRst, 1);
  HandPeer done = Complete(world, 27011);
  done.SayAt(kFin | kAck | kPsh, 1, 1, 3);
  const SocketId first = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(PeerPort(world, first), Port{27010});
  ASSERT_EQ(world.stack().SetInterest(first, kAllReady), Errno::kOk);
  EXPECT_EQ(world.ToldOf(first), kReadable | kWritable | kHangup | kErrored);
  EXPECT_EQ(world.stack().TakeError(world.now(), first), Errno::kConnReset);
  EXPECT_EQ(ReadAll(world, first).size(), 0u);
  const SocketId second = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(world.stack().Status(second)->state, State::kCloseWait);
  EXPECT_EQ(ReadAll(world, second), Text(0, 3));
  EXPECT_EQ(ReadAll(world, second).size(), 0u);
  EXPECT_EQ(world.stack().TakeError(world.now(), second), Errno::kOk);
}

// Incident 52: a child that was reset does not hide the next; the listener is ready exactly
// while someone waits. I-26.
TEST(AcceptQueueTest, TheListenerIsReadyWhileSomeoneWaits) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  HandPeer first = Complete(world, 28001);
  Complete(world, 28002);
  first.SayAt(kRst, 1);
  for (const Port port : {Port{28001}, Port{28002}}) {
    EXPECT_EQ(world.ToldOf(listener), kReadable);
    EXPECT_EQ(PeerPort(world, *world.stack().Accept(world.now(), listener)), port);
  }
  EXPECT_EQ(world.ToldOf(listener), 0);
  EXPECT_EQ(world.stack().Accept(world.now(), listener).error(), Errno::kAgain);
}

// The flow of a child that was reset and waits is free for a new connection. ACPT-04.
TEST(AcceptQueueTest, AFlowWhoseChildWasResetCanBeOpenedAgain) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  Complete(world, 29001).SayAt(kRst, 1);
  Complete(world, 29001);
  const SocketId first = *world.stack().Accept(world.now(), listener);
  const SocketId second = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(world.stack().Status(first)->state, State::kClosed);
  EXPECT_EQ(world.stack().Status(second)->state, State::kEstablished);
}

// Incident 47. Incident 60: no room for the connection costs the ACK; the request stays, and
// completes when there is room. OVF-01: that is no overflow.
TEST(AcceptQueueTest, WithoutRoomForAConnectionTheRequestStays) {
  Config config = LinuxConfig();
  config.connections = 1;
  World world(config);
  const ListenerId listener = world.Listen();
  Complete(world, 30001);
  HandPeer late = HalfOpen(world, 30002);
  world.Moved();
  EXPECT_EQ(late.SayAt(kAck, 1, 1), Verdict(Action::kHold, Drop::kNoMemory));
  EXPECT_EQ(world.Moved(), "TcpExt.ListenDrops+1");
  EXPECT_EQ(late.Heard(), "");
  const SocketId child = *world.stack().Accept(world.now(), listener);
  ASSERT_EQ(world.stack().Abort(world.now(), child), Errno::kOk);
  world.Poll();
  EXPECT_EQ(late.SayAt(kAck, 1, 1), Verdict(Action::kEstablish));
}

// CHD-05, E61: options are those of the listener when the child is made.
TEST(AcceptQueueTest, AChildInheritsTheListenersOptions) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  SocketOptions options = *world.stack().GetOptions(listener);
  options.no_delay = true;
  options.user_timeout_ms = 5000;
  options.linger = Linger::kAbort;
  options.send_buffer = 5000;
  HandPeer peer = HalfOpen(world, 31001);
  ASSERT_EQ(world.stack().SetOptions(world.now(), listener, options), Errno::kOk);
  peer.SayAt(kAck, 1, 1);
  const SocketId child = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(*world.stack().GetOptions(child), options);
}

}  // namespace
}  // namespace handfast
