// Op target: what the fuzz targets that play scenarios share: a fresh play for each input,
// where they have been as coverage, and failures that tell their story.

#ifndef HARNESS_FUZZ_OP_TARGET_H_
#define HARNESS_FUZZ_OP_TARGET_H_

#include <string>

#include "harness/fuzz/op_input.h"
#include "harness/op/play.h"

namespace handfast {

// A play of this setup in which nothing has happened, watched by `watch`. It is a copy of one
// that was made before, in the memory of the last one of this setup, which is gone.
Play& FreshPlay(uint8_t setup, Spectator& watch);

// What is wrong of an input, or "". What happens is to be told to `watch`.
using OpJudge = std::string (*)(const OpInput& input, Spectator& watch);

// Runs an input. libFuzzer sees where it has been (harness/op/reach.h), and the trail what came
// of it. If something is wrong, says what, tells the story of a simpler scenario of which the
// same judge says that something is wrong, and aborts; if something traps, shows the script.
//
// When the program ends it says how much all its inputs have reached.
void RunOpTarget(Bytes data, OpJudge judge);

}  // namespace handfast

#endif  // HARNESS_FUZZ_OP_TARGET_H_
