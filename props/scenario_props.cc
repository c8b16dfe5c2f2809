// Whatever happens: nothing is ever wrong, and all of it can be written down.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/mutate.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

// All audits after each op, what users read, void handles, and that nothing is left at the
// end: I-05, I-06, I-08, I-14, I-17, I-19, I-21 to I-24, I-26, I-32, I-42, I-51.
RC_GTEST_PROP(ScenarioProps, NothingIsEverWrong, (const AnyScenario& any)) {
  RC_ASSERT(WrongOf(any.ops, any.setup) == "");
}

RC_GTEST_PROP(ScenarioProps, ScriptsAndCodeSayAllOfIt, (const AnyScenario& any)) {
  const Parsed parsed = Parse(Print(any.ops, any.setup));
  RC_ASSERT(parsed.error == "");
  RC_ASSERT(parsed.script->scenario() == any.ops);
  RC_ASSERT(parsed.script->setup == any.setup);
  RC_ASSERT(Decode(Encode(any.ops)) == any.ops);
}

RC_GTEST_PROP(ScenarioProps, WhateverIsWrittenIsAScriptOrAnError, ()) {
  std::string text = Print((*GenScenario(10)).ops);
  const auto edits = *rc::gen::container<std::vector<std::pair<uint32_t, char>>>(
      rc::gen::pair(rc::gen::arbitrary<uint32_t>(),
                    rc::gen::element(' ', '\n', '(', '<', '>', '-', '9', '.', 'A', 'S')));
  for (const auto& [where, what] : edits)
    if (!text.empty()) text[where % text.size()] = what;
  const Parsed parsed = Parse(text);
  RC_ASSERT(parsed.script.has_value() == parsed.error.empty());
  if (parsed.script) RC_ASSERT(Parse(Print(parsed.script->scenario())).error == "");
}

RC_GTEST_PROP(ScenarioProps, MutantsAreScenarios,
              (const AnyScenario& a, const AnyScenario& b)) {
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  const auto most = *rc::gen::inRange<size_t>(1, 120);
  for (const Scenario& mutant : {Mutate(a.ops, seed, most), Cross(a.ops, b.ops, seed, most)}) {
    RC_ASSERT(mutant.size() <= most);
    for (const Op& op : mutant) RC_ASSERT(op == Normal(op));
  }
  RC_ASSERT(Mutate(a.ops, seed, most) == Mutate(a.ops, seed, most));
}

RC_GTEST_PROP(ScenarioProps, WhatIsSimplerIsNormalAndAnother, (const Op& op)) {
  for (const Op& simpler : Simpler(op)) {
    RC_ASSERT(simpler == Normal(simpler));
    RC_ASSERT(!(simpler == op));
  }
}

}  // namespace
}  // namespace handfast
