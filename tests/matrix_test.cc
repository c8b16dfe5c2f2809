// The matrix: which cells there are is said once, and held against what happens.

#include "harness/op/matrix.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/op/compose.h"
#include "harness/op/draw.h"

namespace handfast {
namespace {

Matrix Drawn(uint64_t scenarios) {
  Matrix matrix;
  for (uint64_t seed = 0; seed < scenarios; ++seed) {
    SimRng rng(seed);
    matrix.Add(CellsToTheEnd(DrawScenario(rng, 120), static_cast<uint8_t>(seed % kSetups)));
  }
  return matrix;
}

TEST(MatrixTest, NothingHappensThatIsSaidNotToExist) {
  for (const std::string& surprise : Drawn(3000).Surprises())
    EXPECT_TRUE(surprise.starts_with("not reached: ")) << surprise;
}

TEST(MatrixTest, WhatWasNotReachedIsNamed) {
  Matrix matrix;
  const size_t possible = matrix.totals().possible;
  EXPECT_EQ(matrix.Surprises().size(), possible);
  EXPECT_GT(possible, 150u);
  Scenario scenario = Listening();
  scenario.push_back(Say(1, kSyn));
  matrix.Add(CellsToTheEnd(scenario, 0));
  EXPECT_EQ(matrix.At(State::kListen, Coming::kSyn, Action::kQueue), 1u);
  EXPECT_EQ(matrix.totals().reached, possible - matrix.Surprises().size());
  const auto said = matrix.Surprises();
  const std::string queued = "not reached: LISTEN, SYN: queue a request, answer with SYN-ACK";
  EXPECT_EQ(std::count(said.begin(), said.end(), queued), 0);
  EXPECT_EQ(std::count(said.begin(), said.end(), "not reached: LISTEN, SYN: drop"), 1);
}

TEST(MatrixTest, ACellThatShouldNotBeIsNamed) {
  std::vector<uint8_t> cells(Reach::kCells);
  cells[Reach::IndexOf(State::kTimeWait, Coming::kSyn, Action::kQueue)] = 1;
  Matrix matrix;
  matrix.Add(cells);
  const auto said = matrix.Surprises();
  EXPECT_EQ(std::count(said.begin(), said.end(),
                       "not expected: TIME-WAIT, SYN: queue a request, answer with SYN-ACK"),
            1);
}

TEST(MatrixTest, EveryEmptyCellHasItsReason) {
  EXPECT_EQ(WhyNot(State::kListen, Coming::kSyn, Action::kQueue), nullptr);
  EXPECT_STREQ(WhyNot(State::kListen, Coming::kAck, Action::kQueue),
               "a request comes of a SYN for a listener");
  const std::string page = Matrix().Html();
  size_t empty = 0;
  for (size_t at = page.find("<td class=no>"); at != std::string::npos;
       at = page.find("<td class=no>", at + 1))
    ++empty;
  EXPECT_EQ(empty + Matrix().totals().possible, Reach::kMatrix);
}

}  // namespace
}  // namespace handfast
