// OsClock: the time since the machine started, suspended time counted (CLOCK_BOOTTIME), so
// that connections age while a laptop sleeps, and setting the clock changes nothing.

#ifndef HARNESS_TAP_OS_CLOCK_H_
#define HARNESS_TAP_OS_CLOCK_H_

#include "stack/base/time.h"
#include "stack/env.h"

namespace handfast {

class OsClock final : public Clock {
 public:
  // Aborts if the kernel has no such clock, or lets it step back.
  Instant Now() override;

 private:
  Instant last_;
};

}  // namespace handfast

#endif  // HARNESS_TAP_OS_CLOCK_H_
