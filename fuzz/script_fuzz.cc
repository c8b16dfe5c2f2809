// script: any text is a script or an error with a place; what is a script is printed as one
// that says the same; and whatever ops there are can be written.

#include <string>
#include <string_view>

#include "harness/fuzz/op_input.h"
#include "harness/fuzz/target.h"
#include "harness/op/script.h"

using namespace handfast;

namespace {

// HF_CLAIM, and shows the text that it is about.
#define HF_CLAIM_OF(text, condition) ((condition) ? void() : Show(text), HF_CLAIM(condition))

void Show(const std::string& text) {
  std::fprintf(stderr, "of the script:\n%s\n", text.c_str());
}

void CheckPrinted(const Scenario& scenario, uint8_t setup) {
  const std::string text = Print(scenario, setup);
  const Parsed parsed = Parse(text);
  HF_CLAIM_OF(text, parsed.script && parsed.error.empty());
  HF_CLAIM_OF(text, parsed.script->scenario() == scenario && parsed.script->setup == setup);
  HF_CLAIM_OF(text, Print(parsed.script->scenario(), parsed.script->setup) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const OpInput input = OpInput::Decode({data, size});
  CheckPrinted(input.ops, input.setup());
  const std::string text(data, data + size);
  const Parsed parsed = Parse(text);
  HF_CLAIM_OF(text, parsed.script.has_value() == parsed.error.empty());
  TheTrail().Add(parsed.error.size());
  if (!parsed.script) return 0;
  HF_CLAIM(parsed.script->setup < kSetups);
  const Scenario scenario = parsed.script->scenario();
  for (const Op& op : scenario) HF_CLAIM_OF(text, op == Normal(op));
  CheckPrinted(scenario, parsed.script->setup);
  TheTrail().Add(handfast::Encode(scenario));
  return 0;
}
