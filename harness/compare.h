// Compare: whether two stacks are alike, bit for bit, but for what a law leaves out.

#ifndef HARNESS_COMPARE_H_
#define HARNESS_COMPARE_H_

#include "stack/stack.h"

namespace handfast {

// All state but the counters. What a drop leaves behind (I-09).
bool SameButCounters(const Stack& a, const Stack& b);

}  // namespace handfast

#endif  // HARNESS_COMPARE_H_
