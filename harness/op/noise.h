// Noise: ops at random, drawn from what is likely to matter: few flows, numbers near their
// edges, times near timers; and here and there the steps of a whole life, with noise between
// them. The same seed gives the same ops on any machine.

#ifndef HARNESS_OP_NOISE_H_
#define HARNESS_OP_NOISE_H_

#include <cstdint>
#include <deque>
#include <initializer_list>

#include "harness/op/op.h"
#include "harness/sim/rng.h"

namespace handfast {

class Noise {
 public:
  explicit Noise(uint64_t seed) : rng_(seed) {}

  Op Draw();
  Scenario Draw(size_t count);

 private:
  bool OneIn(uint64_t n) { return rng_.Below(n) == 0; }
  uint8_t Below(uint64_t n) { return static_cast<uint8_t>(rng_.Below(n)); }
  int32_t Of(std::initializer_list<int32_t> list) {
    return list.begin()[rng_.Below(list.size())];
  }
  Op DrawOp();
  Verb DrawVerb();
  int32_t DrawAmount(Verb verb);
  int32_t DrawDelta();
  void DrawSegment(Op& op);
  // From listen() to the TIME-WAIT of a flow, and its next SYN.
  void PlanLife();

  SimRng rng_;
  std::deque<Op> plan_;
};

}  // namespace handfast

#endif  // HARNESS_OP_NOISE_H_
