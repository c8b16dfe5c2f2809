#include "harness/op/burst.h"

#include <algorithm>
#include <array>

#include "harness/op/both.h"
#include "harness/op/cat.h"
#include "harness/op/script.h"
#include "harness/packet.h"

namespace handfast {
namespace {

constexpr size_t kMostInBurst = 64;
constexpr size_t kMtu = 1500;

bool BringsDatagrams(Verb verb) {
  return verb == Verb::kSegment || verb == Verb::kIcmp || verb == Verb::kPing ||
         verb == Verb::kReplay || verb == Verb::kDeliver;
}

// What came in since it was asked last.
class Collector final : public Spectator {
 public:
  void OnInput(const Play&, Bytes datagram, const TraceRecord&, const TxBurst&) override {
    if (datagrams_.size() < kMostInBurst)
      datagrams_.emplace_back(datagram.begin(), datagram.end());
  }
  std::vector<Datagram> Take() { return std::exchange(datagrams_, {}); }

 private:
  std::vector<Datagram> datagrams_;
};

// What a stack made of datagrams.
struct Outcome {
  std::vector<Datagram> sent;
  std::vector<TraceRecord> records;

  void Take(TxBurst& tx) {
    for (size_t i = 0; i < tx.size(); ++i) sent.emplace_back(tx[i].begin(), tx[i].end());
    tx.Clear();
  }
};

void Expire(Stack& stack, Instant now, Outcome& outcome) {
  static thread_local OwnedTxBurst tx(2 * kMostInBurst, kMtu);
  tx.Clear();
  stack.Expire(now, tx);
  outcome.Take(tx);
}

Outcome AsBurst(Stack& stack, Instant now, std::span<const Bytes> datagrams, size_t room) {
  OwnedTxBurst tx(room, kMtu);
  Outcome outcome;
  while (!datagrams.empty()) {
    std::array<TraceRecord, kMostInBurst> records;
    Trace trace(records);
    const size_t done = stack.Input(now, datagrams, tx, &trace);
    outcome.records.insert(outcome.records.end(), trace.records().begin(),
                           trace.records().end());
    datagrams = datagrams.subspan(done);
    if (done == 0 && tx.empty()) break;  // it will never be consumed
    outcome.Take(tx);
  }
  Expire(stack, now, outcome);
  return outcome;
}

Outcome OneByOne(Stack& stack, Instant now, std::span<const Bytes> datagrams) {
  Outcome outcome;
  static thread_local OwnedTxBurst tx(kMostInBurst, kMtu);
  for (const Bytes& datagram : datagrams) {
    std::array<TraceRecord, 1> records;
    Trace trace(records);
    tx.Clear();
    if (stack.Input(now, {&datagram, 1}, tx, &trace) != 1) break;
    outcome.records.push_back(records[0]);
    outcome.Take(tx);
  }
  Expire(stack, now, outcome);
  return outcome;
}

bool SameVerdict(const TraceRecord& a, const TraceRecord& b) {
  return a.owner == b.owner && a.before == b.before && a.after == b.after &&
         a.verdict == b.verdict && a.flow == b.flow;
}

bool Same(const TraceRecord& a, const TraceRecord& b) {
  return SameVerdict(a, b) && a.tx_count == b.tx_count;
}

// Answers find room, or their datagram is not taken yet. But of the text that an ACK lets go
// some may not: it leaves later, and what the peer says of it meanwhile is judged otherwise.
bool TextWasCut(const TraceRecord& burst, const TraceRecord& alone) {
  return SameVerdict(burst, alone) && burst.tx_count < alone.tx_count && alone.tx_count > 1;
}

std::string Unlike(const Stack& before, Instant now, const std::vector<Datagram>& datagrams,
                   size_t room) {
  const std::vector<Bytes> views(datagrams.begin(), datagrams.end());
  OwnedStack burst(before), single(before);
  const Outcome at_once = AsBurst(*burst, now, views, room);
  const Outcome each = OneByOne(*single, now, views);
  if (at_once.records.size() != views.size()) return "a burst is not consumed";
  if (each.records.size() != views.size()) return "a datagram is not consumed";
  const auto [one, other] =
      std::mismatch(at_once.records.begin(), at_once.records.end(), each.records.begin(), Same);
  if (one != at_once.records.end())
    return TextWasCut(*one, *other) ? "" : "a burst is judged as its datagrams alone are not";
  if (at_once.sent != each.sent) return "a burst is answered as its datagrams alone are not";
  for (size_t i = 0; i < kCounterCount; ++i)
    if (const auto counter = static_cast<Counter>(i);
        burst->counters()[counter] != single->counters()[counter])
      return Cat("a burst is counted as another: ", Name(counter));
  return burst == single ? "" : "a burst leads to another state";
}

}  // namespace

std::string WhereBurstsMatter(Play& play, const Scenario& scenario, size_t room,
                              Spectator& watch) {
  Collector collector;
  Both both(collector, watch);
  play.set_spectator(&both);
  OwnedStack before(play.stack());
  for (size_t i = 0; i < scenario.size(); ++i) {
    const bool first = i == 0 || !BringsDatagrams(scenario[i - 1].verb);
    const bool brings = BringsDatagrams(scenario[i].verb);
    const bool last = i + 1 == scenario.size() || !BringsDatagrams(scenario[i + 1].verb);
    if (brings && first) {
      before = OwnedStack(play.stack());
      (void)collector.Take();
    }
    play.Do(scenario[i]);
    if (!play.wrong().empty()) return play.wrong();
    if (!brings || !last) continue;
    const std::vector<Datagram> datagrams = collector.Take();
    if (datagrams.empty()) continue;
    const std::string unlike = Unlike(*before, play.now(), datagrams, room);
    if (!unlike.empty())
      return Cat("op ", std::to_string(i), ", ", Print(scenario[i]), ": ", unlike);
  }
  play.Finish();
  return play.wrong();
}

}  // namespace handfast
