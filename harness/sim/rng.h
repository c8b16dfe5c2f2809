// SimRng: SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same numbers on any
// machine. As a gift to a stack it may be stuck: then it fills with one octet, for ever.

#ifndef HARNESS_SIM_RNG_H_
#define HARNESS_SIM_RNG_H_

#include <cstdint>
#include <optional>

#include "stack/base/units.h"
#include "stack/env.h"

namespace handfast {

class SimRng final : public Rng {
 public:
  explicit SimRng(uint64_t seed) : state_(seed) {}
  static SimRng Stuck(uint8_t octet) {
    SimRng rng(octet);
    rng.stuck_ = octet;
    return rng;
  }

  void Fill(MutableBytes out) override {
    for (uint8_t& byte : out) byte = stuck_ ? *stuck_ : static_cast<uint8_t>(Next() >> 32);
  }

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform over [0, n). REQUIRES: 0 < n <= 2^32.
  uint64_t Below(uint64_t n) { return ((Next() >> 32) * n) >> 32; }
  // Uniform over [least, most].
  uint64_t Within(uint64_t least, uint64_t most) { return least + Below(most - least + 1); }
  // True so many times in a thousand.
  bool Chance(uint32_t per_mille) { return Below(1000) < per_mille; }

 private:
  uint64_t state_;
  std::optional<uint8_t> stuck_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_RNG_H_
