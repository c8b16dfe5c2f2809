// Rules of RFC 9293 §3.10.7 whose breach hurts someone, as stories.

#include <gtest/gtest.h>

#include "harness/world_states.h"

namespace handfast {
namespace {

StageOptions WithTimestamps(const Config& config = Config::Default()) {
  StageOptions options;
  options.config = SmallConfig(config);
  options.syn.Timestamps(100, 0);
  return options;
}

// A peer that lost its memory, and uses no timestamps any more, must get through all the
// same: challenge, RST, SYN again. R5961-4.2 is a MUST, R7323-3.2c a SHOULD. Incidents 64
// and 129.
TEST(SegmentRulesTest, ARestartedPeerWithoutTimestampsGetsThrough) {
  for (const Stage stage : {Stage::kCrossed, Stage::kEstablished, Stage::kFinWait2,
                            Stage::kCloseWait, Stage::kLastAck}) {
    StageWorld world(stage, WithTimestamps());
    ASSERT_TRUE(world.peer.timestamps);
    HandPeer reborn(world.world, kStagePort, world.peer.flow.local_port, 77'000);
    reborn.flow = world.peer.flow;
    EXPECT_EQ(reborn.Say(kSyn), Verdict(Action::kChallenge, Drop::kInvalidSyn)) << Name(stage);
    const auto challenge = world.world.TakeOne();
    ASSERT_TRUE(challenge && challenge->flags == kAck) << Name(stage);
    reborn.seq = challenge->ack;
    EXPECT_EQ(reborn.Say(kRst), Verdict(Action::kReset)) << Name(stage);
    EXPECT_EQ(OwnerOf(world.stack(), world.flow()), Owner::kNobody) << Name(stage);
  }
}

// The same segments to a half-open connection: nobody is kept waiting by it, as the SYN-ACK
// timer ends it. R7323-3.2c, C8.
TEST(SegmentRulesTest, AHalfOpenConnectionDropsASynWithoutTimestamps) {
  StageWorld world(Stage::kRequest, WithTimestamps());
  world.peer.timestamps = false;
  EXPECT_EQ(world.peer.Say(kSyn), Verdict(Action::kDrop, Drop::kNoTimestamp));
  EXPECT_TRUE(world.world.Take().empty());
}

}  // namespace
}  // namespace handfast
