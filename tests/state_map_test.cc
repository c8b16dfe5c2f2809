// The map of states: the arrows of the code are those of RFC 9293 figure 5 and its text, and
// a flow that is pushed about at random takes each of them, and no others.
//
// I-43, I-44, I-45, I-48, I-50; incidents 22, 73 to 75; RFC 9293 §3.3.2, §3.10, R6191-2.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/sim/rng.h"
#include "harness/world_states.h"
#include "stack/sock/state.h"

namespace handfast {
namespace {

const char* Name(Event event) {
  switch (event) {
    case Event::kPassiveOpen: return "passive OPEN";
    case Event::kActiveOpen: return "active OPEN";
    case Event::kRcvSyn: return "rcv SYN";
    case Event::kRcvSynAck: return "rcv SYN,ACK";
    case Event::kRcvAckOfSyn: return "rcv ACK of SYN";
    case Event::kSndFin: return "CLOSE";
    case Event::kRcvFin: return "rcv FIN";
    case Event::kRcvAckOfFin: return "rcv ACK of FIN";
    case Event::kRcvRst: return "rcv RST";
    case Event::kAbort: return "ABORT";
    case Event::kTimeout: return "timeout";
  }
  return "?";
}

std::string Line(State from, const char* event, State to) {
  return std::string(Name(from)) + " --" + event + "--> " + Name(to);
}

// Written from the RFC. Two arrows of the figure are no single arrows here: SEND in LISTEN,
// which sockets have not; and CLOSE in SYN-RECEIVED, where the FIN waits for ESTABLISHED
// (incident 75). SYN-RECEIVED back to LISTEN is the end of a request, beside its listener.
std::set<std::string> Golden() {
  std::set<std::string> lines = {
      // Figure 5.
      "CLOSED --passive OPEN--> LISTEN",
      "CLOSED --active OPEN--> SYN-SENT",
      "LISTEN --rcv SYN--> SYN-RECEIVED",
      "LISTEN --ABORT--> CLOSED",
      "SYN-SENT --rcv SYN--> SYN-RECEIVED",
      "SYN-SENT --rcv SYN,ACK--> ESTABLISHED",
      "SYN-RECEIVED --rcv ACK of SYN--> ESTABLISHED",
      "ESTABLISHED --CLOSE--> FIN-WAIT-1",
      "ESTABLISHED --rcv FIN--> CLOSE-WAIT",
      "FIN-WAIT-1 --rcv ACK of FIN--> FIN-WAIT-2",
      "FIN-WAIT-1 --rcv FIN--> CLOSING",
      "FIN-WAIT-2 --rcv FIN--> TIME-WAIT",
      "CLOSING --rcv ACK of FIN--> TIME-WAIT",
      "CLOSE-WAIT --CLOSE--> LAST-ACK",
      "LAST-ACK --rcv ACK of FIN--> CLOSED",
      "TIME-WAIT --timeout--> CLOSED",
      // RFC 6191 §2.
      "TIME-WAIT --rcv SYN--> SYN-RECEIVED",
  };
  // §3.10.5, §3.10.7.4 (Second), §3.10.8: from everywhere.
  for (const char* from : {"SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
                           "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}) {
    lines.insert(std::string(from) + " --rcv RST--> CLOSED");
    lines.insert(std::string(from) + " --timeout--> CLOSED");
    // In TIME-WAIT no user holds the flow any more.
    if (std::string(from) != "TIME-WAIT")
      lines.insert(std::string(from) + " --ABORT--> CLOSED");
  }
  return lines;
}

TEST(StateMapTest, TheArrowsAreThoseOfTheRfc) {
  std::set<std::string> is;
  for (const auto& [from, event, to] : kArrows) is.insert(Line(from, Name(event), to));
  EXPECT_EQ(is.size(), std::size(kArrows));
  const std::set<std::string> want = Golden();
  for (const std::string& line : want) EXPECT_TRUE(is.count(line)) << "missing: " << line;
  for (const std::string& line : is) EXPECT_TRUE(want.count(line)) << "too many: " << line;
}

TEST(StateMapTest, TheIndexHasTheArrowsAndNothingElse) {
  size_t found = 0;
  for (size_t s = 0; s < kStateCount; ++s) {
    for (size_t e = 0; e < kEventCount; ++e) {
      const State to = Next(static_cast<State>(s), static_cast<Event>(e));
      if (to == State::kNone) continue;
      ++found;
      EXPECT_TRUE(std::any_of(std::begin(kArrows), std::end(kArrows), [&](const Arrow& a) {
        return a.from == static_cast<State>(s) && a.event == static_cast<Event>(e) &&
               a.to == to;
      }));
    }
  }
  EXPECT_EQ(found, std::size(kArrows));
}

using Move = std::pair<State, State>;

// Moves that one segment or call may make: the arrows; and two at once, where a segment does
// two things, or a FIN has waited for the handshake.
std::set<Move> Moves() {
  std::set<Move> moves = {
      {State::kSynReceived, State::kCloseWait},  // the ACK of the SYN brings a FIN
      {State::kSynReceived, State::kFinWait1},   // ... or lets ours go
      {State::kSynReceived, State::kClosing},    // ... or both
      {State::kFinWait1, State::kTimeWait},      // the FIN acknowledges ours
  };
  for (const auto& [from, event, to] : kArrows) moves.insert({from, to});
  return moves;
}

// Pushes a flow about: well-aimed segments, calls and time.
class Push {
 public:
  Push(Stage stage, uint64_t seed, const Config& config)
      : rng_(seed),
        world_(stage, {SmallConfig(config), OptionList().Mss(1460),
                       seed % 2 == 0 ? OpenedBy::kPeer : OpenedBy::kUs}) {}

  // One push. The states of the flow before and after it.
  Move Once() {
    const State before = Now();
    switch (rng_.Below(8)) {
      case 0: Call(); break;
      case 1: Expire(); break;
      default: Segment(); break;
    }
    return {before, Now()};
  }

  const Stack& stack() const { return world_.stack(); }

 private:
  // LISTEN is where a flow comes from; where it goes to when it is over is CLOSED.
  State Now() const { return StateOf(world_.stack(), world_.flow()); }

  void Call() {
    Stack& stack = world_.stack();
    const Instant now = world_.world.now();
    if (!world_.socket) {
      if (world_.listener) {
        const auto id = stack.Accept(now, *world_.listener);
        if (id) world_.socket = *id;
      }
      return;
    }
    const SocketId id = *world_.socket;
    switch (rng_.Below(5)) {
      case 0: (void)stack.Close(now, id); break;
      case 1: (void)stack.Abort(now, id); break;
      default: (void)stack.Shutdown(now, id, ShutdownHow::kWrite); break;
    }
    if (!stack.Status(id)) world_.socket.reset();
    world_.world.Poll();
    Hear();
  }

  void Expire() {
    const Instant due = world_.stack().next_deadline();
    if (!due.never()) world_.world.Advance(due - world_.world.now());
    Hear();
  }

  void Segment() {
    constexpr unsigned kFlags[] = {kSyn,        kSyn | kAck, kAck, kAck, kAck,
                                   kFin | kAck, kFin | kAck, kRst, 0,    kRst | kAck};
    HandPeer& peer = world_.peer;
    const unsigned flags = kFlags[rng_.Below(std::size(kFlags))];
    TcpPacket packet = peer.Make(flags);
    if (rng_.Chance(500)) packet.ack = heard_;
    if ((flags & kSyn) != 0) {
      packet.seq = rng_.Chance(500) ? peer.seq - 1 : peer.seq + 100'000;
      packet.options.Mss(1460);
    }
    const Verdict verdict = world_.world.Inject(packet);
    const bool taken = verdict.drop == Drop::kNone;
    if (taken && (flags & kSyn) != 0) peer.seq = packet.seq + 1;
    if (taken && (flags & kFin) != 0 && (flags & kSyn) == 0) peer.seq += 1;
    Hear();
  }

  // Sometimes the peer's ACK number follows what was sent; sometimes it is late.
  void Hear() {
    for (const Seen& seen : world_.world.TakeSegments()) {
      if (seen.has(kRst)) continue;
      heard_ = seen.seq + (seen.has(kSyn) ? 1 : 0) + (seen.has(kFin) ? 1 : 0);
      if (seen.has(kSyn)) world_.peer.ack = heard_;
    }
  }

  SimRng rng_;
  StageWorld world_;
  uint32_t heard_ = 0;
};

TEST(StateMapTest, AFlowPushedAboutTakesEachArrowAndNoOther) {
  const std::set<Move> allowed = Moves();
  std::map<Move, uint64_t> seen;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    const auto stages = AllStages();
    Push push(stages[seed % stages.size()], seed,
              seed % 3 == 0 ? Config::Linux() : Config::Default());
    for (int i = 0; i < 40; ++i) {
      Move move = push.Once();
      if (move.first == move.second) continue;
      const bool was_flow = move.first != State::kListen && move.first != State::kClosed;
      if (was_flow && move.second == State::kListen) move.second = State::kClosed;
      ++seen[move];
      ASSERT_TRUE(allowed.count(move))
          << "seed " << seed << ": " << Name(move.first) << " to " << Name(move.second);
    }
    ASSERT_EQ(AuditText(push.stack()), "") << "seed " << seed;
  }
  for (const Move& move : allowed) {
    // These two are calls without a flow.
    const bool opening = move.first == State::kClosed || move.second == State::kListen ||
                         move == Move{State::kListen, State::kClosed};
    EXPECT_TRUE(opening || seen.count(move))
        << Name(move.first) << " to " << Name(move.second) << " was never seen";
  }
}

}  // namespace
}  // namespace handfast
