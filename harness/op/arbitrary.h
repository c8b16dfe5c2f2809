// Arbitrary ops and scenarios for RapidCheck. They are drawn as harness/op/draw.h says, they
// shrink op by op and then field by field, and what fails is shown as a script.

#ifndef HARNESS_OP_ARBITRARY_H_
#define HARNESS_OP_ARBITRARY_H_

#include <rapidcheck.h>

#include <ostream>
#include <utility>

#include "harness/op/draw.h"
#include "harness/op/play.h"
#include "harness/op/script.h"
#include "harness/op/shrink.h"

namespace handfast {

// A scenario as a type of its own, so that it is shown as one.
struct AnyScenario {
  uint8_t setup = 0;
  Scenario ops;
};

inline void showValue(const Op& op, std::ostream& out) { out << Print(op); }
inline void showValue(const AnyScenario& any, std::ostream& out) {
  out << "\n" << Print(any.ops, any.setup);
}

inline rc::Seq<Op> SimplerOps(const Op& op) { return rc::seq::fromContainer(Simpler(op)); }

inline rc::Seq<AnyScenario> SimplerScenarios(const AnyScenario& any) {
  auto shorter = rc::shrink::removeChunks(any.ops);
  auto simpler = rc::shrink::eachElement(any.ops, SimplerOps);
  return rc::seq::map(
      rc::seq::concat(std::move(shorter), std::move(simpler)),
      [setup = any.setup](Scenario ops) { return AnyScenario{setup, std::move(ops)}; });
}

// A scenario with a beginning. Setups are those that a bit is set for.
inline rc::Gen<AnyScenario> GenScenario(size_t most_ops, uint8_t setups = 0xff) {
  return [=](const rc::Random& random, int size) {
    rc::Random seed = random;
    SimRng rng(seed.next());
    AnyScenario any;
    do any.setup = static_cast<uint8_t>(rng.Below(kSetups));
    while ((setups >> any.setup & 1) == 0);
    const auto grown = most_ops * static_cast<size_t>(size) / rc::kNominalSize;
    any.ops = DrawScenario(rng, std::min(most_ops, grown + 1));
    return rc::shrinkable::shrinkRecur(
        std::move(any), [](const AnyScenario& scenario) { return SimplerScenarios(scenario); });
  };
}

}  // namespace handfast

namespace rc {

template <>
struct Arbitrary<handfast::Op> {
  static Gen<handfast::Op> arbitrary() {
    return [](const Random& random, int) {
      Random seed = random;
      handfast::SimRng rng(seed.next());
      const auto verb = static_cast<handfast::Verb>(rng.Below(handfast::kVerbCount));
      return shrinkable::shrinkRecur(handfast::DrawOp(rng, verb), [](const handfast::Op& op) {
        return handfast::SimplerOps(op);
      });
    };
  }
};

template <>
struct Arbitrary<handfast::AnyScenario> {
  static Gen<handfast::AnyScenario> arbitrary() { return handfast::GenScenario(100); }
};

}  // namespace rc

#endif  // HARNESS_OP_ARBITRARY_H_
