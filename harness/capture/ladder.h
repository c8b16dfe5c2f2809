// Ladder: TCP conversations as text, two hosts as columns, time downwards.
//
//   10.0.0.2:40000 → 10.0.0.1:80, at 2.500000 s, ISN 1000 and 5000
//      time, s 10.0.0.2:40000            10.0.0.1:80 (here)
//     0.000000 │── SYN Seq=0 Win=65535 ──────────────────►│ LISTEN → SYN-RECEIVED
//              │   MSS=1460 WS=128                        │ queue a request, answer with ...
//     0.000000 │◄──────── SYN-ACK Seq=0 Ack=1 Win=65535 ──│
//              │                          MSS=1400 WS=4   │
//     0.012000 │── ACK Seq=1 Ack=1 Win=64256 ────────────►│ SYN-RECEIVED → ESTABLISHED
//
// Whoever sent the first SYN stands on the left. Numbers are those that Wireshark shows:
// relative to the ISN, windows scaled. At our side's margin stands what the stack made of a
// segment: its new state, its verdict unless that is understood, the reason for a drop. An
// arrow with a cross at its end was dropped on arrival; one that breaks off never arrived.
//
// Told by one host, or by both of a simulation. There a segment is one arrow if nothing else
// happened at its receiver in the meantime; else it leaves into dots, and comes out of dots
// further down (as in RFC 9293 figure 7).
//
// Memory is bounded: so many flows, of each so many of the first and last segments.

#ifndef HARNESS_CAPTURE_LADDER_H_
#define HARNESS_CAPTURE_LADDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "harness/capture/observer.h"
#include "stack/base/seq.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/sock/state.h"
#include "stack/trace.h"

namespace handfast {

// Columns: 0 is the left one.
using Side = size_t;

struct LadderRow {
  enum class Shape : uint8_t {
    kArrow,      // from one side to the other
    kDeparture,  // its arrival is another row
    kArrival,
    kSilence,  // no segment: something happened at a side
  };
  enum class End : uint8_t { kUnknown, kArrived, kDropped };

  Instant at;
  Shape shape = Shape::kArrow;
  End end = End::kUnknown;
  Side from = 0;
  std::vector<std::string> label;                 // parts that are not broken
  std::vector<std::string> options;               // the same, to stand below
  std::array<std::vector<std::string>, 2> notes;  // lines for both margins
  std::vector<uint8_t> head;  // the datagram's first octets, by which its arrival is known
};

struct LadderEnd {
  Endpoint endpoint;
  bool ours = false;       // a stack has told of it
  std::optional<Seq> isn;  // or what stands for it, where the beginning was not seen
  bool isn_seen = false;
  std::optional<Seq> sent;  // the end of all that it has sent
  uint8_t scale = 0;        // of its windows
  bool scale_offered = false;
  State shown = State::kNone;
  uint64_t rows = 0;  // before the end of the last in which something happened here
};

struct SegmentOnWire;  // harness/capture/ladder_words.h

// One conversation, as far as it is kept.
struct LadderFlow {
  uint64_t number = 0;  // in the order of beginning
  Instant begin;
  std::array<LadderEnd, 2> ends;
  bool met = false;  // a handshake was completed
  std::vector<LadderRow> first;
  std::deque<LadderRow> last;
  uint64_t rows = 0;  // with those that were left out between the first and the last
};

class Ladder {
 public:
  enum class View : uint8_t { kOneSide, kBothSides };
  enum class Drawing : uint8_t { kUnicode, kAscii };
  struct Options {
    View view = View::kOneSide;
    // Room is made by one whose hosts never met, so that a flood of SYNs does not sweep away
    // the others; among equals by the one that was silent for the longest time.
    size_t flows = 16;
    size_t rows = 48;  // of each flow
  };

  explicit Ladder(const Options& options) : options_(options) {}
  Ladder() : Ladder(Options{}) {}

  void Add(const FrameStory& story);
  // A change of state that no segment shows.
  void Add(Instant at, const TraceRecord& silence);
  // Adds all that the observer tells from now on. REQUIRES: this outlives the observer.
  void Watch(Observer& observer);

  // What is kept, in the order of beginning.
  std::vector<const LadderFlow*> flows() const;
  std::string Draw(const LadderFlow& flow, Drawing drawing = Drawing::kUnicode) const;

 private:
  LadderFlow* Find(const Flow& flow);
  LadderFlow& Begin(const Flow& flow, Side left, Instant at);
  void MakeRoom();
  void Append(LadderFlow& flow, LadderRow row) const;
  void AddSegment(const FrameStory& story, const SegmentOnWire& segment);
  void Arrive(LadderFlow& flow, Side from, const FrameStory& story,
              const SegmentOnWire& segment);
  void AddIcmp(const FrameStory& story);

  Options options_;
  std::list<LadderFlow> flows_;  // the last that spoke is in front
  uint64_t begun_ = 0;
};

}  // namespace handfast

#endif  // HARNESS_CAPTURE_LADDER_H_
