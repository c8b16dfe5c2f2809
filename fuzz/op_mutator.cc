// How targets that play scenarios mutate and cross them: op by op.

#include "harness/fuzz/op_input.h"
#include "harness/op/mutate.h"

using handfast::OpInput;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed);
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b,
                                            size_t b_size, uint8_t* out, size_t max_size,
                                            unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return handfast::MutateCode(data, size, max_size, seed, OpInput::kHead);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b,
                                 size_t b_size, uint8_t* out, size_t max_size, unsigned seed) {
  return handfast::CrossCode({a, a_size}, {b, b_size}, {out, max_size}, seed, OpInput::kHead);
}
