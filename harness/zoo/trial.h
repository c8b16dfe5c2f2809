// Trial: one execution of a hunt for bugs, determined by a number. Each kind asks other
// oracles; what they say of a stack without bugs is nothing.

#ifndef HARNESS_ZOO_TRIAL_H_
#define HARNESS_ZOO_TRIAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/units.h"

namespace handfast::zoo {

// Who noticed, in a word or by the numbers of invariants; and what.
struct Catch {
  std::string oracle;
  std::string what;
};

// The numbers of invariants that a text names, each once.
std::string NumbersIn(const std::string& text);

using Caught = std::optional<Catch>;
using Trial = Caught (*)(uint64_t seed);

// A scenario under all audits and beside the model of connection setup ("I-nn", "model").
Caught TryScenario(uint64_t seed);
// The same scenario from other numbers and another time ("twin").
Caught TryTwin(uint64_t seed);
// Frames, mutated in their own terms, read by the parser and by the references ("reader").
Caught TryFrame(uint64_t seed);
// Datagrams in one burst and one by one ("burst").
Caught TryBurst(uint64_t seed);
// A copy is made at any moment, and goes on as the original does ("copy").
Caught TryCopy(uint64_t seed);
// What an outsider must not be able to compute ("secret").
Caught TrySecrets(uint64_t seed);
// Neighbours, who say more than they were asked ("neighbour").
Caught TryNeighbours(uint64_t seed);
// Limits at their edges ("limits"; what is noticed ends the program).
Caught TryLimits(uint64_t seed);
// Honest users on a bad wire, through the pump ("simulation").
Caught TrySimulation(uint64_t seed);

// The baseline: octets at random in place of what a frame says, with all of the checks of
// TryScenario and TryFrame.
Caught TryOctets(uint64_t seed);

// What the parser and the references say of a datagram; used by TryFrame and TryOctets.
Caught CompareReaders(Bytes datagram);

}  // namespace handfast::zoo

#endif  // HARNESS_ZOO_TRIAL_H_
