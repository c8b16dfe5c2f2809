// In connection setup the stack does what the model does, whatever happens.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/oracle/oracle.h"

namespace handfast {
namespace {

RC_GTEST_PROP(OracleProps, TheStackDoesWhatTheModelDoes, (const AnyScenario& any)) {
  Play play(any.setup);
  Oracle oracle(play);
  play.set_spectator(&oracle);
  play.set_audits(Play::Audits::kNone);
  play.Do(any.ops);
  play.Finish();
  RC_ASSERT(oracle.difference() == "");
}

}  // namespace
}  // namespace handfast
