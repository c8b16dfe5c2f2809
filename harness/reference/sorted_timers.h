// SortedTimers: the reference for the timer wheel, by deadline, then by the order of arming.

#ifndef HARNESS_REFERENCE_SORTED_TIMERS_H_
#define HARNESS_REFERENCE_SORTED_TIMERS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "stack/table/wheel.h"

namespace handfast::reference {

class SortedTimers {
 public:
  explicit SortedTimers(uint64_t start) : now_(start) {}
  void Arm(uint32_t id, uint64_t deadline) {
    Cancel(id);
    by_time_[{std::max(deadline, now_), ++order_}] = id;
  }
  void Cancel(uint32_t id) {
    for (auto it = by_time_.begin(); it != by_time_.end(); ++it)
      if (it->second == id) {
        by_time_.erase(it);
        return;
      }
  }
  bool armed(uint32_t id) const {
    for (const auto& [when, who] : by_time_)
      if (who == id) return true;
    return false;
  }
  uint64_t Next() const {
    return by_time_.empty() ? Wheel::kNever : by_time_.begin()->first.first;
  }
  uint32_t Pop(uint64_t now) {
    if (by_time_.empty() || by_time_.begin()->first.first > now) {
      now_ = std::max(now_, now);
      return kNoIndex;
    }
    const uint32_t id = by_time_.begin()->second;
    now_ = std::max(now_, by_time_.begin()->first.first);
    by_time_.erase(by_time_.begin());
    return id;
  }

 private:
  uint64_t now_;
  uint64_t order_ = 0;
  std::map<std::pair<uint64_t, uint64_t>, uint32_t> by_time_;
};

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_SORTED_TIMERS_H_
