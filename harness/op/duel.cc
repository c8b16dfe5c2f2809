#include "harness/op/duel.h"

#include <algorithm>
#include <optional>

#include "harness/audit.h"
#include "harness/audit/state.h"
#include "harness/op/cat.h"
#include "harness/op/compose.h"
#include "harness/op/script.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

enum class Side : uint8_t { kOurs, kTheirs };
constexpr Side kSides[] = {Side::kOurs, Side::kTheirs};

const Stack& StackOf(const Play& play, Side side) {
  return side == Side::kOurs ? play.stack() : play.peer_stack();
}
const Descriptor& DescriptorOf(const Play& play, Side side, uint8_t fd) {
  return side == Side::kOurs ? play.descriptor(fd) : play.peer_descriptor(fd);
}
Op By(Side side, Op op) {
  op.honest = side == Side::kTheirs;
  return op;
}

// What becomes of an op in a duel; nothing, of some.
std::optional<Op> Fair(Op op) {
  switch (op.verb) {
    case Verb::kSegment: return Count(Verb::kDeliver, static_cast<uint16_t>(1 + op.length % 4));
    case Verb::kConnect: op.flow.peer = 0; return op;
    case Verb::kIcmp:
    case Verb::kArp:
    case Verb::kPing:
    case Verb::kSnapshot:
    case Verb::kRestore:
    case Verb::kRestart: return std::nullopt;
    default: return op;
  }
}

// Users accept and read what there is for them. Was there anything?
bool AcceptAll(Play& play, Side side, uint8_t listener) {
  bool taken = false;
  for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
    const auto status = StackOf(play, side).Status(DescriptorOf(play, side, listener).listener);
    if (!status || status->accept_queue == 0) return taken;
    if (DescriptorOf(play, side, fd).held) continue;
    play.Do(By(side, Accept(listener, fd)));
    taken = true;
  }
  return taken;
}

bool ReadAll(Play& play, Side side, uint8_t fd) {
  constexpr uint16_t kMuch = 20'000;
  bool taken = false;
  for (;; taken = true) {
    const auto status = StackOf(play, side).Status(DescriptorOf(play, side, fd).socket);
    if (!status || status->unread == 0) return taken;
    play.Do(By(side, Count(Verb::kRead, kMuch, fd)));
    if (play.answer() != Errno::kOk || play.answer_value() == 0) return taken;
  }
}

bool TakeAll(Play& play) {
  bool taken = false;
  for (const Side side : kSides)
    for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
      const Descriptor& descriptor = DescriptorOf(play, side, fd);
      if (!descriptor.held) continue;
      taken |= descriptor.kind == Descriptor::Kind::kListener ? AcceptAll(play, side, fd)
                                                              : ReadAll(play, side, fd);
    }
  return taken;
}

enum class Which : uint8_t { kListeners, kAll };
void Close(Play& play, Which which) {
  for (const Side side : kSides)
    for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
      const Descriptor& descriptor = DescriptorOf(play, side, fd);
      const bool listener = descriptor.kind == Descriptor::Kind::kListener;
      if (descriptor.held && (listener || which == Which::kAll))
        play.Do(By(side, Call(Verb::kClose, fd)));
    }
}

// States that a connection leaves by itself once its peer hears it.
bool IsPassing(State state) {
  return state == State::kSynSent || state == State::kSynReceived ||
         state == State::kFinWait1 || state == State::kClosing || state == State::kLastAck;
}

bool AgreeOn(State one, State other) {
  if (one == State::kEstablished) return other == State::kEstablished;
  if (one == State::kFinWait2) return other == State::kCloseWait;
  return one == State::kCloseWait && other == State::kFinWait2;
}

const Connection* Find(const Stack& stack, const Flow& flow) {
  const Tables& t = stack.tables();
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  if (ref.owner() != Owner::kConnection) return nullptr;
  return &t.connections[Slot<Connection>(ref.index())];
}

std::string Unlike(const Connection& one, const Connection& other) {
  if (!AgreeOn(one.state, other.state))
    return Cat("states ", Name(one.state), " and ", Name(other.state));
  if (one.snd_nxt != other.rcv_nxt || one.rcv_nxt != other.snd_nxt) return "numbers";
  return "";
}

// What one side has that does not fit to what the other has.
std::string UnlikeOf(const Play& play, Side side) {
  const Tables& t = StackOf(play, side).tables();
  if (t.requests.used() > 0) return "a request stays";
  std::string unlike;
  ForEach(t.connections, [&](Slot<Connection>, const Connection& conn) {
    if (!unlike.empty() || conn.state == State::kClosed) return;
    const std::string whose = PrintPeer(conn.flow) + ": ";
    if (IsPassing(conn.state)) unlike = Cat(whose, "stays in ", Name(conn.state));
    if (conn.snd_una != conn.snd_nxt) unlike = whose + "something is never acknowledged";
    if (conn.send.size > 0) unlike = whose + "something is never sent";
    const Side there = side == Side::kOurs ? Side::kTheirs : Side::kOurs;
    const Connection* const other = Find(StackOf(play, there), conn.flow.Reversed());
    // Who was reset and whose RST was lost has a peer that knows nothing, or another life.
    if (other == nullptr || other->irs != conn.iss || conn.irs != other->iss) return;
    if (const std::string what = Unlike(conn, *other); !what.empty())
      unlike = Cat(whose, "they do not agree on ", what);
  });
  return unlike;
}

// A socket that is over keeps the name of a flow that may live again.
template <typename Status>
bool Lives(const Status& status) {
  return status && status->state != State::kClosed;
}

const Descriptor* PeerOf(const Play& play, const Flow& flow) {
  for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
    const Descriptor& descriptor = play.peer_descriptor(fd);
    const auto status = play.peer_stack().Status(descriptor.socket);
    if (descriptor.held && Lives(status) && status->flow == flow.Reversed()) return &descriptor;
  }
  return nullptr;
}

// Whoever still listens to the other has read all that was written.
std::string Unheard(const Play& play) {
  for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
    const Descriptor& ours = play.descriptor(fd);
    const auto status = play.stack().Status(ours.socket);
    if (!ours.held || !Lives(status)) continue;
    const Descriptor* const theirs = PeerOf(play, status->flow);
    const Connection* const here = Find(play.stack(), status->flow);
    const Connection* const there = Find(play.peer_stack(), status->flow.Reversed());
    if (theirs == nullptr || here == nullptr || there == nullptr) continue;
    if (here->irs != there->iss || there->irs != here->iss) continue;
    if (!here->has(Connection::kReadShut) && ours.read != theirs->written)
      return Cat(PrintPeer(status->flow), ": we have read ", std::to_string(ours.read),
                 " octets of ", std::to_string(theirs->written));
    if (!there->has(Connection::kReadShut) && theirs->read != ours.written)
      return Cat(PrintPeer(status->flow), ": A has read ", std::to_string(theirs->read),
                 " octets of ", std::to_string(ours.written));
  }
  return "";
}

std::string Disagreement(const Play& play) {
  for (const Side side : kSides)
    if (std::string unlike = UnlikeOf(play, side); !unlike.empty())
      return (side == Side::kOurs ? "we: " : "A: ") + unlike;
  return Unheard(play);
}

void Fight(Play& play, const Scenario& scenario) {
  bool flipped = false;
  for (const Op& any : scenario) {
    const std::optional<Op> op = Fair(any);
    if (!op) continue;
    if (play.on_the_way() == 0) flipped = false;
    if (op->verb == Verb::kCorrupt && std::exchange(flipped, true)) continue;
    play.Do(*op);
    if (!play.wrong().empty()) return;
  }
}

// The link heals, and there is room again. Users look often while something comes, and then
// once in the longest time that a segment waits to be sent again. "" if they agree soon: before
// who gets no answer gives up.
std::string MakePeace(Play& play) {
  constexpr int kMostPauses = 4000, kMostIdle = 4, kShortest = 50, kLongest = 130'000;
  play.Do(Count(Verb::kRefuse, 0));
  play.Do(Count(Verb::kExhaust, 63));
  std::string disagreement = "no end";
  int pause = kShortest;
  for (int i = 0, idle = 0; i < kMostPauses && idle < kMostIdle; ++i) {
    pause = TakeAll(play) ? kShortest : std::min(2 * pause, kLongest);
    play.Do(Wait(pause));
    if (!play.wrong().empty()) return "";
    if (pause < kLongest) continue;
    if (idle++ == 0) Close(play, Which::kListeners);
    disagreement = Disagreement(play);
    if (disagreement.empty() && idle > 1) return "";
  }
  return disagreement;
}

}  // namespace

std::string Duel(Play& play, const Scenario& scenario) {
  constexpr int kBeyondAllDeadlines = 1'000'000;
  Fight(play, scenario);
  if (!play.wrong().empty()) return play.wrong();
  if (const std::string disagreement = MakePeace(play); !disagreement.empty())
    return disagreement;
  if (!play.wrong().empty()) return play.wrong();
  Close(play, Which::kAll);
  play.Do(Wait(kBeyondAllDeadlines));
  if (!play.wrong().empty()) return play.wrong();
  for (const Side side : kSides)
    if (const std::string left = AuditEmpty(StackOf(play, side)); !left.empty())
      return Cat(side == Side::kOurs ? "we: " : "A: ", "at the end: ", left);
  return "";
}

}  // namespace handfast
