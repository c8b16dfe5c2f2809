// What the fuzz targets that play scenarios share; and the judges that some of them have.

#include "harness/fuzz/op_target.h"

#include <gtest/gtest.h>

#include "harness/op/both.h"
#include "harness/op/burst.h"
#include "harness/op/compose.h"
#include "harness/op/duel.h"
#include "harness/op/script.h"

namespace handfast {
namespace {

class Nobody final : public Spectator {};

class Listener final : public Spectator {
 public:
  void OnOp(const Play&, const Op& op) override { script += Print(op) + "\n"; }
  std::string script;
};

TEST(OpInputTest, EveryByteStringIsAnInput) {
  EXPECT_TRUE(OpInput::Decode({}).ops.empty());
  OpInput input{0xb5, Listening(2)};
  const OpInput again = OpInput::Decode(input.Encode());
  EXPECT_EQ(again.ops, input.ops);
  EXPECT_EQ(again.setup(), 5);
  EXPECT_EQ(again.variant(), 22);
}

// I-02: nothing of a play is left in the next one.
TEST(OpTargetTest, AFreshPlayIsANewOne) {
  Nobody nobody;
  for (uint8_t setup = 0; setup < kSetups; ++setup) {
    Play& used = FreshPlay(setup, nobody);
    used.Do(Listening());
    used.Do(Say(1, kSyn));
    Play& fresh = FreshPlay(setup, nobody);
    const Play made(setup);
    EXPECT_EQ(fresh.stack(), made.stack());
    EXPECT_EQ(fresh.peer_stack(), made.peer_stack());
    EXPECT_EQ(fresh.now(), made.now());
    EXPECT_EQ(fresh.ops(), 0u);
  }
}

TEST(BothTest, BothAreTold) {
  Listener one, other;
  Both both(one, other);
  Play play;
  play.set_spectator(&both);
  play.Do(Listening());
  EXPECT_EQ(one.script, Print(Listening()));
  EXPECT_EQ(other.script, one.script);
}

std::string NobodyMayAbort(const OpInput& input, Spectator& watch) {
  FreshPlay(input.setup(), watch).Do(input.ops);
  for (const Op& op : input.ops)
    if (op.verb == Verb::kAbort) return "somebody aborts";
  return "";
}

TEST(OpTargetTest, WhatIsWrongIsToldAsTheStoryOfWhatMatters) {
  OpInput input{3, Listening(2)};
  EXPECT_NO_FATAL_FAILURE(RunOpTarget(input.Encode(), NobodyMayAbort));
  input.ops.push_back(Call(Verb::kAbort, 1));
  input.ops.push_back(Say(1, kSyn));
  EXPECT_DEATH(RunOpTarget(input.Encode(), NobodyMayAbort),
               "not so: somebody aborts\n--setup=tiny\n.0 abort.3.\n.*// somebody aborts\n");
}

std::string Trap(const OpInput& input, Spectator& watch) {
  FreshPlay(input.setup(), watch).Do(input.ops);
  __builtin_trap();
}

TEST(OpTargetTest, WhatTrapsShowsItsScript) {
  const OpInput input{0, Listening(2)};
  EXPECT_DEATH(RunOpTarget(input.Encode(), Trap), "what was played:\n.0 socket.*listen.3, 2.");
}

// One who does not read, and a link that takes nothing for a while: peace is made.
TEST(DuelTest, TheyAgreeOnWhatTheyCouldNotSay) {
  Play play;
  Scenario ops = Listening(1);
  for (const Op& op :
       {OfPeer(Call(Verb::kSocket, 1)), OfPeer(Call(Verb::kConnect, 1)),
        Count(Verb::kDeliver, 1), Count(Verb::kDeliver, 1), Count(Verb::kDeliver, 1),
        Accept(0, 1), OfPeer(Count(Verb::kWrite, 20'000, 1)), Count(Verb::kLose, 0),
        Count(Verb::kWrite, 9000, 1), Count(Verb::kRefuse, 8), Wait(5000)})
    ops.push_back(op);
  EXPECT_EQ(Duel(play, ops), "");
  EXPECT_EQ(play.descriptor(1).written, 9000u);
  EXPECT_GT(play.descriptor(1).read, 15'000u);
  EXPECT_EQ(play.peer_descriptor(1).read, 9000u);
}

// Our window opens, and nobody hears of it: A must ask (RFC 9293 §3.8.6.1).
TEST(DuelTest, AWindowUpdateIsLost) {
  Play play;
  Scenario ops = Listening(1);
  for (const Op& op :
       {OfPeer(Call(Verb::kSocket, 1)), OfPeer(Call(Verb::kConnect, 1)),
        Count(Verb::kDeliver, 1), Count(Verb::kDeliver, 1), Count(Verb::kDeliver, 1),
        Accept(0, 1), OfPeer(Count(Verb::kWrite, 16'384, 1)), Wait(150),
        OfPeer(Count(Verb::kWrite, 9000, 1)), Count(Verb::kRefuse, 8),
        Count(Verb::kRead, 20'000, 1)})
    ops.push_back(op);
  EXPECT_EQ(Duel(play, ops), "");
  EXPECT_EQ(play.descriptor(1).read, play.peer_descriptor(1).written);
  EXPECT_GT(play.peer_descriptor(1).written, 20'000u);
  EXPECT_GT(play.peer_stack().counters()[Counter::kTcpExtTCPWinProbe], 0u);
}

TEST(BurstTest, AHandshakeAndItsTextInOneBurst) {
  Scenario ops = Listening(1);
  Op text = Say(1, kAck | kPsh);
  text.length = 100;
  for (const Op& op : {Say(1, kSyn), Say(1, kAck), text, Say(1, kFin | kAck), Say(2, kSyn)})
    ops.push_back(op);
  for (const size_t room : {size_t{1}, size_t{2}, size_t{30}}) {
    Play play;
    Listener listener;
    EXPECT_EQ(WhereBurstsMatter(play, ops, room, listener), "");
    EXPECT_EQ(listener.script.substr(0, Print(ops).size()), Print(ops));
  }
}

}  // namespace
}  // namespace handfast
