// Reach: where scenarios have been: in which state, what came, and what was made of it. It
// counts cells of a matrix, for people, and as counters for a fuzzer to grow.

#ifndef HARNESS_OP_REACH_H_
#define HARNESS_OP_REACH_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/op/play.h"
#include "stack/arrive/verdict.h"

namespace handfast {

// What makes a stack do something. Segments by the flags that decide.
#define HF_COMINGS(X)                                           \
  X(kSyn, "SYN")                                                \
  X(kSynAck, "SYN-ACK")                                         \
  X(kAck, "ACK")                                                \
  X(kText, "text")                                              \
  X(kFin, "FIN")                                                \
  X(kRst, "RST")                                                \
  X(kBare, "no ACK") /* neither SYN nor RST nor ACK */          \
  X(kIcmp, "ICMP")                                              \
  X(kOther, "other") /* no segment, or none that can be read */ \
  X(kTimer, "timer")                                            \
  X(kCall, "call")

enum class Coming : uint8_t {
#define HF_ENUM(name, text) name,
  HF_COMINGS(HF_ENUM)
#undef HF_ENUM
};
#define HF_COUNT(name, text) +1
inline constexpr size_t kComingCount = HF_COMINGS(HF_COUNT);
#undef HF_COUNT
const char* Name(Coming coming);

inline constexpr size_t kActionCount = 22;

// Where something stands in the matrix.
struct Cell {
  State state = State::kNone;
  Coming coming = Coming::kOther;
  Action action = Action::kDrop;
  Drop drop = Drop::kNone;
  State after = State::kNone;
};

Coming ComingOf(Bytes datagram);

class Reach final : public Spectator {
 public:
  // Two parts: state × coming × action, and after them state × drop reason, state × state
  // after, how full each queue of a listener has been, and states that somebody was in.
  static constexpr size_t kMatrix = kStateCount * kComingCount * kActionCount;
  static constexpr size_t kDrops = kStateCount * kDropCount;
  static constexpr size_t kMoves = kStateCount * kStateCount;
  static constexpr size_t kDepths = 2 * 8;
  static constexpr size_t kCensus = kMatrix + kDrops + kMoves + kDepths;  // its first cell
  static constexpr size_t kCells = kCensus + kStateCount;

  // Counts into `cells`, which saturate. REQUIRES: kCells of them, which outlive this.
  explicit Reach(std::span<uint8_t> cells) : cells_(cells) {}

  static size_t IndexOf(State state, Coming coming, Action action) {
    return (static_cast<size_t>(state) * kComingCount + static_cast<size_t>(coming)) *
               kActionCount +
           static_cast<size_t>(action);
  }

  // What stands there now. It is looked at before each op, too.
  void Look(const Play& play);

  void OnOp(const Play& play, const Op&) override { Look(play); }
  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override;
  void OnExpire(const Play& play, const Trace& trace, const TxBurst& out) override;

 private:
  void Count(size_t index) {
    if (cells_[index] < 255) ++cells_[index];
  }
  void Note(const Cell& cell);

  std::span<uint8_t> cells_;
};

// The cells that a scenario reaches, played to its end, Finish included.
std::vector<uint8_t> CellsToTheEnd(const Scenario& scenario, uint8_t setup);

// The matrix as text: a line for each state and coming, with what was made of it.
std::string ShowMatrix(std::span<const uint8_t> cells);
// How many cells are not empty.
size_t CellsReached(std::span<const uint8_t> cells);
// The same of the matrix alone: of state × coming × action.
size_t TransitionsReached(std::span<const uint8_t> cells);
// How many of the eleven states somebody was in, and the last of them in enum's order; kNone:
// none.
size_t StatesReached(std::span<const uint8_t> cells);
State DeepestReached(std::span<const uint8_t> cells);

}  // namespace handfast

#endif  // HARNESS_OP_REACH_H_
