// AbstractHash: what a stack will do from now on, and nothing else. Two stacks with the same
// hash answer alike, but for ISNs, TSvals and the time of day.
//
// Left out: counters, generations, slot numbers, secrets, what text says. Numbers are taken
// relative to the ISNs, times relative to now; what happened longer ago than any rule asks
// is long ago.

#ifndef HARNESS_ABSTRACT_H_
#define HARNESS_ABSTRACT_H_

#include <cstdint>

#include "stack/stack.h"

namespace handfast {

uint64_t AbstractHash(const Stack& stack);

// The same of one flow's owner, ours first; of nobody, 0.
uint64_t AbstractHash(const Stack& stack, const Flow& flow);

}  // namespace handfast

#endif  // HARNESS_ABSTRACT_H_
