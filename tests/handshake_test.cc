// The passive handshake, and the limits of its two queues.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kWeb{80};

ListenerId ListenOn(World& world, int backlog = 5) {
  return *world.stack().Listen(world.now(), {Addr::AnyV4(), kWeb}, backlog);
}

TEST(HandshakeTest, ThreeSegmentsMakeAConnection) {
  World world;
  const ListenerId listener = ListenOn(world);
  HandPeer peer(world, kWeb);
  ASSERT_TRUE(peer.Open(OptionList::Usual(7)));
  EXPECT_TRUE(world.Take().empty()) << "a pure third ACK is not answered";
  const auto socket = world.stack().Accept(world.now(), listener);
  ASSERT_TRUE(socket);
  EXPECT_EQ(world.stack().Status(*socket)->state, State::kEstablished);
}

}  // namespace
}  // namespace handfast
