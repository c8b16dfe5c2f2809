// Read: what a datagram says, for the model. Octet by octet from RFC 791, 792, 9293 and 7323;
// of the stack it knows the names of drops and the fields of a segment, not how it parses.

#ifndef HARNESS_ORACLE_READ_H_
#define HARNESS_ORACLE_READ_H_

#include "stack/config.h"
#include "stack/wire/drop.h"
#include "stack/wire/segment.h"

namespace handfast::oracle {

struct Reading {
  enum class What : uint8_t { kNothing, kSegment, kEcho, kIcmpError };

  What what = What::kNothing;
  Drop drop = Drop::kNone;  // why there is nothing
  Segment segment;          // its text lies in the datagram
  // Of an ICMP error: what it is, and what it quotes; ours first.
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t mtu = 0;
  Flow flow;
  uint32_t seq = 0;
};

Reading ReadDatagram(Bytes datagram, const Config& config);

// The flow and the number of a datagram of ours that somebody quotes.
bool ReadQuote(Bytes quote, Reading& out);

// Options of a SYN or SYN-ACK, as far as setup listens to them; and whether a length is wrong.
Options ReadOptions(Bytes options);

}  // namespace handfast::oracle

#endif  // HARNESS_ORACLE_READ_H_
