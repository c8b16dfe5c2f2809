// Closing, by halves and whole.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kWeb{80};

struct OpenWorld {
  OpenWorld() : peer(world, kWeb) {
    const auto listener = world.stack().Listen(world.now(), {Addr::AnyV4(), kWeb}, 5);
    EXPECT_TRUE(peer.Open());
    socket = *world.stack().Accept(world.now(), *listener);
  }
  State state() const { return world.stack().Status(socket)->state; }

  World world;
  HandPeer peer;
  SocketId socket;
};

// FIN-WAIT-2 has no timer of its own while the user holds the socket: nothing is sent, and
// nothing is given up, however long the peer goes on talking (RFC 9293 §3.6, Case 1).
TEST(CloseTest, AHalfClosedConnectionWaitsForThePeerForEver) {
  OpenWorld open;
  World& world = open.world;
  ASSERT_EQ(world.stack().Shutdown(world.now(), open.socket, ShutdownHow::kWrite), Errno::kOk);
  world.Poll();
  const auto fin = world.TakeOne();
  ASSERT_TRUE(fin && fin->has(kFin));
  open.peer.Hear(*fin);
  open.peer.Say(kAck);
  EXPECT_EQ(open.state(), State::kFinWait2);
  EXPECT_EQ(AuditText(world.stack()), "");
  EXPECT_TRUE(world.stack().next_deadline().never());

  world.Advance(24h * 30);
  EXPECT_TRUE(world.Take().empty());
  ASSERT_EQ(open.state(), State::kFinWait2);
  open.peer.Say(kAck | kPsh, Text(0, 100));
  std::vector<uint8_t> buffer(200);
  const auto count = world.stack().Read(world.now(), open.socket, buffer);
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 100u);
}

}  // namespace
}  // namespace handfast
