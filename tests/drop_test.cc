// What is dropped leaves no trace but in the counters (I-09).

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

TEST(DropTest, IsNoOccasionToSendWhatWaits) {
  Scene scene;
  Stack& stack = scene.world.stack();
  ASSERT_TRUE(stack.Write(scene.world.now(), scene.socket, Text(0, 100)));
  const std::vector<std::byte> before = Snapshot(stack);
  const Datagram without_ack = scene.peer.At(kPsh, 1).Seal();
  const Bytes view(without_ack);
  OwnedTxBurst tx(4, 1500);
  ASSERT_EQ(stack.Input(scene.world.now(), {&view, 1}, tx), 1u);
  EXPECT_EQ(tx.size(), 0u);
  EXPECT_TRUE(Snapshot(stack) == before);
}

}  // namespace
}  // namespace handfast
