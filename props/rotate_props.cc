// Where numbers begin does not matter: with other ISNs, of ours and of the peers, and with
// other timestamps the same story is told.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/alike.h"
#include "harness/op/arbitrary.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

RC_GTEST_PROP(RotateProps, OtherNumbersTellTheSameStory, (const AnyScenario& any)) {
  const auto seed = *rc::gen::inRange<uint64_t>(2, 1'000'000);
  Play one(any.setup, 1);
  Beginning beginning;
  // Often so that they wrap, or become "negative", while the scenario goes on.
  constexpr uint32_t kFirst = 16'000'000;  // of B's first flow
  beginning.turn =
      *rc::gen::oneOf(rc::gen::arbitrary<uint32_t>(),
                      rc::gen::map(rc::gen::inRange<uint32_t>(0, 3000),
                                   [](uint32_t n) { return 0 - kFirst - n; }),
                      rc::gen::map(rc::gen::inRange<uint32_t>(0, 3000),
                                   [](uint32_t n) { return 0x8000'0000 - kFirst - n; }));
  Play other(any.setup, seed, beginning);
  RC_ASSERT(WhereUnlike(one, other, any.ops) == "");
}

}  // namespace
}  // namespace handfast
