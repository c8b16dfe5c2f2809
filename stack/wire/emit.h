// Emit: a segment's fields to the bytes of a datagram. Every byte is written; nothing of
// the buffer's former content shows.

#ifndef STACK_WIRE_EMIT_H_
#define STACK_WIRE_EMIT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/base/seq.h"
#include "stack/base/units.h"
#include "stack/wire/options.h"
#include "stack/wire/tcp_view.h"

namespace handfast {

inline constexpr size_t kMaxHeaders = 40 + 20 + TcpView::kMaxOptions;  // IPv6's, the larger
inline constexpr uint8_t kDefaultTtl = 64;

struct SackBlock {
  Seq first;
  Seq end;
  friend constexpr bool operator==(const SackBlock&, const SackBlock&) = default;
};

// The options to send: the bits of `present` (Options::Bit) say which fields count.
struct OutOptions {
  uint8_t present = 0;
  uint8_t window_scale = 0;
  uint16_t mss = 0;
  uint32_t ts_val = 0;
  uint32_t ts_ecr = 0;
  bool fastopen_experimental = false;
  std::span<const SackBlock> sack;  // borrowed, as what follows is
  Bytes cookie;                     // Fast Open; empty asks for one
  Bytes md5;                        // 16 octets of digest

  constexpr bool has(Options::Bit bit) const { return (present & bit) != 0; }
};

struct Outgoing {
  Flow flow;  // `local` is the source
  Seq seq;
  Seq ack;
  Flags flags;
  uint16_t window = 0;
  uint8_t tos = 0;
  uint8_t ttl = kDefaultTtl;
  OutOptions options;
};

// Options as they were written: their length, a multiple of 4, and the sum of their words.
struct EmittedOptions {
  size_t length = 0;
  uint64_t sum = 0;
};

// Writes the option list in Linux's order (MD5, MSS, timestamps with SACK permitted before
// them, SACK permitted alone, window scale, Fast Open, SACK blocks), each aligned to four
// octets with NOPs. What does not fit any more into 40 octets is left out, whole; of SACK
// blocks as many as fit are written. REQUIRES: `out` has TcpView::kMaxOptions octets.
EmittedOptions EmitOptions(const OutOptions& options, uint8_t* out);

// Writes the headers of an IPv4 datagram around options and a text that stand in `out`
// already, at kOptionsAt and at TextOffset(options.length). The datagram's length.
// REQUIRES: it fits into `out`.
size_t EmitTcp(const Outgoing& segment, const EmittedOptions& options, size_t text_length,
               MutableBytes out);

// Where the options of a segment begin.
inline constexpr size_t kOptionsAt = 20 + TcpView::kMinHeader;

// Where the text of a segment with so many octets of options begins.
constexpr size_t TextOffset(size_t options_length) { return kOptionsAt + options_length; }

// Answers an ICMP echo request: same identifier, number and data, no IP options. The
// length, or 0 if `out` is too small. REQUIRES: `request` parsed as Arrival::What::kEcho.
size_t EmitEchoReply(Bytes request, MutableBytes out);

}  // namespace handfast

#endif  // STACK_WIRE_EMIT_H_
