// Backoff: exponential, capped, and the only place where a Duration is shifted.

#ifndef STACK_BASE_BACKOFF_H_
#define STACK_BASE_BACKOFF_H_

#include "stack/base/time.h"

namespace handfast {

// first * 2^times, at most `cap` (RFC 6298 §5.5), for every `times`. REQUIRES: first > 0.
constexpr Duration Backoff(Duration first, unsigned times, Duration cap) {
  for (; times > 0; --times) {
    if (first > cap / 2) return cap;
    first *= 2;
  }
  return first < cap ? first : cap;
}

static_assert(Backoff(1s, 0, 120s) == 1s && Backoff(1s, 6, 120s) == 64s);
static_assert(Backoff(1s, 7, 120s) == 120s && Backoff(1s, 4'000'000'000u, 120s) == 120s);

}  // namespace handfast

#endif  // STACK_BASE_BACKOFF_H_
