// The time of day does not matter: what begins later goes the same way.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/alike.h"
#include "harness/op/arbitrary.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

RC_GTEST_PROP(ShiftProps, WhatBeginsLaterGoesTheSameWay, (const AnyScenario& any)) {
  const auto later =
      std::chrono::seconds(*rc::gen::element(1, 60, 3600, 86'400, 50 * 86'400, 400 * 86'400));
  Play one(any.setup, 1);
  Beginning beginning;
  beginning.at = beginning.at + later;
  Play other(any.setup, 1, beginning);
  RC_ASSERT(WhereUnlike(one, other, any.ops) == "");
}

}  // namespace
}  // namespace handfast
