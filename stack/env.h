// The three gifts: a clock, a source of randomness and a link. They are the only way out of
// the core, and stack/pump.h is the only code in it that uses them, once a turn.

#ifndef STACK_ENV_H_
#define STACK_ENV_H_

#include <cstddef>
#include <span>

#include "stack/base/time.h"
#include "stack/base/units.h"

namespace handfast {

class Clock {
 public:
  // Never earlier than before; any origin.
  virtual Instant Now() = 0;

 protected:
  ~Clock() = default;
};

class Rng {
 public:
  // Fills `out` with bytes that no outsider can predict.
  virtual void Fill(MutableBytes out) = 0;

 protected:
  ~Rng() = default;
};

// A wire for frames: Ethernet frames with stack/link, bare IP datagrams without.
class Link {
 public:
  // Sets up to frames.size() views of frames that have come in. How many; 0: none now. The
  // views hold until the next call.
  virtual size_t Receive(std::span<Bytes> frames) = 0;
  // How many were taken, from the first on. The rest is lost, as on the wire.
  virtual size_t Transmit(std::span<const Bytes> frames) = 0;

 protected:
  ~Link() = default;
};

}  // namespace handfast

#endif  // STACK_ENV_H_
