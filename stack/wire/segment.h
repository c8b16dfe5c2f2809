// Segment: a TCP segment as a judge sees it. SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND.

#ifndef STACK_WIRE_SEGMENT_H_
#define STACK_WIRE_SEGMENT_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/units.h"
#include "stack/wire/options.h"
#include "stack/wire/tcp_view.h"

namespace handfast {

struct Segment {
  Flow flow;  // `local` is the destination
  Seq seq;
  Seq ack;
  Flags flags;
  uint16_t window = 0;  // as on the wire, not scaled
  uint8_t tos = 0;      // DSCP and, in the low two bits, ECN
  Options options;
  Bytes text;  // borrowed from the datagram

  constexpr bool has(TcpFlag flag) const { return flags.has(flag); }
  constexpr uint32_t text_length() const { return static_cast<uint32_t>(text.size()); }
  // SEG.LEN counts SYN and FIN (RFC 9293 §3.4).
  constexpr uint32_t length() const {
    return text_length() + (has(kSyn) ? 1 : 0) + (has(kFin) ? 1 : 0);
  }
  // The sequence number after the last that the segment occupies.
  constexpr Seq end() const { return seq + length(); }
};

}  // namespace handfast

#endif  // STACK_WIRE_SEGMENT_H_
