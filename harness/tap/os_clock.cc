#include "harness/tap/os_clock.h"

#include <cstdlib>
#include <ctime>

namespace handfast {

Instant OsClock::Now() {
  timespec time{};
  if (clock_gettime(CLOCK_BOOTTIME, &time) != 0) std::abort();
  const Instant now(static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 +
                    static_cast<uint64_t>(time.tv_nsec));
  if (now < last_) std::abort();
  return last_ = now;
}

}  // namespace handfast
