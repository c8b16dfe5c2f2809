// wheel: timers fire as from a sorted list, even when a firing one cancels its neighbour and
// arms another.

#include <array>

#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"
#include "harness/reference/sorted_timers.h"
#include "stack/table/wheel.h"

using namespace handfast;

namespace {

constexpr uint32_t kTimers = 16;
constexpr uint64_t kStarts[] = {
    0, 63, 4095, (1ull << 31) - 5000, (1ull << 32) - 5000, (1ull << 43) - 3};

class Match {
 public:
  explicit Match(uint64_t start) : list_(start), now_(start) { wheel_.Start(start); }

  void Step(ByteReader& in) {
    const uint8_t what = in.Byte();
    const uint32_t id = what % kTimers;
    // Spans of time on all levels, often just at the edge of one.
    const uint8_t span = what < 192 ? in.Byte() : uint8_t{0};
    const uint64_t edge = uint64_t{1} << span % 32;
    const uint64_t later = edge + (span >> 5) - std::min<uint64_t>(edge, 2);
    if (what < 112)
      Arm(id, now_ + later);
    else if (what < 128)
      Arm(id, now_ - std::min(now_, later));  // late already
    else if (what < 192)
      Pass(later, id);
    else
      Cancel(id);
    HF_CLAIM(wheel_.Next(links_) == list_.Next());
    HF_CLAIM(links_(id).armed() == list_.armed(id));
  }

 private:
  struct Links {
    std::array<TimerLink, kTimers> links;
    TimerLink& operator()(uint32_t id) { return links[id]; }
  };

  void Arm(uint32_t id, uint64_t deadline) {
    wheel_.Arm(links_, id, deadline);
    list_.Arm(id, deadline);
  }
  void Cancel(uint32_t id) {
    if (links_(id).armed()) wheel_.Cancel(links_, id);
    list_.Cancel(id);
  }
  // Fires what is due, but stops after a while in two of four cases, as the stack does when
  // its burst is full.
  void Pass(uint64_t span, uint32_t stop) {
    now_ += span;
    for (uint32_t fired = 0; stop >= kTimers / 2 || fired < stop; ++fired) {
      const uint32_t id = wheel_.Pop(links_, now_);
      HF_CLAIM(id == list_.Pop(now_));
      TheTrail().Add(id);
      if (id == kNoIndex) return;
      Cancel(id ^ 1);
      if (id % 3 == 0) Arm((id + 5) % kTimers, now_ + 1 + id * uint64_t{37});
    }
  }

  Wheel wheel_;
  Links links_;
  reference::SortedTimers list_;
  uint64_t now_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  Match match(in.OneOf(kStarts));
  while (!in.empty()) match.Step(in);
  return 0;
}
