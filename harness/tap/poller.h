// Poller: waits for descriptors and a deadline, and sleeps meanwhile.
//
//     poller.Watch(link.fd(), POLLIN);
//     for (;;) {
//       pump.Turn();
//       for (const Poller::Ready& ready : poller.Wait(clock, pump.next_deadline())) ...
//     }

#ifndef HARNESS_TAP_POLLER_H_
#define HARNESS_TAP_POLLER_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stack/base/time.h"
#include "stack/env.h"

namespace handfast {

class Poller {
 public:
  struct Ready {
    int fd = -1;
    short events = 0;    // POLLIN, POLLOUT, POLLERR, POLLHUP, POLLNVAL
    uint64_t token = 0;  // whatever Watch was given
  };

  // Waits for `events` of `fd` (POLLIN, POLLOUT), from now on and instead of those given
  // before. Errors and hang-ups are told as well, unless `events` is 0: that forgets it.
  // REQUIRES: fd >= 0; it is forgotten before it is closed.
  void Watch(int fd, short events, uint64_t token = 0);
  void Forget(int fd) { Watch(fd, 0); }

  // Sleeps until something is ready, the deadline has come, or a signal was handled. What is
  // ready; valid until the next call.
  std::span<const Ready> Wait(Clock& clock, Instant deadline);

 private:
  void Remove(size_t index);

  std::vector<pollfd> watched_;
  std::vector<uint64_t> tokens_;  // of the same index
  std::vector<size_t> place_;     // by descriptor: 1 + its index there; 0: not watched
  std::vector<Ready> ready_;
};

}  // namespace handfast

#endif  // HARNESS_TAP_POLLER_H_
