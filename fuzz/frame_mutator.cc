// How targets that take Ethernet frames mutate them.

#include "harness/fuzz/frame_mutation.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  handfast::SimRng rng(seed);
  return handfast::MutateFrame({data, max_size}, size, LLVMFuzzerMutate, rng);
}
