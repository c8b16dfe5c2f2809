// What the workbench says of a simulation.

#include "harness/app/simulation.h"

#include <gtest/gtest.h>

#include "harness/json.h"

namespace handfast {
namespace {

Simulation WrongOne() {
  Simulation simulation;
  simulation.options.seed = 42;
  simulation.options.faults.loss = 25;
  simulation.options.faults.corrupt = 5;
  simulation.soak.wrong = "conversation 7, client: more came than was said";
  return simulation;
}

constexpr char kRepeat[] =
    "handfast simulate --seed 42 --loss 2.5 --corrupt 0.5 --delay 0.1 --seconds 60";

TEST(SimulationTest, WhatWasWrongIsToldWithTheCommandThatRepeatsIt) {
  const std::string text = ShowText(WrongOne(), {});
  EXPECT_NE(text.find("WRONG:\ntalk: conversation 7, client: more came than was said\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(std::string("the same again: ") + kRepeat + "\n"), std::string::npos);
  EXPECT_EQ(text.find("All is well"), std::string::npos);
}

TEST(SimulationTest, MachinesLearnItToo) {
  const std::string json = ShowJson(WrongOne(), {});
  EXPECT_NE(
      json.find("\"wrong\":\"talk: conversation 7, client: more came than was said\\u000a\""),
      std::string::npos)
      << json;
  EXPECT_NE(json.find(std::string("\"repeat\":\"") + kRepeat), std::string::npos);
}

TEST(JsonWriterTest, ValuesAreSeparatedAndTextIsEscaped) {
  JsonWriter json;
  json.BeginObject().Field("a\"\\", "\n\x01").Field("b", 2.5).Key("c").BeginArray();
  json.Value(true).Value(7u).BeginObject().End().BeginArray().End().End().End();
  EXPECT_EQ(json.text(), R"({"a\"\\":"\u000a\u0001","b":2.5,"c":[true,7,{},[]]})");
}

}  // namespace
}  // namespace handfast
