// Pace: how much of a long enumeration a build can afford.

#ifndef HARNESS_PACE_H_
#define HARNESS_PACE_H_

#include <cstdint>

namespace handfast {

// One case of so many is looked at, in order: all of them, but under the sanitizers, which
// cost a factor of ten and more.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr uint64_t kStride = 13;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr uint64_t kStride = 13;
#else
inline constexpr uint64_t kStride = 1;
#endif
#else
inline constexpr uint64_t kStride = 1;
#endif

}  // namespace handfast

#endif  // HARNESS_PACE_H_
