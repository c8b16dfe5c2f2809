#include "harness/op/matrix.h"

#include <algorithm>

#include "harness/json.h"
#include "harness/op/cat.h"

namespace handfast {
namespace {

constexpr uint32_t Bit(State state) { return 1u << static_cast<uint32_t>(state); }
constexpr uint32_t Bit(Coming coming) { return 1u << static_cast<uint32_t>(coming); }
template <typename... Enum>
constexpr uint32_t Any(Enum... values) {
  return (Bit(values) | ...);
}

constexpr uint32_t kSynchronized = Any(State::kEstablished, State::kFinWait1, State::kFinWait2,
                                       State::kCloseWait, State::kClosing, State::kLastAck);
constexpr uint32_t kAcked = Any(Coming::kAck, Coming::kText, Coming::kFin);
constexpr uint32_t kAckedOrBare = kAcked | Any(Coming::kBare);
constexpr uint32_t kSyns = Any(Coming::kSyn, Coming::kSynAck);
constexpr uint32_t kSegments = kSyns | kAckedOrBare | Any(Coming::kRst);

struct Cells {
  uint32_t states, comings;
};

// Of one verdict: where it is given, and why nowhere else.
struct Rule {
  Action action;
  const char* elsewhere;
  std::vector<Cells> cells;
};

// In the order of the verdicts: up to kForget, and from kRefuse on.
std::vector<Rule> FirstRules() {
  using enum State;
  using enum Action;
  using C = Coming;
  return {
      {kDrop,
       "this gets an answer, or is acceptable, or cannot come here",
       {{Any(kNone), kSegments | Any(C::kIcmp, C::kOther)},
        {Any(kClosed), Any(C::kRst, C::kCall)},
        {Any(kListen), Any(C::kSyn, C::kRst, C::kBare)},
        {Any(kSynSent), kAckedOrBare | Any(C::kRst, C::kTimer, C::kCall)},
        {Any(kSynReceived), kSegments | Any(C::kTimer, C::kCall)},
        {kSynchronized, kAckedOrBare | Any(C::kRst, C::kTimer, C::kCall)},
        {Any(kTimeWait), Any(C::kSyn, C::kAck, C::kRst, C::kBare, C::kTimer)}}},
      {kSendRst,
       "a RST answers what nobody expects; where there is a connection, an ACK asks first",
       {{Any(kClosed), kSyns | kAckedOrBare},
        {Any(kListen), Any(C::kSynAck) | kAcked},
        {Any(kSynSent), Any(C::kSynAck) | kAcked},
        {Any(kSynReceived), Any(C::kSynAck) | kAcked}}},
      {kSendAck,
       "an ACK answers what is not acceptable where there is something to tell",
       {{Any(kSynReceived), kSyns | kAckedOrBare},
        {kSynchronized, kAckedOrBare},
        {Any(kTimeWait), kSyns | kAckedOrBare}}},
      {kChallenge,
       "RFC 5961 challenges a RST, a SYN and an ACK out of range of a connection",
       {{Any(kSynReceived), kSyns | Any(C::kRst)},
        {kSynchronized, kSyns | kAcked | Any(C::kRst)}}},
      {kQueue, "a request comes of a SYN for a listener", {{Any(kListen), Any(C::kSyn)}}},
      {kResendSynAck,
       "the SYN-ACK goes again when the SYN comes again",
       {{Any(kSynReceived), Any(C::kSyn)}}},
      {kForget,
       "a request ends by an exact RST, by a SYN in its window, or by a hard ICMP error",
       {{Any(kSynReceived), kSyns | Any(C::kRst)}, {Any(kNone), Any(C::kIcmp)}}},
  };
}

std::vector<Rule> OtherRules() {
  using enum State;
  using enum Action;
  using C = Coming;
  return {
      {kRefuse,
       "a request is refused for a SYN in its window, or where a full accept queue resets",
       {{Any(kSynReceived), kSyns | kAcked}}},
      {kHold,
       "the accept queue matters when the third segment comes",
       {{Any(kSynReceived), Any(C::kSynAck) | kAcked}}},
      {kEstablish,
       "a handshake ends by an ACK of our SYN",
       {{Any(kSynSent), Any(C::kSynAck)}, {Any(kSynReceived), Any(C::kSynAck) | kAcked}}},
      {kCross, "SYNs cross in SYN-SENT", {{Any(kSynSent), Any(C::kSyn)}}},
      {kSendRstRepeat,
       "an old connection of the peer shows itself in SYN-SENT, by an ACK",
       {{Any(kSynSent), Any(C::kSynAck) | kAcked}}},
      {kReset,
       "a RST resets what has a connection or tries for one",
       {{Any(kSynSent, kSynReceived) | kSynchronized, Any(C::kRst)}}},
      {kAccept,
       "what is processed is acknowledged, by a peer that is known",
       {{kSynchronized, kAcked}}},
      {kRestart,
       "TIME-WAIT begins again without a word for a bare ACK in the window",
       {{Any(kTimeWait), Any(C::kAck, C::kBare)}}},
      {kRestartAck,
       "TIME-WAIT begins again, with an ACK, for what is or may be a FIN come again",
       {{Any(kTimeWait), kSyns | kAckedOrBare}}},
      {kEnd,
       "RFC 1337: a RST ends TIME-WAIT where that is chosen",
       {{Any(kTimeWait), Any(C::kRst)}}},
      {kReopen, "a SYN beyond the last number opens anew", {{Any(kTimeWait), Any(C::kSyn)}}},
      {kSoftError, "ICMP errors are remembered", {{Any(kNone), Any(C::kIcmp)}}},
      {kAbort, "ICMP errors end attempts", {{Any(kNone), Any(C::kIcmp)}}},
      {kLowerMtu, "ICMP errors lower the path MTU", {{Any(kNone), Any(C::kIcmp)}}},
      {kEchoReply, "ICMP asks for echoes", {{Any(kNone), Any(C::kIcmp)}}},
  };
}

const std::vector<Rule>& Rules() {
  static const std::vector<Rule> rules = [] {
    std::vector<Rule> all = FirstRules();
    for (Rule& rule : OtherRules()) all.push_back(std::move(rule));
    return all;
  }();
  return rules;
}

template <typename Visit>
void ForEachCell(Visit&& visit) {
  for (size_t s = 0; s < kStateCount; ++s)
    for (size_t c = 0; c < kComingCount; ++c)
      for (size_t a = 0; a < kActionCount; ++a)
        visit(static_cast<State>(s), static_cast<Coming>(c), static_cast<Action>(a));
}

// Timers and calls have no verdict.
std::string NameOf(Coming coming, Action action) {
  if (coming == Coming::kTimer || coming == Coming::kCall) return "happens";
  return Text(action);
}

}  // namespace

const char* WhyNot(State state, Coming coming, Action action) {
  const Rule& rule = Rules()[static_cast<size_t>(action)];
  for (const Cells& cells : rule.cells)
    if ((cells.states & Bit(state)) != 0 && (cells.comings & Bit(coming)) != 0) return nullptr;
  return rule.elsewhere;
}

void Matrix::Add(std::span<const uint8_t> cells) {
  for (size_t i = 0; i < cells.size(); ++i) counts_[i] += cells[i];
}

Matrix::Totals Matrix::totals() const {
  Totals totals;
  ForEachCell([&](State state, Coming coming, Action action) {
    if (WhyNot(state, coming, action) != nullptr) return;
    ++totals.possible;
    totals.reached += At(state, coming, action) > 0 ? 1 : 0;
  });
  for (size_t i = 0; i < Reach::kMoves; ++i) {
    const bool moved = i / kStateCount != i % kStateCount;
    totals.moves += moved && counts_[Reach::kMatrix + Reach::kDrops + i] > 0 ? 1 : 0;
  }
  return totals;
}

std::vector<std::string> Matrix::Surprises() const {
  std::vector<std::string> lines;
  ForEachCell([&](State state, Coming coming, Action action) {
    const bool possible = WhyNot(state, coming, action) == nullptr;
    if (possible == (At(state, coming, action) > 0)) return;
    lines.push_back(Cat(possible ? "not reached: " : "not expected: ", Name(state), ", ",
                        Name(coming), ": ", NameOf(coming, action)));
  });
  return lines;
}

std::string Matrix::Text() const {
  std::string out;
  for (size_t s = 0; s < kStateCount; ++s)
    for (size_t c = 0; c < kComingCount; ++c) {
      const auto state = static_cast<State>(s);
      const auto coming = static_cast<Coming>(c);
      std::string line;
      for (size_t a = 0; a < kActionCount; ++a) {
        const auto action = static_cast<Action>(a);
        if (WhyNot(state, coming, action) != nullptr && At(state, coming, action) == 0)
          continue;
        line.append(Cat(line.empty() ? "" : "; ", NameOf(coming, action), " ",
                        std::to_string(At(state, coming, action))));
      }
      if (line.empty()) continue;
      std::string head = Cat(Name(state), ", ", Name(coming), ":");
      head.resize(std::max<size_t>(head.size() + 1, 24), ' ');
      out.append(Cat(head, line, "\n"));
    }
  return out;
}

std::string Matrix::Json(size_t inputs) const {
  const Totals sums = totals();
  JsonWriter json;
  json.BeginObject()
      .Field("inputs", inputs)
      .Field("possible", sums.possible)
      .Field("reached", sums.reached)
      .Field("moves", sums.moves)
      .Key("cells")
      .BeginArray();
  ForEachCell([&](State state, Coming coming, Action action) {
    const bool possible = WhyNot(state, coming, action) == nullptr;
    if (!possible && At(state, coming, action) == 0) return;
    json.BeginObject()
        .Field("state", Name(state))
        .Field("comes", Name(coming))
        .Field("verdict", NameOf(coming, action))
        .Field("times", At(state, coming, action))
        .Field("expected", possible)
        .End();
  });
  return json.End().End().text();
}

std::string Matrix::Html() const {
  std::string out =
      "<!doctype html><meta charset=utf-8><title>The matrix of states</title>"
      "<style>body{font:14px sans-serif}table{border-collapse:collapse}"
      "td,th{border:1px solid #ccc;padding:2px 6px;text-align:right}th{text-align:left}"
      "thead th{writing-mode:vertical-rl;position:sticky;top:0;background:#fff}"
      ".no{color:#999}.hit{background:#dfd}.miss{background:#fbb}</style>"
      "<h1>In which state, what comes, and what is made of it</h1>"
      "<p>Green: how often it was reached. Red: there is such a cell, and nothing reached it. "
      "A letter: there is none, for the reason below.</p><table><thead><tr><th>state<th>comes";
  for (const Rule& rule : Rules()) out.append(Cat("<th>", handfast::Text(rule.action)));
  out += "<tbody>";
  std::string row;
  ForEachCell([&](State state, Coming coming, Action action) {
    if (action == Action{}) row = Cat("<tr><th>", Name(state), "<th>", Name(coming));
    const uint64_t count = At(state, coming, action);
    const std::string letter(1, static_cast<char>('a' + static_cast<int>(action)));
    if (count > 0)
      row.append(Cat("<td class=hit>", std::to_string(count)));
    else if (WhyNot(state, coming, action) == nullptr)
      row += "<td class=miss>0";
    else
      row.append(Cat("<td class=no>", letter));
    if (static_cast<size_t>(action) + 1 == kActionCount) out += row;
  });
  out += "</table><h2>Why there is none</h2><dl>";
  for (const Rule& rule : Rules())
    out.append(Cat("<dt>",
                   std::string(1, static_cast<char>('a' + static_cast<int>(rule.action))), ": ",
                   handfast::Text(rule.action), "<dd>", rule.elsewhere));
  return out + "</dl>\n";
}

}  // namespace handfast
