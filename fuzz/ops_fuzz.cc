// ops: whatever happens to a stack, every invariant holds after each step, what users read is
// what was written, and when all is closed nothing is left.

#include "harness/fuzz/op_target.h"
#include "harness/fuzz/target.h"

using namespace handfast;

namespace {

std::string WrongWith(const OpInput& input, Spectator& watch) {
  Play& play = FreshPlay(input.setup(), watch);
  for (const Op& op : input.ops) {
    play.Do(op);
    if (!play.wrong().empty()) return play.wrong();
  }
  play.Finish();
  TheTrail().Add(play.stack().Hash());
  return play.wrong();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RunOpTarget({data, size}, WrongWith);
  return 0;
}
