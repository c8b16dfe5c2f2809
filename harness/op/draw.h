// Draw: ops at random, as they are most likely to find something: numbers near edges, few
// flows and descriptors, and of each scenario some verbs left out and others preferred.

#ifndef HARNESS_OP_DRAW_H_
#define HARNESS_OP_DRAW_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/op/op.h"
#include "harness/sim/rng.h"

namespace handfast {

// How often each verb is drawn; a swarm of scenarios does not have one habit (swarm testing:
// Groce et al. 2012).
class Habit {
 public:
  explicit Habit(SimRng& rng);

  Verb Draw(SimRng& rng) const;
  bool leaves_out(Verb verb) const { return weights_[static_cast<size_t>(verb)] == 0; }

 private:
  std::array<uint32_t, kVerbCount> weights_{};
  uint32_t all_ = 0;
};

// All of these give normal ops.
Op DrawOp(SimRng& rng, Verb verb);
// Another value for one of the fields that the op's verb uses; at times the same one.
Op RedrawField(SimRng& rng, Op op);
// How things may begin: a listener, most often; then maybe a handshake with A or B, with B at
// times a close, too; or a connection that is opened from here.
Scenario DrawBeginning(SimRng& rng);
// A beginning, and up to so many ops after it.
Scenario DrawScenario(SimRng& rng, size_t most);

}  // namespace handfast

#endif  // HARNESS_OP_DRAW_H_
