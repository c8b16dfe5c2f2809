// A listener that closes, and who was on the way to it.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

// A half-open connection, a child without and a child with unread text.
struct Three {
  Three() : listener(world.Listen(128)) {
    half_open.SayAt(kSyn, 0);
    half_open.Heard();
    EXPECT_TRUE(child.Open(OptionList()));
    EXPECT_TRUE(talker.Open(OptionList()));
    talker.SayAt(kAck | kPsh, 1, 1, 6);
    world.Advance(125ms);
    talker.Heard();
    world.Moved();
  }
  void Close() {
    EXPECT_EQ(world.stack().Close(world.now(), listener), Errno::kOk);
    world.Poll();
  }

  World world{LinuxConfig()};
  ListenerId listener;
  HandPeer half_open{world, kHttp, Port{19001}};
  HandPeer child{world, kHttp, Port{19002}};
  HandPeer talker{world, kHttp, Port{19003}};
};

// E52, SHUT-02, SHUT-05, SYNQ-06.
TEST(ListenerCloseTest, ChildrenThatNobodyAcceptedAreReset) {
  Three three;
  three.Close();
  EXPECT_EQ(three.child.HeardWhen(), "0.125 R. 1 ack 1 win 64240\n");
  EXPECT_EQ(three.talker.HeardWhen(), "0.125 R. 1 ack 7 win 64234\n");
  EXPECT_EQ(three.world.Moved(),
            "Tcp.CurrEstab-2, Tcp.EstabResets+2, Tcp.OutRsts+2, Tcp.OutSegs+2");
  EXPECT_EQ(AuditEmpty(three.world.stack()), "");
}

// E52, SHUT-06: a last ACK meets nobody. Incident 51: no SYN-ACK follows.
TEST(ListenerCloseTest, AHalfOpenConnectionIsForgotten) {
  Three three;
  three.Close();
  EXPECT_EQ(three.half_open.state(), State::kNone);
  three.world.Moved();
  three.half_open.SayAt(kAck, 1, 1);
  EXPECT_EQ(three.half_open.Heard(), "R 1 win 0");
  EXPECT_EQ(three.world.Moved(), "Tcp.OutRsts+1, Tcp.OutSegs+1");
  three.world.Advance(300s);
  EXPECT_EQ(three.half_open.Heard(), "");
  EXPECT_EQ(three.world.Moved(), "");
  EXPECT_EQ(three.world.stack().counters()[Counter::kHandfastRequestsClosed], 1u);
}

// E52: the SYN again.
TEST(ListenerCloseTest, ASynThatComesAgainIsRefused) {
  Three three;
  three.Close();
  three.world.Moved();
  three.half_open.SayAt(kSyn, 0);
  EXPECT_EQ(three.half_open.Heard(), "R. abs0 ack 1 win 0");
  EXPECT_EQ(three.world.Moved(), "Tcp.OutRsts+1, Tcp.OutSegs+1");
}

// Incident 93: the SYN that comes as the listener closes; both orders, one instant.
TEST(ListenerCloseTest, TheOrderOfCloseAndSynDecides) {
  World world(LinuxConfig());
  HandPeer before(world, kHttp, Port{20001}), after(world, kHttp, Port{20002});
  const ListenerId listener = world.Listen();
  before.SayAt(kSyn, 0);
  ASSERT_EQ(world.stack().Close(world.now(), listener), Errno::kOk);
  after.SayAt(kSyn, 0);
  EXPECT_EQ(before.Heard(), "S. 0 ack 1 win 64240 <mss 1460>");
  EXPECT_EQ(after.Heard(), "R. abs0 ack 1 win 0");
  EXPECT_EQ(AuditEmpty(world.stack()), "");
}

// SHUT-05: a child whose peer has reset it is over already, and one that was accepted lives
// on. Incident 87: in any order of their ends.
TEST(ListenerCloseTest, AcceptedConnectionsLiveOn) {
  Three three;
  const SocketId accepted = *three.world.stack().Accept(three.world.now(), three.listener);
  three.talker.SayAt(kRst, 7);
  three.world.Moved();
  three.Close();
  EXPECT_EQ(three.talker.Heard(), "");
  EXPECT_EQ(three.world.Moved(), "");
  EXPECT_EQ(three.world.stack().Status(accepted)->state, State::kEstablished);
  three.child.SayAt(kAck | kPsh, 1, 1, 9);
  EXPECT_EQ(three.world.stack().Status(accepted)->unread, 9u);
  ASSERT_EQ(three.world.stack().Abort(three.world.now(), accepted), Errno::kOk);
  three.world.Poll();
  EXPECT_EQ(AuditEmpty(three.world.stack()), "");
}

// MAY-1, SHLD-3. Incident 85: who closes without having read tells the peer.
TEST(ListenerCloseTest, ClosingWithUnreadTextResets) {
  Three three;
  Stack& stack = three.world.stack();
  const SocketId read_all = *stack.Accept(three.world.now(), three.listener);
  const SocketId unread = *stack.Accept(three.world.now(), three.listener);
  ASSERT_EQ(stack.Close(three.world.now(), read_all), Errno::kOk);
  ASSERT_EQ(stack.Close(three.world.now(), unread), Errno::kOk);
  three.world.Poll();
  EXPECT_EQ(three.child.Heard(), "F. 1 ack 1 win 64240");
  EXPECT_EQ(three.talker.Heard(), "R. 1 ack 7 win 64234");
  EXPECT_EQ(three.talker.state(), State::kNone);
}

// The port is free at once, and its id void. I-24.
TEST(ListenerCloseTest, ThePortCanBeListenedOnAgain) {
  Three three;
  three.Close();
  Stack& stack = three.world.stack();
  EXPECT_EQ(stack.Accept(three.world.now(), three.listener).error(), Errno::kBadF);
  EXPECT_EQ(stack.Close(three.world.now(), three.listener), Errno::kBadF);
  const ListenerId again = three.world.Listen();
  EXPECT_EQ(stack.Accept(three.world.now(), three.listener).error(), Errno::kBadF);
  HandPeer peer(three.world, kHttp, Port{19004});
  three.world.Take();
  EXPECT_TRUE(peer.Open());
  EXPECT_TRUE(stack.Accept(three.world.now(), again));
  EXPECT_EQ(three.half_open.SayAt(kAck, 1, 1), Verdict(Action::kSendRst, Drop::kFlags));
}

}  // namespace
}  // namespace handfast
