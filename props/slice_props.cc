// Time has no grain: to wait for a + b is to wait for a and then for b.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

Op Wait(int32_t ms) {
  Op op;
  op.amount = ms;
  return op;
}

RC_GTEST_PROP(SliceProps, AWaitInSlicesIsAWait, (const AnyScenario& any)) {
  const auto slices = *rc::gen::inRange(2, 6);
  Play whole(any.setup);
  Play sliced(any.setup);
  for (const Op& op : any.ops) {
    if (op.verb == Verb::kRekey) continue;  // its entropy depends on the number of ops
    whole.Do(op);
    if (op.verb != Verb::kWait) {
      sliced.Do(op);
      continue;
    }
    const int32_t slice = op.amount / slices;
    for (int i = 1; i < slices; ++i) sliced.Do(Wait(slice));
    sliced.Do(Wait(op.amount - (slices - 1) * slice));
    RC_ASSERT(whole.now() == sliced.now());
    RC_ASSERT(whole.stack() == sliced.stack());
    RC_ASSERT(whole.peer_stack() == sliced.peer_stack());
  }
}

}  // namespace
}  // namespace handfast
