// SimClock: time that passes when it is told to.

#ifndef HARNESS_SIM_CLOCK_H_
#define HARNESS_SIM_CLOCK_H_

#include "stack/base/time.h"
#include "stack/env.h"

namespace handfast {

class SimClock final : public Clock {
 public:
  explicit SimClock(Instant start) : now_(start) {}
  Instant Now() override { return now_; }
  Instant now() const { return now_; }
  // Times before `now` change nothing.
  void AdvanceTo(Instant at) {
    if (at > now_) now_ = at;
  }

 private:
  Instant now_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_CLOCK_H_
