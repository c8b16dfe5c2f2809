// Noise: ops at random (harness/op/draw.h), with the steps of whole lives of flows between
// them: from listen() to TIME-WAIT and the next SYN; from connect() to close(), with SYNs that
// cross; a crowd before a listener; a stream with gaps and overlaps. The same seed gives the
// same ops on any machine.

#ifndef HARNESS_OP_NOISE_H_
#define HARNESS_OP_NOISE_H_

#include <cstdint>
#include <deque>

#include "harness/op/draw.h"
#include "harness/op/op.h"
#include "harness/sim/rng.h"

namespace handfast {

class Noise {
 public:
  explicit Noise(uint64_t seed) : rng_(seed), habit_(rng_) {}

  Op Draw();
  Scenario Draw(size_t count);

 private:
  bool OneIn(uint64_t n) { return rng_.Below(n) == 0; }
  void PlanLife();
  void PlanCall();
  void PlanCrowd();
  void PlanStream();
  Op DrawPart(uint8_t fd, unsigned stamps, uint64_t reach);

  SimRng rng_;
  Habit habit_;
  std::deque<Op> plan_;
};

}  // namespace handfast

#endif  // HARNESS_OP_NOISE_H_
