// Burst: whether datagrams that come in one burst do what each of them does alone.

#ifndef HARNESS_OP_BURST_H_
#define HARNESS_OP_BURST_H_

#include <cstddef>
#include <string>

#include "harness/op/play.h"

namespace handfast {

// Plays a scenario. Whatever comes in by ops that follow one another without a call or time in
// between is given to two copies of the stack as it was before: to one as a burst, whose
// answers find room for `room` at a time, to the other one by one. Both must send the same,
// judge the same, and be the same, counters included, also when what is due was done.
//
// "", or the last op of the burst after which they differ, and in what; or what is wrong with
// the play itself. The play is told to `watch`. REQUIRES: room > 0; nothing has happened.
std::string WhereBurstsMatter(Play& play, const Scenario& scenario, size_t room,
                              Spectator& watch);

}  // namespace handfast

#endif  // HARNESS_OP_BURST_H_
