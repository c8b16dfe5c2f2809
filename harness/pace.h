// Pace: how much of a long enumeration a build can afford.

#ifndef HARNESS_PACE_H_
#define HARNESS_PACE_H_

#include <cstdint>

namespace handfast {

// One case of so many is looked at: all of them, but under the sanitizers, which cost a factor
// of ten and more.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr uint64_t kStride = 7;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr uint64_t kStride = 7;
#else
inline constexpr uint64_t kStride = 1;
#endif
#else
inline constexpr uint64_t kStride = 1;
#endif

// Whether the n-th case is; spread, so that no loop inside an enumeration beats in time.
constexpr bool Afforded(uint64_t n) {
  return kStride == 1 || (n * 0x9e37'79b9'7f4a'7c15 >> 32) % kStride == 0;
}

}  // namespace handfast

#endif  // HARNESS_PACE_H_
