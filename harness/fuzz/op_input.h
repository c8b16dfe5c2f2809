// OpInput: an input of the fuzz targets that play scenarios. Its first octet is the head: the
// low three bits say the setup, the others are the target's own; the code of ops follows.

#ifndef HARNESS_FUZZ_OP_INPUT_H_
#define HARNESS_FUZZ_OP_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/op/op.h"
#include "harness/op/play.h"
#include "stack/base/units.h"

namespace handfast {

struct OpInput {
  static constexpr size_t kHead = 1;  // octets

  uint8_t head = 0;
  Scenario ops;

  uint8_t setup() const { return head % kSetups; }
  uint8_t variant() const { return head / kSetups; }

  // Every byte string is an input; none is the one of zeros.
  static OpInput Decode(Bytes bytes) {
    if (bytes.empty()) return {};
    return {bytes[0], handfast::Decode(bytes.subspan(kHead))};
  }
  std::vector<uint8_t> Encode() const {
    std::vector<uint8_t> bytes = handfast::Encode(ops);
    bytes.insert(bytes.begin(), head);
    return bytes;
  }
};

}  // namespace handfast

#endif  // HARNESS_FUZZ_OP_INPUT_H_
