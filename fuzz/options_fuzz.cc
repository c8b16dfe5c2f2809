// options: any list of octets reads as the reference reads it, and never beyond its end.

#include "harness/fuzz/target.h"
#include "harness/packet.h"
#include "harness/reference/options.h"

using namespace handfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // 40 octets are all that a header can hold; the walker has no such limit.
  const reference::List list(data, data + std::min<size_t>(size, 128));
  const ExactBytes exact(list);
  reference::Walk walk;
  walk.malformed = !ForEachOption(exact, [&](OptionKind kind, Bytes value) {
    walk.options.emplace_back(static_cast<int>(kind),
                              reference::List(value.begin(), value.end()));
  });
  const reference::Walk wanted = reference::WalkOptions(list);
  HF_CLAIM(walk == wanted);

  const std::string meaning = reference::Meaning(ParseOptions(exact));
  HF_CLAIM(meaning == reference::Meaning(wanted));
  for (const char letter : meaning) TheTrail().Add(static_cast<uint64_t>(letter));
  return 0;
}
