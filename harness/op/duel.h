// Duel: our stack and A's, each with a user, over a link that does what it likes, and heals.

#ifndef HARNESS_OP_DUEL_H_
#define HARNESS_OP_DUEL_H_

#include <string>

#include "harness/op/play.h"

namespace handfast {

// Plays a scenario, but only what users and a link can do: a segment that nobody sent stands
// for a delivery, all calls to connect are to A, nobody forgets, and of what is on its way at
// once one bit turns over at most, which no checksum misses. Then nothing is lost any more,
// users accept and read all there is, and time runs: both stacks must agree on all connections
// that both have. Then all is closed, and when time has run out both must be empty.
//
// "", or what is wrong; of the play itself, too. REQUIRES: nothing has happened in the play.
std::string Duel(Play& play, const Scenario& scenario);

}  // namespace handfast

#endif  // HARNESS_OP_DUEL_H_
