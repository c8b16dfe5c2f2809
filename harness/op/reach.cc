#include "harness/op/reach.h"

#include <algorithm>

#include "stack/wire/ipv4_view.h"
#include "stack/wire/tcp_view.h"

namespace handfast {
namespace {

#define HF_COUNT(name, text) +1
static_assert(kActionCount == HF_ACTIONS(HF_COUNT));
#undef HF_COUNT

}  // namespace

const char* Name(Coming coming) {
  switch (coming) {
#define HF_TEXT(name, text) \
  case Coming::name: return text;
    HF_COMINGS(HF_TEXT)
#undef HF_TEXT
  }
  return "?";
}

Coming ComingOf(Bytes datagram) {
  if (datagram.size() < 20) return Coming::kOther;
  if (datagram[9] == kProtocolIcmp) return Coming::kIcmp;
  const size_t header = (datagram[0] & 15) * size_t{4};
  if (datagram[9] != kProtocolTcp || datagram.size() < header) return Coming::kOther;
  const Bytes segment = datagram.subspan(header);
  if (TcpView::Check(segment) != Drop::kNone) return Coming::kOther;
  const TcpView view(segment);
  const Flags flags = view.flags();
  if (flags.has(kRst)) return Coming::kRst;
  if (flags.has(kSyn)) return flags.has(kAck) ? Coming::kSynAck : Coming::kSyn;
  if (!flags.has(kAck)) return Coming::kBare;
  if (flags.has(kFin)) return Coming::kFin;
  return view.payload().empty() ? Coming::kAck : Coming::kText;
}

void Reach::Note(const Cell& cell) {
  const auto state = static_cast<size_t>(cell.state);
  Count(IndexOf(cell.state, cell.coming, cell.action));
  if (cell.drop != Drop::kNone)
    Count(kMatrix + state * kDropCount + static_cast<size_t>(cell.drop));
  Count(kMatrix + kDrops + state * kStateCount + static_cast<size_t>(cell.after));
}

void Reach::Look(const Play& play) {
  const auto depth = [](uint32_t length) { return std::min<size_t>(length, 7); };
  const auto see = [this](State state) { Count(kCensus + static_cast<size_t>(state)); };
  const Tables& t = play.stack().tables();
  if (t.listeners.used() > 0) see(State::kListen);
  if (t.requests.used() > 0) see(State::kSynReceived);
  if (t.time_waits.used() > 0) see(State::kTimeWait);
  for (uint32_t i = 0; i < t.connections.high_water(); ++i)
    if (const Slot<Connection> slot(i); t.connections.live(slot))
      see(t.connections[slot].state);
  for (uint32_t i = 0; i < t.listeners.high_water(); ++i) {
    const Slot<Listener> slot(i);
    if (!t.listeners.live(slot)) continue;
    Count(kMatrix + kDrops + kMoves + depth(t.listeners[slot].requests.size()));
    Count(kMatrix + kDrops + kMoves + 8 + depth(t.listeners[slot].children.size()));
  }
}

void Reach::OnInput(const Play&, Bytes datagram, const TraceRecord& record, const TxBurst&) {
  Note({record.before, ComingOf(datagram), record.verdict.action, record.verdict.drop,
        record.after});
}

void Reach::OnExpire(const Play&, const Trace& trace, const TxBurst&) {
  for (const TraceRecord& record : trace.records()) {
    const bool timer = record.cause == TraceRecord::Cause::kTimer;
    Note({record.before, timer ? Coming::kTimer : Coming::kCall, record.verdict.action,
          Drop::kNone, record.after});
  }
}

std::vector<uint8_t> CellsToTheEnd(const Scenario& scenario, uint8_t setup) {
  std::vector<uint8_t> cells(Reach::kCells);
  Reach reach(cells);
  Play play(setup);
  play.set_audits(Play::Audits::kNone);
  play.set_spectator(&reach);
  play.Do(scenario);
  play.Finish();
  return cells;
}

std::string ShowMatrix(std::span<const uint8_t> cells) {
  std::string out;
  for (size_t s = 0; s < kStateCount; ++s)
    for (size_t c = 0; c < kComingCount; ++c) {
      std::string line;
      for (size_t a = 0; a < kActionCount; ++a) {
        const uint8_t count = cells[Reach::IndexOf(
            static_cast<State>(s), static_cast<Coming>(c), static_cast<Action>(a))];
        if (count == 0) continue;
        line += line.empty() ? "" : "; ";
        if (static_cast<Coming>(c) != Coming::kTimer && static_cast<Coming>(c) != Coming::kCall)
          line.append(Text(static_cast<Action>(a))).append(" ");
        line += count == 255 ? "many" : std::to_string(count);
      }
      if (line.empty()) continue;
      std::string head =
          std::string(Name(static_cast<State>(s))) + ", " + Name(static_cast<Coming>(c)) + ":";
      head.resize(std::max<size_t>(head.size() + 1, 24), ' ');
      out += head + line + "\n";
    }
  return out;
}

size_t CellsReached(std::span<const uint8_t> cells) {
  return static_cast<size_t>(
      std::count_if(cells.begin(), cells.end(), [](uint8_t count) { return count != 0; }));
}

size_t TransitionsReached(std::span<const uint8_t> cells) {
  return CellsReached(cells.first(Reach::kMatrix));
}

size_t StatesReached(std::span<const uint8_t> cells) {
  return CellsReached(cells.subspan(Reach::kCensus + 1));
}

State DeepestReached(std::span<const uint8_t> cells) {
  size_t state = kStateCount - 1;
  while (state > 0 && cells[Reach::kCensus + state] == 0) --state;
  return static_cast<State>(state);
}

}  // namespace handfast
