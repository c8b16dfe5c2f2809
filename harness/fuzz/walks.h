// Walks: scenarios that together lead to every cell of the matrix (harness/op/matrix.h): each
// state there is, and what may come in it.

#ifndef HARNESS_FUZZ_WALKS_H_
#define HARNESS_FUZZ_WALKS_H_

#include <cstdint>
#include <vector>

#include "harness/fuzz/op_input.h"

namespace handfast {

// To each state, in each setup, and one event more, once or twice.
std::vector<OpInput> StateWalks();
// The same with a few events, drawn.
std::vector<OpInput> MixedWalks(uint64_t count);
// What nobody has thought of.
std::vector<OpInput> RandomWalks(uint64_t count, size_t most_ops);
// Two honest stacks that shake hands, talk and part over a bad link.
std::vector<OpInput> DuelWalks(uint64_t count);

}  // namespace handfast

#endif  // HARNESS_FUZZ_WALKS_H_
