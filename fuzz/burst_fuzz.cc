// burst: a burst of datagrams does what its datagrams do one by one: the same answers, the same
// verdicts, the same state and counters.

#include "harness/fuzz/op_target.h"
#include "harness/fuzz/target.h"
#include "harness/op/burst.h"

using namespace handfast;

namespace {

// The input's variant says how many answers there is room for at a time.
std::string UnlikeWith(const OpInput& input, Spectator& watch) {
  Play& play = FreshPlay(input.setup(), watch);
  play.set_audits(Play::Audits::kNone);
  std::string unlike = WhereBurstsMatter(play, input.ops, 1u + input.variant(), watch);
  TheTrail().Add(play.stack().Hash());
  return unlike;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RunOpTarget({data, size}, UnlikeWith);
  return 0;
}
