// Alike: whether two plays go the same way, but for where numbers and times begin.

#ifndef HARNESS_OP_ALIKE_H_
#define HARNESS_OP_ALIKE_H_

#include <string>

#include "harness/op/play.h"

namespace handfast {

// Plays a scenario in both, but for what depends on numbers as they are: numbers that
// nobody chose, segments in the name of A or of an earlier life, TSecr 0, ports that are
// drawn, damage to some bit. "", or the first op after which they differ, and in what.
std::string WhereUnlike(Play& one, Play& other, const Scenario& scenario);

}  // namespace handfast

#endif  // HARNESS_OP_ALIKE_H_
