// Where inputs of the targets that play scenarios lead to, and what a seed is called for it.

#ifndef HARNESS_FUZZ_OP_REACH_H_
#define HARNESS_FUZZ_OP_REACH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/fuzz/op_input.h"
#include "harness/op/reach.h"

namespace handfast {

// How a target plays: what the ops say, or a duel.
enum class PlayedAs : uint8_t { kScenario, kDuel };

// The cells of Reach.
std::vector<uint8_t> CellsOf(const OpInput& input, PlayedAs played = PlayedAs::kScenario);

// A state as a word of a file's name: "syn-received"; "none" of kNone.
std::string FileWord(State state);
// What the names of seeds begin with that reach these cells: the deepest state.
inline std::string SeedPrefix(std::span<const uint8_t> cells) {
  return FileWord(DeepestReached(cells)) + "-";
}

}  // namespace handfast

#endif  // HARNESS_FUZZ_OP_REACH_H_
