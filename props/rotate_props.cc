// Where numbers begin does not matter: with other secrets, so other ISNs and time stamps,
// the same story is told.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/alike.h"
#include "harness/op/arbitrary.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

RC_GTEST_PROP(RotateProps, OtherSecretsTellTheSameStory, (const AnyScenario& any)) {
  const auto seed = *rc::gen::inRange<uint64_t>(2, 1'000'000);
  Play one(any.setup, 1);
  Play other(any.setup, seed);
  RC_ASSERT(WhereUnlike(one, other, any.ops) == "");
}

}  // namespace
}  // namespace handfast
