// Text that comes before the handshake has ended.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

// Nobody can accept, and no text is kept.
void ExpectNothingOpen(const Scene& scene) {
  EXPECT_EQ(scene.world.stack().Status(scene.listener)->accept_queue, 0u);
  EXPECT_EQ(scene.world.stack().tables().chunks.used(), 0u);
  EXPECT_EQ(scene.world.stack().tables().connections.used(), 0u);
  EXPECT_EQ(AuditText(scene.world.stack()), "");
}

// Incident 27. I-47: a blind peer sends text and FIN before its address is proven.
TEST(EarlyTextTest, IsNotForTheUserBeforeTheHandshakeHasEnded) {
  Scene scene(State::kListen);
  World& world = scene.world;
  TcpPacket syn = scene.peer.Make(kSyn, Text(0, 100));
  EXPECT_EQ(world.Inject(syn), Verdict(Action::kQueue));
  const auto synack = world.TakeOne();
  ASSERT_TRUE(synack);
  EXPECT_EQ(synack->ack, syn.seq + 1) << "the SYN alone is acknowledged";
  ExpectNothingOpen(scene);

  scene.peer.seq += 1;
  for (const uint32_t wrong :
       {0u, 1u, synack->seq, synack->seq + 2, synack->seq + 0x80000000u}) {
    TcpPacket guess = scene.peer.Make(kAck | kPsh, Text(0, 100));
    guess.ack = wrong;
    world.Inject(guess);
    ExpectNothingOpen(scene);
  }
  world.Inject(scene.peer.Make(kFin));
  world.Inject(scene.peer.Make(0, Text(0, 10)));
  world.Inject(scene.peer.Make(kPsh, Text(0, 10)));
  ExpectNothingOpen(scene);
  for (const Seen& seen : world.TakeSegments()) EXPECT_TRUE(seen.text.empty());

  scene.peer.Hear(*synack);
  EXPECT_EQ(scene.peer.Say(kAck, Text(0, 10)), Verdict(Action::kEstablish));
  scene.socket = *world.stack().Accept(world.now(), scene.listener);
  EXPECT_EQ(world.ReadAll(scene.socket), Text(0, 10)) << "only what the proven peer said";
  EXPECT_EQ(scene.state(), State::kEstablished) << "an unproven FIN ends nothing";
}

// Incident 27: the same as a flood; SYN with text takes no more than SYN.
TEST(EarlyTextTest, ManySynsWithTextStoreNone) {
  Scene scene(State::kListen);
  for (uint16_t port = 1; port <= 2000; ++port) {
    HandPeer blind(scene.world, kHttp, Port{port});
    scene.world.Inject(blind.Make(kSyn, Text(0, 1400)));
  }
  EXPECT_EQ(scene.world.stack().tables().chunks.used(), 0u);
  EXPECT_EQ(scene.world.stack().Status(scene.listener)->syn_queue, 6u);
  EXPECT_EQ(AuditText(scene.world.stack()), "");
}

// SYN-SENT: text and FIN of a SYN-ACK are for the peer to send again (RFC 9293 §3.10.7.3
// lets them wait); nothing is read that was not acknowledged.
TEST(EarlyTextTest, WithASynAckItIsNotAcknowledgedUnlessItIsRead) {
  Scene scene(State::kSynSent);
  TcpPacket synack = scene.peer.Make(kSyn | kAck, Text(0, 50));
  EXPECT_EQ(scene.world.Inject(synack), Verdict(Action::kEstablish));
  const auto ack = scene.world.TakeOne();
  ASSERT_TRUE(ack);
  const std::vector<uint8_t> read = scene.world.ReadAll(scene.socket);
  EXPECT_EQ(ack->ack, synack.seq + 1 + read.size());
}

}  // namespace
}  // namespace handfast
