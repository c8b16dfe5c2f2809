// Shrink: a scenario that fails becomes the simplest one that still does.

#ifndef HARNESS_OP_SHRINK_H_
#define HARNESS_OP_SHRINK_H_

#include <functional>
#include <vector>

#include "harness/op/op.h"

namespace handfast {

// The op with one field nearer to where it would be if it did not matter, in every way. From
// one to the next there is no way back. REQUIRES: the op is normal; so are these.
std::vector<Op> Simpler(const Op& op);

// Takes out ops and simplifies fields as long as it still fails. Asks so many times at most.
Scenario Shrink(Scenario scenario, const std::function<bool(const Scenario&)>& still_fails,
                int tries = 20'000);

}  // namespace handfast

#endif  // HARNESS_OP_SHRINK_H_
