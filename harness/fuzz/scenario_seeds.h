// The seeds of the targets that play scenarios: the fewest of many walks that together reach
// whatever all of them do, each made as simple as it may be.

#ifndef HARNESS_FUZZ_SCENARIO_SEEDS_H_
#define HARNESS_FUZZ_SCENARIO_SEEDS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace handfast {

struct Seed {
  std::string target;
  std::string name;
  std::vector<uint8_t> octets;
};

std::vector<Seed> ScenarioSeeds();

}  // namespace handfast

#endif  // HARNESS_FUZZ_SCENARIO_SEEDS_H_
