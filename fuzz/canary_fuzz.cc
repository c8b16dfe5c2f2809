// canary: a bug planted behind a checksum and a magic word must be found.
//
// What fuzzing cannot find here it will not find elsewhere. Two words lead to it: a number,
// for engines that see what is compared, and letters one by one, for those that see branches.

#include <cstdio>
#include <cstdlib>

#include "harness/fuzz/target.h"
#include "harness/world.h"
#include "stack/wire/parse.h"

using namespace handfast;

namespace {

constexpr Seq kNumber(0x7477'6565);

// Volatile, so that the compiler leaves each letter its branch.
volatile size_t g_letters = 0;

bool Tweets(Bytes text) {
  if (text.size() < 3 || text[0] != 't') return false;
  g_letters = 1;
  if (text[1] != 'w') return false;
  g_letters = 2;
  return text[2] == 't';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Config kConfig = SmallConfig();
  const auto frame = EthernetView::Of({data, size});
  if (!frame) return 0;
  Arrival arrival;
  Parse(frame->payload, kConfig.locals(), {}, arrival);
  if (arrival.what != Arrival::What::kTcp || !arrival.segment.has(kSyn)) return 0;
  TheTrail().Add(arrival.segment.text);
  if (arrival.segment.seq != kNumber && !Tweets(arrival.segment.text)) return 0;
  std::fputs("the canary is dead\n", stderr);
  std::abort();
}
