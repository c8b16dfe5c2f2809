// Instant, Duration: time as a value. Nothing here can tell what time it is.
//
// An Instant counts nanoseconds since an origin that the owner of the clock chooses. It
// has 64 bits and no sign, so that it does not wrap within five centuries; only the wire
// sees 32 bits of it. `Instant::Never()` is the deadline of what is not armed.

#ifndef STACK_BASE_TIME_H_
#define STACK_BASE_TIME_H_

#include <chrono>
#include <compare>
#include <cstdint>

namespace handfast {

using Duration = std::chrono::duration<int64_t, std::nano>;

using namespace std::chrono_literals;  // 200ms

class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(uint64_t ns) : ns_(ns) {}
  static constexpr Instant Never() { return Instant(~uint64_t{0}); }

  constexpr uint64_t ns() const { return ns_; }
  constexpr bool never() const { return ns_ == ~uint64_t{0}; }

  // Whole milliseconds, the unit of the timer wheel and of TSval.
  constexpr uint64_t ms() const { return ns_ / 1'000'000; }

  friend constexpr auto operator<=>(Instant, Instant) = default;

  // Both saturate: a deadline past the end of time is never, and nothing is before its
  // beginning.
  friend constexpr Instant operator+(Instant t, Duration d) {
    const uint64_t sum = t.ns_ + static_cast<uint64_t>(d.count());
    if (d.count() < 0) return sum > t.ns_ ? Instant() : Instant(sum);
    return sum < t.ns_ ? Never() : Instant(sum);
  }
  friend constexpr Instant operator-(Instant t, Duration d) {
    const uint64_t difference = t.ns_ - static_cast<uint64_t>(d.count());
    if (d.count() < 0) return difference < t.ns_ ? Never() : Instant(difference);
    return difference > t.ns_ ? Instant() : Instant(difference);
  }
  // REQUIRES: neither is never, and they lie within 292 years of each other.
  friend constexpr Duration operator-(Instant to, Instant from) {
    return Duration(static_cast<int64_t>(to.ns_ - from.ns_));
  }

 private:
  uint64_t ns_ = 0;
};

constexpr Instant Earliest(Instant a, Instant b) { return a < b ? a : b; }

static_assert(Instant(5) + 10ns == Instant(15) && Instant(15) + -10ns == Instant(5));
static_assert((Instant::Never() + -1ns) + 2ns == Instant::Never(), "deadlines saturate");

}  // namespace handfast

#endif  // STACK_BASE_TIME_H_
