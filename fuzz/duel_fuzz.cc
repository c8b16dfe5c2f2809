// duel: whatever a link does to two stacks and their users, once it heals both agree on states,
// numbers and text; and when all is closed, both are empty.

#include "harness/fuzz/op_target.h"
#include "harness/fuzz/target.h"
#include "harness/op/duel.h"

using namespace handfast;

namespace {

std::string DisagreementWith(const OpInput& input, Spectator& watch) {
  Play& play = FreshPlay(input.setup(), watch);
  std::string disagreement = Duel(play, input.ops);
  TheTrail().Add(play.stack().Hash());
  TheTrail().Add(play.peer_stack().Hash());
  return disagreement;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RunOpTarget({data, size}, DisagreementWith);
  return 0;
}
