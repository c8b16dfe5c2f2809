// Two stacks over a hostile link agree once it has healed.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/duel.h"

namespace handfast {
namespace {

RC_GTEST_PROP(DuelProps, TheyAgreeOnceTheLinkHeals, (const AnyScenario& any)) {
  Play play(any.setup);
  RC_ASSERT(Duel(play, any.ops) == "");
}

}  // namespace
}  // namespace handfast
