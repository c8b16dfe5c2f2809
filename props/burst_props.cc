// A burst of datagrams does what its datagrams do one by one.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/burst.h"

namespace handfast {
namespace {

class Nobody final : public Spectator {};

RC_GTEST_PROP(BurstProps, BurstsDoNotMatter, (const AnyScenario& any)) {
  const auto room = *rc::gen::inRange<size_t>(1, 40);
  Play play(any.setup);
  play.set_audits(Play::Audits::kNone);
  Nobody nobody;
  RC_ASSERT(WhereBurstsMatter(play, any.ops, room, nobody) == "");
}

}  // namespace
}  // namespace handfast
