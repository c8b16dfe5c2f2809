// What a ladder says of segments, states and verdicts.

#ifndef HARNESS_CAPTURE_LADDER_WORDS_H_
#define HARNESS_CAPTURE_LADDER_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/capture/ladder.h"
#include "stack/wire/options.h"
#include "stack/wire/tcp_view.h"

namespace handfast {

// A TCP segment as it stands in a datagram, whatever its checksums say.
struct SegmentOnWire {
  Flow flow;  // `local` is the sender
  Seq seq;
  Seq ack;
  Flags flags;
  uint16_t window = 0;
  uint32_t text = 0;  // octets
  Options options;    // points into the datagram

  uint32_t length() const {
    return text + (flags.has(kSyn) ? 1 : 0) + (flags.has(kFin) ? 1 : 0);
  }
  bool opens() const { return flags.has(kSyn) && !flags.has(kAck); }
};

std::optional<SegmentOnWire> ReadSegment(Bytes datagram);

// Whether a segment brings what its sender has sent before.
enum class Novelty : uint8_t { kNew, kAgain, kAgainOrLate, kCopy };

// "SYN-ACK", "Seq=0", "Ack=1", "Win=65535", "Len=0".
std::vector<std::string> LabelOf(const SegmentOnWire& segment, const LadderEnd& from,
                                 const LadderEnd& to, Novelty novelty);
// "MSS=1460", "WS=128", "SACK_PERM", "TS"; of later segments only "SACK=1-1449".
std::vector<std::string> OptionsOf(const SegmentOnWire& segment, const LadderEnd& to);

// How a side's state is shown after an event: "SYN-SENT", "LISTEN → SYN-RECEIVED", or
// "→ ESTABLISHED" where the last is still to be seen above. "" where nothing is new.
std::string StateOf(const TraceRecord& record, Ladder::View view, LadderEnd& end);

// What else there is to say of a frame at our side's margin.
std::vector<std::string> NotesOf(const FrameStory& story);

}  // namespace handfast

#endif  // HARNESS_CAPTURE_LADDER_WORDS_H_
