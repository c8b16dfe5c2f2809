// Reach: which cells of the matrix a play has been in.

#include "harness/op/reach.h"

#include <gtest/gtest.h>

#include "harness/op/explore.h"

namespace handfast {
namespace {

struct Reached {
  std::array<uint8_t, Reach::kCells> cells{};
  Reach reach{cells};

  uint8_t At(State state, Coming coming, Action action) const {
    return cells[Reach::IndexOf(state, coming, action)];
  }
};

// The passive alphabet: a listener with backlog 0, strangers.
struct Passive : Reached, Play {
  Passive() {
    set_spectator(&reach);
    Do(Alphabets()[0].beginning);
  }
};

const Op& LetterOf(const std::string& name) {
  for (const Letter& letter : Alphabets()[0].letters)
    if (name == letter.name) return letter.op;
  std::abort();
}

TEST(ReachTest, AHandshakeIsTwoCells) {
  Passive play;
  play.Do(LetterOf("B: SYN"));
  play.Do(LetterOf("B: ACK"));
  EXPECT_EQ(play.At(State::kListen, Coming::kSyn, Action::kQueue), 1);
  EXPECT_EQ(play.At(State::kSynReceived, Coming::kAck, Action::kEstablish), 1);
  EXPECT_EQ(ShowMatrix(play.cells),
            "LISTEN, SYN:            queue a request, answer with SYN-ACK 1\n"
            "SYN-RECEIVED, ACK:      establish 1\n");
}

TEST(ReachTest, ATimerIsACellToo) {
  Passive play;
  play.Do(LetterOf("B: SYN"));
  play.Do(LetterOf("to the next deadline"));
  EXPECT_EQ(play.At(State::kSynReceived, Coming::kTimer, Action::kDrop), 1);
}

TEST(ReachTest, CountsSaturate) {
  Passive play;
  for (int i = 0; i < 300; ++i) play.Do(LetterOf("B: ACK"));
  EXPECT_EQ(play.At(State::kListen, Coming::kAck, Action::kSendRst), 255);
}

TEST(ReachTest, ACopyIsWatchedByNobody) {
  Passive play;
  Play copy = play;
  const size_t before = CellsReached(play.cells);
  copy.Do(LetterOf("B: SYN"));
  EXPECT_EQ(CellsReached(play.cells), before);
}

}  // namespace
}  // namespace handfast
