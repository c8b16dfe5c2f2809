// Simulation: what 'handfast simulate' was asked for, and what came of it; for people and for
// machines.

#ifndef HARNESS_APP_SIMULATION_H_
#define HARNESS_APP_SIMULATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sim/siege.h"
#include "harness/sim/soak.h"
#include "harness/sim/visit.h"
#include "harness/sim/wire.h"

namespace handfast {

struct SimulationOptions {
  uint64_t seed = 1;
  Faults faults;
  Duration duration = 60s;  // of the talk
};

struct VisitStory {
  Addr from;
  Addr to;
  VisitResult result;
  std::string ladder;
};

struct Simulation {
  SimulationOptions options;
  std::vector<VisitStory> visits;
  SiegeResult siege;
  SoakResult soak;

  // Everything that was wrong; "" if nothing was.
  std::string wrong() const;
  // The command that does the same again.
  std::string repeat() const;
};

struct ShowOptions {
  bool ladders = true;
  bool ascii = false;
};

std::string ShowText(const Simulation& simulation, const ShowOptions& options);
std::string ShowJson(const Simulation& simulation, const ShowOptions& options);

}  // namespace handfast

#endif  // HARNESS_APP_SIMULATION_H_
