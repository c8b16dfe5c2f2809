// The wheel against a sorted list: the same timers, in the same order, at the same time,
// even when a firing timer arms and cancels others.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <utility>
#include <vector>

#include "harness/reference/sorted_timers.h"
#include "stack/table/wheel.h"

namespace handfast {
namespace {

constexpr uint32_t kTimers = 24;

struct Links {
  std::vector<TimerLink> links = std::vector<TimerLink>(kTimers);
  TimerLink& operator()(uint32_t id) { return links[id]; }
};

// Spans of time on all levels of the wheel, often just at the edge of one.
rc::Gen<uint64_t> Span() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange<uint32_t>(0, 31), rc::gen::inRange<uint64_t>(0, 5)),
      [](const std::pair<uint32_t, uint64_t>& p) {
        const uint64_t edge = uint64_t{1} << p.first;
        return edge + p.second - std::min<uint64_t>(edge, 2);
      });
}

RC_GTEST_PROP(WheelProps, FiresLikeASortedList, ()) {
  constexpr uint64_t kStarts[] = {
      0, 63, 4095, (1ull << 31) - 5000, (1ull << 32) - 5000, (1ull << 43) - 3};
  uint64_t now = kStarts[*rc::gen::inRange<size_t>(0, std::size(kStarts))];
  Wheel wheel;
  wheel.Start(now);
  Links nodes;
  reference::SortedTimers list(now);
  const int steps = *rc::gen::inRange(0, 120);
  for (int step = 0; step < steps; ++step) {
    const auto id = *rc::gen::inRange<uint32_t>(0, kTimers);
    const int what = *rc::gen::inRange(0, 10);
    if (what < 6) {
      const uint64_t deadline = now + *Span();
      wheel.Arm(nodes, id, deadline);
      list.Arm(id, deadline);
    } else if (what < 7) {
      if (nodes(id).armed()) wheel.Cancel(nodes, id);
      list.Cancel(id);
    } else {
      now += *Span();
      for (int fired = 0; fired < 200; ++fired) {
        const uint32_t by_wheel = wheel.Pop(nodes, now);
        const uint32_t by_list = list.Pop(now);
        RC_ASSERT(by_wheel == by_list);
        if (by_wheel == kNoIndex) break;
        // The firing timer cancels its neighbour, and arms another one for later.
        if (nodes(by_wheel ^ 1).armed()) wheel.Cancel(nodes, by_wheel ^ 1);
        list.Cancel(by_wheel ^ 1);
        if (by_wheel % 3 == 0) {
          const uint64_t later = now + 1 + by_wheel * 37;
          wheel.Arm(nodes, (by_wheel + 5) % kTimers, later);
          list.Arm((by_wheel + 5) % kTimers, later);
        }
      }
    }
    RC_ASSERT(wheel.Next(nodes) == list.Next());
    uint32_t armed = 0;
    for (uint32_t i = 0; i < kTimers; ++i) {
      RC_ASSERT(nodes(i).armed() == list.armed(i));
      armed += nodes(i).armed() ? 1 : 0;
    }
    RC_ASSERT(wheel.armed() == armed);
  }
}

// Stopping between two timers of one tick, and going on later, changes nothing.
RC_GTEST_PROP(WheelProps, MayBeStoppedBetweenAnyTwoTimers, ()) {
  Wheel at_once, by_pieces;
  Links once, pieces;
  for (uint32_t id = 0; id < kTimers; ++id) {
    const uint64_t deadline = *Span() % 5000;
    at_once.Arm(once, id, deadline);
    by_pieces.Arm(pieces, id, deadline);
  }
  std::vector<uint32_t> first, second;
  for (uint32_t id; (id = at_once.Pop(once, 6000)) != kNoIndex;) first.push_back(id);
  for (uint64_t now = 0; now <= 6000; now += *rc::gen::inRange<uint64_t>(1, 500)) {
    const int most = *rc::gen::inRange(0, 4);
    for (int i = 0; i < most; ++i)
      if (const uint32_t id = by_pieces.Pop(pieces, now); id != kNoIndex) second.push_back(id);
  }
  for (uint32_t id; (id = by_pieces.Pop(pieces, 6000)) != kNoIndex;) second.push_back(id);
  RC_ASSERT(first == second);
}

}  // namespace
}  // namespace handfast
