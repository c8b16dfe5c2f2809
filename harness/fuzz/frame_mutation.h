// Frame mutation: one change to an Ethernet frame, in the terms of what it carries, and then
// a seal (harness/fuzz/seal.h); but one in eight is left as the change made it.

#ifndef HARNESS_FUZZ_FRAME_MUTATION_H_
#define HARNESS_FUZZ_FRAME_MUTATION_H_

#include <cstddef>
#include <cstdint>

#include "harness/sim/rng.h"
#include "stack/base/units.h"

namespace handfast {

// A change that knows nothing of frames, in a buffer with room: the new size. An engine's
// own, such as LLVMFuzzerMutate.
using BlindMutation = size_t (*)(uint8_t* data, size_t size, size_t room);

// REQUIRES: size <= buffer.size(). The new size.
size_t MutateFrame(MutableBytes buffer, size_t size, BlindMutation blind, SimRng& rng);

}  // namespace handfast

#endif  // HARNESS_FUZZ_FRAME_MUTATION_H_
