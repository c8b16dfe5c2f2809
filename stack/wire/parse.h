// Parse: one IP datagram to what it means, or to the reason why it means nothing.
//
// Total: every byte string has exactly one outcome. Lengths come first, then checksums,
// then addresses; nothing that a checksum covers is believed before it is verified.

#ifndef STACK_WIRE_PARSE_H_
#define STACK_WIRE_PARSE_H_

#include <cstdint>

#include "stack/base/units.h"
#include "stack/wire/address.h"
#include "stack/wire/drop.h"
#include "stack/wire/icmp.h"
#include "stack/wire/segment.h"

namespace handfast {

// What to make of a TCP option list with an illegal length (RFC 9293 MUST-7).
enum class OnMalformedOptions : uint8_t {
  kDrop,    // the segment has no effect
  kIgnore,  // what stood before the fault counts (Linux: tcp_parse_options)
};

struct ParsePolicy {
  OnMalformedOptions malformed_options = OnMalformedOptions::kDrop;
  bool verify_checksums = true;  // false where the link has verified them
};

struct Arrival {
  enum class What : uint8_t { kNothing, kTcp, kEcho, kIcmpError };

  What what = What::kNothing;
  Drop drop = Drop::kNone;  // not kNone exactly when `what` is kNothing
  Segment segment;          // kTcp
  IcmpError error;          // kIcmpError
  Bytes datagram;           // without link padding
};

void Parse(Bytes bytes, LocalAddrs locals, const ParsePolicy& policy, Arrival& out);

}  // namespace handfast

#endif  // STACK_WIRE_PARSE_H_
