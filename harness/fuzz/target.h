// What every fuzz target uses: claims, a trail, and counters beyond edges.
//
//     HF_CLAIM(condition)        the input shows that the target's claim is false
//     TheTrail().Add(x)          what the input led to; two replays of it must leave one trail
//     HF_EXTRA_COUNTERS(name, n) n octets that libFuzzer reads as coverage: add to one, and
//                                an input that does so is interesting

#ifndef HARNESS_FUZZ_TARGET_H_
#define HARNESS_FUZZ_TARGET_H_

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "stack/base/units.h"

namespace handfast {

// A hash of everything added, in order.
class Trail {
 public:
  void Clear() { hash_ = kStart; }
  void Add(uint64_t x) { hash_ = std::rotl((hash_ ^ x) * 0x9e37'79b9'7f4a'7c15, 29); }
  void Add(Bytes bytes) {
    Add(bytes.size());
    for (const uint8_t byte : bytes) Add(uint64_t{byte});
  }
  uint64_t hash() const { return hash_; }

 private:
  static constexpr uint64_t kStart = 0xcbf2'9ce4'8422'2325;
  uint64_t hash_ = kStart;
};

// The one of this program. Whoever replays clears it before each input.
inline Trail& TheTrail() {
  static Trail trail;
  return trail;
}

[[noreturn]] inline void RefuteClaim(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  std::abort();
}

#define HF_CLAIM(condition) \
  ((condition) ? void() : ::handfast::RefuteClaim(#condition, __FILE__, __LINE__))

// The section is what libFuzzer looks for; "used" keeps an array that nobody reads.
#if defined(__clang__)
#define HF_IN_EXTRA_COUNTERS __attribute__((section("__libfuzzer_extra_counters"), used))
#else
#define HF_IN_EXTRA_COUNTERS
#endif
#define HF_EXTRA_COUNTERS(name, count) \
  HF_IN_EXTRA_COUNTERS static ::std::array<uint8_t, (count)> name {}

}  // namespace handfast

#endif  // HARNESS_FUZZ_TARGET_H_
