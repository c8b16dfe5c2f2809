// Rules of RFC 9293 §3.10.7 whose breach hurts someone, as stories.

#include <gtest/gtest.h>

#include "harness/audit.h"
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

// TIME-WAIT lasts 2 MSL after the last FIN, whatever else is sent to it: old text and ACKs
// are answered, but prolong nothing; the FIN itself, sent again, does. I-49, incident 76.
TEST(SegmentRulesTest, OnlyTheFinProlongsTimeWait) {
  constexpr struct {
    unsigned flags;
    uint32_t back;  // before RCV.NXT
    size_t text;
  } kOthers[] = {{kAck, 0, 0},        {kAck, 1, 0}, {kAck | kPsh, 7, 6},
                 {kAck | kFin, 0, 0}, {kFin, 1, 0}, {kSyn | kFin | kAck, 2, 0}};
  for (const auto& [flags, back, text] : kOthers) {
    StageWorld world(Stage::kTimeWait);
    world.world.Advance(59s);
    world.peer.seq -= back;
    world.peer.Say(flags, Text(0, text));
    world.world.Advance(2s);
    EXPECT_EQ(OwnerOf(world.stack(), world.flow()), Owner::kNobody) << ShowFlags(flags);
  }
  StageWorld world(Stage::kTimeWait);
  world.world.Advance(59s);
  world.peer.seq -= 1;
  EXPECT_EQ(world.peer.Say(kFin | kAck), Verdict(Action::kRestartAck, Drop::kTimeWait));
  EXPECT_TRUE(world.world.TakeOne());
  world.world.Advance(59s);
  EXPECT_EQ(OwnerOf(world.stack(), world.flow()), Owner::kTimeWait);
  world.world.Advance(2s);
  EXPECT_EQ(OwnerOf(world.stack(), world.flow()), Owner::kNobody);
  EXPECT_EQ(AuditText(world.stack()), "");
}

// On Linux any ACK does, however far from the window (TW-12, E40).
TEST(SegmentRulesTest, OnLinuxAnyAckProlongsTimeWait) {
  for (const uint32_t seq_back : {0u, 1u, 1'000'000u}) {
    StageWorld world(Stage::kTimeWait, {SmallConfig(Config::Linux())});
    world.world.Advance(59s);
    world.peer.seq -= seq_back;
    world.peer.Say(kAck);
    world.world.Advance(59s);
    EXPECT_EQ(OwnerOf(world.stack(), world.flow()), Owner::kTimeWait) << seq_back;
  }
}

// A segment without an ACK, text or FIN where the peer's last one ended: Fifth check, "drop".
// TW-05, incident 23.
TEST(SegmentRulesTest, TimeWaitDoesNotAnswerNothing) {
  for (const Config& config : {Config::Default(), Config::Linux()}) {
    StageWorld world(Stage::kTimeWait, {SmallConfig(config)});
    world.peer.Say(0);
    EXPECT_TRUE(world.world.Take().empty());
  }
}

// Where TIME-WAIT may be ended by an exact RST, other flags do not matter (TW-07).
TEST(SegmentRulesTest, AnExactResetEndsTimeWaitOnLinuxOnly) {
  constexpr unsigned kForms[] = {kRst, kRst | kSyn, kRst | kAck | kFin};
  for (const unsigned flags : kForms) {
    StageWorld linux_like(Stage::kTimeWait, {SmallConfig(Config::Linux())});
    EXPECT_EQ(linux_like.peer.Say(flags), Verdict(Action::kEnd)) << ShowFlags(flags);
    EXPECT_EQ(OwnerOf(linux_like.stack(), linux_like.flow()), Owner::kNobody);
    StageWorld ours(Stage::kTimeWait);
    EXPECT_EQ(ours.peer.Say(flags), Verdict(Action::kDrop, Drop::kReset)) << ShowFlags(flags);
  }
}

// The user is told apart what became of the connection: refused while it was being opened,
// also after SYNs crossed; reset after it was open. MUST-11, MUST-12, RFC 9293 §3.10.7.4.
TEST(SegmentRulesTest, ARefusalIsToldApartFromAReset) {
  const std::pair<Stage, Errno> kWant[] = {
      {Stage::kSynSent, Errno::kConnRefused},   {Stage::kCrossed, Errno::kConnRefused},
      {Stage::kEstablished, Errno::kConnReset}, {Stage::kFinWait1, Errno::kConnReset},
      {Stage::kFinWait2, Errno::kConnReset},    {Stage::kCloseWait, Errno::kPipe},
      {Stage::kClosing, Errno::kConnReset},     {Stage::kLastAck, Errno::kConnReset}};
  for (const auto& [stage, error] : kWant) {
    StageWorld world(stage);
    EXPECT_EQ(world.peer.Say(kRst | kAck), Verdict(Action::kReset)) << Name(stage);
    EXPECT_EQ(world.stack().TakeError(world.world.now(), *world.socket), error) << Name(stage);
    EXPECT_EQ(world.stack().TakeError(world.world.now(), *world.socket), Errno::kOk);
    EXPECT_EQ(AuditText(world.stack()), "");
  }
}

// Incident 75, E35 E: a FIN asked for while SYNs cross waits until the connection is open, and
// leaves then, after whichever segment opens it. Text for a user who has closed is refused.
TEST(SegmentRulesTest, AFinWaitsForCrossedSyns) {
  constexpr struct {
    unsigned flags;
    size_t text;
    State state;
    unsigned answer;
  } kOpeners[] = {{kAck, 0, State::kFinWait1, kFin | kAck},
                  {kSyn | kAck, 0, State::kFinWait1, kFin | kAck},
                  {kFin | kAck, 0, State::kClosing, kFin | kAck},
                  {kAck | kPsh, 10, State::kClosed, kRst | kAck}};
  for (const auto& [flags, text, state, answer] : kOpeners) {
    StageWorld world(Stage::kCrossed);
    ASSERT_EQ(world.stack().Close(world.world.now(), *world.socket), Errno::kOk);
    world.world.Poll();
    EXPECT_TRUE(world.world.Take().empty());
    EXPECT_EQ(StateOf(world.stack(), world.flow()), State::kSynReceived);
    if ((flags & kSyn) != 0) world.peer.seq -= 1;
    EXPECT_EQ(world.peer.Say(flags, Text(0, text)).action, Action::kEstablish);
    EXPECT_EQ(StateOf(world.stack(), world.flow()), state) << ShowFlags(flags);
    const auto out = world.world.TakeOne();
    ASSERT_TRUE(out) << ShowFlags(flags);
    EXPECT_EQ(out->flags, answer) << ShowFlags(flags);
    EXPECT_EQ(out->seq, world.peer.ack);
    EXPECT_EQ(AuditText(world.stack()), "");
  }
}

// R7323-2.2w: the window of a segment with SYN is never scaled, in the SYN-ACK of a crossed
// open neither; that of the ACK is.
TEST(SegmentRulesTest, TheWindowOfACrossedSynAckIsNotScaled) {
  const std::pair<unsigned, uint32_t> kWant[] = {{kSyn | kAck, 1000}, {kAck, 1000 << 5}};
  for (const auto& [flags, window] : kWant) {
    StageOptions options;
    options.syn.Nop().Scale(5);
    StageWorld world(Stage::kCrossed, options);
    world.peer.window = 1000;
    if ((flags & kSyn) != 0) world.peer.seq -= 1;
    EXPECT_EQ(world.peer.Say(flags), Verdict(Action::kEstablish));
    EXPECT_EQ(world.stack().Status(*world.socket)->send_window, window) << ShowFlags(flags);
  }
}

}  // namespace
}  // namespace handfast
