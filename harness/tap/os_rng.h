// OsRng: the kernel's randomness (getrandom). Waits until it is seeded; where there is none it
// ends the program rather than give what could be guessed.

#ifndef HARNESS_TAP_OS_RNG_H_
#define HARNESS_TAP_OS_RNG_H_

#include "stack/base/units.h"
#include "stack/env.h"

namespace handfast {

class OsRng final : public Rng {
 public:
  void Fill(MutableBytes out) override;
};

}  // namespace handfast

#endif  // HARNESS_TAP_OS_RNG_H_
