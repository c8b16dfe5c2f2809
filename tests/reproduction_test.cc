// What a fuzzer found becomes a story, a ladder, a capture and a test.

#include "harness/app/reproduction.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "harness/op/compose.h"
#include "harness/op/draw.h"
#include "harness/op/script.h"

namespace handfast {
namespace {

Case Handshake() {
  Case what{3, Listening()};
  for (const Op& op : {Say(1, kSyn), Say(1, kAck), Accept(0, 1)})
    what.scenario.push_back(Normal(op));
  return what;
}

// A long one, with a few ops of this verb in it.
Case LongWith(Verb verb) {
  SimRng rng(7);
  Case what{2, DrawScenario(rng, 60)};
  std::erase_if(what.scenario, [verb](const Op& op) { return op.verb == verb; });
  for (const size_t at : {10u, 20u}) {
    const auto place = what.scenario.begin() + static_cast<std::ptrdiff_t>(at);
    what.scenario.insert(place, Normal(Call(verb, 1)));
  }
  return what;
}

// Complains of each rekey, as an audit would.
std::string NoRekey(const Case& what, const std::function<void()>& done) {
  for (const Op& op : what.scenario) {
    if (op.verb == Verb::kRekey) return "op 3: I-17: a planted one";
    done();
  }
  return "";
}

// Does not survive one.
std::string DeadlyRekey(const Case& what, const std::function<void()>& done) {
  for (const Op& op : what.scenario) {
    if (op.verb == Verb::kRekey) std::_Exit(3);
    done();
  }
  return "";
}

TEST(ReproductionTest, AScriptAndItsCodeAreTheSameCase) {
  const Case what = Handshake();
  const Loaded script = Load(Print(what.scenario, what.setup));
  ASSERT_TRUE(script.what) << script.error;
  EXPECT_EQ(script.what->scenario, what.scenario);
  EXPECT_EQ(script.what->setup, 3);
  const std::vector<uint8_t> code = Encode(what.scenario);
  std::string octets(1, '\3');
  octets.append(code.begin(), code.end());
  const Loaded input = Load(octets);
  ASSERT_TRUE(input.what);
  EXPECT_EQ(input.what->scenario, what.scenario);
  EXPECT_EQ(input.what->setup, 3);
}

TEST(ReproductionTest, WhatIsNoCaseIsTold) {
  EXPECT_EQ(Load("").error, "it is empty");
  EXPECT_NE(Load("+0 soket(...) = 3\n").error.find("line 1"), std::string::npos);
}

TEST(ReproductionTest, OfACleanCaseNothingIsWrong) {
  const Outcome outcome = OutcomeOf(Handshake());
  EXPECT_EQ(outcome.wrong, "");
  EXPECT_FALSE(outcome.dies);
}

TEST(ReproductionTest, AFindIsMinimised) {
  const Case what = LongWith(Verb::kRekey);
  const Outcome outcome = OutcomeOf(what, NoRekey);
  EXPECT_EQ(outcome.wrong, "op 3: I-17: a planted one");
  const Case least = Minimised(what, outcome, NoRekey);
  ASSERT_EQ(least.scenario.size(), 1u);
  EXPECT_EQ(least.scenario[0].verb, Verb::kRekey);
  EXPECT_EQ(least.setup, what.setup);
}

TEST(ReproductionTest, ADeathIsMinimisedAndToldAsFarAsItGoes) {
  const Case what = LongWith(Verb::kRekey);
  const Outcome outcome = OutcomeOf(what, DeadlyRekey);
  EXPECT_TRUE(outcome.dies);
  EXPECT_EQ(outcome.done, 10u);
  EXPECT_EQ(Minimised(what, outcome, DeadlyRekey).scenario.size(), 1u);
  const std::string story = StoryOf(what, outcome);
  const Parsed parsed = Parse(story);
  ASSERT_TRUE(parsed.script) << parsed.error;
  EXPECT_EQ(parsed.script->scenario(), what.scenario) << "all ops stand in it";
  EXPECT_TRUE(story.ends_with("// it dies: a sanitizer\n")) << story;
}

TEST(ReproductionTest, ACaseIsALadderACaptureAndATest) {
  const Case what = Handshake();
  const Outcome outcome = OutcomeOf(what);
  const std::string ladders = LaddersOf(what, outcome, LadderStyle::kAscii);
  EXPECT_NE(ladders.find("SYN-RECEIVED -> ESTABLISHED"), std::string::npos) << ladders;
  std::ostringstream capture;
  EXPECT_EQ(Capture(what, outcome, capture), "");
  EXPECT_GT(capture.str().size(), 400u);
  EXPECT_EQ(capture.str().substr(0, 4), "\n\r\r\n");
  std::ostringstream full;
  full.setstate(std::ios::badbit);
  EXPECT_NE(Capture(what, outcome, full), "");
  const std::string test = TestOf(what, "AHandshake");
  EXPECT_TRUE(test.starts_with("TEST(RegressTest, AHandshake) {\n")) << test;
  EXPECT_NE(test.find(Print(what.scenario, what.setup)), std::string::npos);
}

}  // namespace
}  // namespace handfast
