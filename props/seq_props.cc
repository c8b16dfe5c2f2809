// The arcs of the sequence circle against 64-bit numbers that do not wrap.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "stack/base/seq.h"

namespace handfast {
namespace {

// Anywhere on the circle, half of the time near where it wraps.
rc::Gen<uint64_t> Anchor() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<uint32_t>(), rc::gen::inRange(0, 4)),
                      [](const std::pair<uint32_t, int>& p) {
                        const uint64_t near = p.first % 64;
                        constexpr uint64_t kAt[] = {0xffff'ffe0, 0x7fff'ffe0, 0, 0};
                        const uint64_t at = p.second == 3 ? p.first : kAt[p.second] + near;
                        return (uint64_t{1} << 40) + at;
                      });
}

Seq At(uint64_t number) { return Seq(static_cast<uint32_t>(number)); }

RC_GTEST_PROP(SeqProps, AnAckIsAcceptableWhenItLiesAboveUnaAndNotAboveNxt, ()) {
  const uint64_t una = *Anchor();
  const uint64_t nxt = una + *rc::gen::inRange<uint64_t>(0, uint64_t{1} << 30);
  const int64_t by = *rc::gen::inRange<int64_t>(-(int64_t{1} << 30), int64_t{1} << 31);
  const uint64_t ack = una + static_cast<uint64_t>(by);
  RC_ASSERT(AckAcceptable(At(ack), At(una), At(nxt)) == (ack > una && ack <= nxt));
}

RC_GTEST_PROP(SeqProps, TheWindowIsHalfOpen, ()) {
  const uint64_t next = *Anchor();
  const uint64_t window = *rc::gen::inRange<uint64_t>(0, uint64_t{1} << 30);
  const int64_t by = *rc::gen::inRange<int64_t>(-(int64_t{1} << 30), int64_t{1} << 31);
  const uint64_t seq = next + static_cast<uint64_t>(by);
  RC_ASSERT(InWindow(At(seq), At(next), static_cast<uint32_t>(window)) ==
            (seq >= next && seq < next + window));
}

RC_GTEST_PROP(SeqProps, BetweenHoldsBothEnds, ()) {
  const uint64_t first = *Anchor();
  const uint64_t last = first + *rc::gen::inRange<uint64_t>(0, uint64_t{1} << 31);
  const int64_t by = *rc::gen::inRange<int64_t>(-(int64_t{1} << 30), int64_t{1} << 31);
  const uint64_t x = first + static_cast<uint64_t>(by);
  RC_ASSERT(Between(At(x), At(first), At(last)) == (x >= first && x <= last));
}

RC_GTEST_PROP(SeqProps, BeforeIsAnOrderWithinHalfACircle, ()) {
  const uint64_t anchor = *Anchor();
  const int64_t by = *rc::gen::inRange<int64_t>(-(int64_t{1} << 31) + 1, int64_t{1} << 31);
  const uint64_t x = anchor + static_cast<uint64_t>(by);
  RC_ASSERT(Before(At(x), At(anchor)) == (by < 0));
}

RC_GTEST_PROP(SeqProps, NoTwoNumbersAreBeforeOneAnother, (uint32_t a, uint32_t b)) {
  RC_ASSERT(!(Before(Seq(a), Seq(b)) && Before(Seq(b), Seq(a))));
}

}  // namespace
}  // namespace handfast
