// Mutate: a scenario a little different, and two made one. Op by op, so that what makes sense
// goes on making sense; the same seed makes the same of the same.

#ifndef HARNESS_OP_MUTATE_H_
#define HARNESS_OP_MUTATE_H_

#include <cstddef>
#include <cstdint>

#include "harness/op/op.h"
#include "stack/base/units.h"

namespace handfast {

// At least one op, at most so many.
Scenario Mutate(Scenario scenario, uint64_t seed, size_t most);
// Ops of both, each in its order.
Scenario Cross(const Scenario& a, const Scenario& b, uint64_t seed, size_t most);

// The same in place, of the code of a scenario behind a head of other octets, as
// LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver want it: the new size. `data` has
// room for `most` octets. A head changes seldom.
size_t MutateCode(uint8_t* data, size_t size, size_t most, unsigned seed, size_t head = 0);
size_t CrossCode(Bytes a, Bytes b, MutableBytes out, unsigned seed, size_t head = 0);

}  // namespace handfast

#endif  // HARNESS_OP_MUTATE_H_
