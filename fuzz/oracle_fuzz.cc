// oracle: in connection setup a stack does what the reference model does: answers, verdicts,
// octets sent, queues, counters, deadlines, after each event.

#include "harness/fuzz/op_target.h"
#include "harness/fuzz/target.h"
#include "harness/op/both.h"
#include "harness/oracle/oracle.h"

using namespace handfast;

namespace {

std::string DifferenceWith(const OpInput& input, Spectator& watch) {
  Play& play = FreshPlay(input.setup(), watch);
  Oracle oracle(play);
  Both both(watch, oracle);
  play.set_spectator(&both);
  play.set_audits(Play::Audits::kNone);
  for (const Op& op : input.ops) {
    play.Do(op);
    if (!oracle.difference().empty()) return oracle.difference();
  }
  play.Finish();
  TheTrail().Add(play.stack().Hash());
  return oracle.difference();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RunOpTarget({data, size}, DifferenceWith);
  return 0;
}
