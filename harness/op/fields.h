// Fields: which of an op's fields its verb uses, and how far they reach.

#ifndef HARNESS_OP_FIELDS_H_
#define HARNESS_OP_FIELDS_H_

#include <cstdint>

#include "harness/op/op.h"

namespace handfast {

enum Field : uint32_t {
  kHonest = 1 << 0,
  kFd = 1 << 1,  // a descriptor
  kFdOrFlow = 1 << 2,
  kOtherFd = 1 << 3,
  kPeer = 1 << 4,
  kPeerPort = 1 << 5,
  kHerePort = 1 << 6,
  kMode = 1 << 7,
  kLength = 1 << 8,
  kAmount = 1 << 9,
  kSeqDelta = 1 << 10,
  kWindow = 1 << 11,
  kAll = 1 << 12,  // of a segment
};

uint32_t FieldsOf(Verb verb);
// How many modes a verb has.
unsigned ModesOf(Verb verb);
// The largest Op::length of a verb.
uint16_t MostOf(Verb verb);

// In ms: beyond every deadline there is, and until a timestamp says nothing any more (RFC
// 7323 §5.5).
inline constexpr int32_t kLongestWait = 2'100'000'000;

}  // namespace handfast

#endif  // HARNESS_OP_FIELDS_H_
