#include "harness/fuzz/op_reach.h"

#include <cctype>

#include "harness/op/duel.h"

namespace handfast {

std::vector<uint8_t> CellsOf(const OpInput& input, PlayedAs played) {
  std::vector<uint8_t> cells(Reach::kCells);
  Reach reach(cells);
  Play play(input.setup());
  play.set_audits(Play::Audits::kNone);
  play.set_spectator(&reach);
  if (played == PlayedAs::kDuel)
    (void)Duel(play, input.ops);
  else
    play.Do(input.ops);
  reach.Look(play);
  return cells;
}

std::string FileWord(State state) {
  if (state == State::kNone) return "none";
  std::string word = Name(state);
  for (char& letter : word)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return word;
}

}  // namespace handfast
