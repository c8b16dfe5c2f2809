// A segment that comes twice is one segment: the second changes no state and moves no
// number, and is answered once at most. (With text, where it is a duplicate ACK: RFC 3042.)

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/play.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

// What a peer can learn of a flow, and a user of its socket.
struct Standing {
  Owner owner = Owner::kNobody;
  State state = State::kNone;
  uint32_t rcv_nxt = 0, snd_una = 0, unread = 0, peers_window = 0;

  friend bool operator==(const Standing&, const Standing&) = default;
};

std::ostream& operator<<(std::ostream& out, const Standing& s) {
  return out << Name(s.owner) << " " << Name(s.state) << " rcv_nxt " << s.rcv_nxt << " snd_una "
             << s.snd_una << " unread " << s.unread << " window " << s.peers_window;
}

Standing StandingOf(const Stack& stack, const Flow& flow) {
  const Tables& t = stack.tables();
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  Standing standing;
  standing.owner = ref.owner();
  if (ref.owner() == Owner::kRequest) {
    const Request& request = t.requests[Slot<Request>(ref.index())];
    standing.rcv_nxt = request.irs.raw();
    standing.snd_una = request.iss.raw();
  }
  if (ref.owner() != Owner::kConnection) return standing;
  const Connection& conn = t.connections[Slot<Connection>(ref.index())];
  return {ref.owner(),        conn.state,        conn.rcv_nxt.raw(),
          conn.snd_una.raw(), conn.receive.size, conn.snd_wnd};
}

// Notes what came in last and what it led to.
class Witness final : public Spectator {
 public:
  void OnOp(const Play&, const Op&) override { inputs_ = 0; }
  void OnInput(const Play&, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override {
    ++inputs_;
    verdict_ = record.verdict;
    came_ = Read(datagram);
    answers_.clear();
    for (size_t i = 0; i < out.size(); ++i)
      if (const auto seen = Read(out[i])) answers_.push_back(*seen);
  }

  Verdict verdict() const { return verdict_; }
  int inputs() const { return inputs_; }
  const std::optional<Seen>& came() const { return came_; }
  const std::vector<Seen>& answers() const { return answers_; }

 private:
  int inputs_ = 0;
  Verdict verdict_;
  std::optional<Seen> came_;
  std::vector<Seen> answers_;
};

RC_GTEST_PROP(DuplicateProps, ASegmentThatComesTwiceIsOne, (const AnyScenario& any)) {
  Play play(any.setup);
  Op again;
  again.verb = Verb::kReplay;
  for (const Op& op : any.ops) {
    Witness witness;
    play.set_spectator(&witness);
    play.Do(op);
    if (witness.inputs() != 1 || !witness.came() || op.verb != Verb::kSegment) continue;
    // What was dropped may be taken now, and what has ended a flow may begin another one.
    const auto [action, drop] = witness.verdict();
    if (drop != Drop::kNone || action == Action::kForget) continue;
    const Flow flow = witness.came()->flow.Reversed();
    const Standing once = StandingOf(play.stack(), flow);
    Play twin = play;
    twin.set_spectator(&witness);
    twin.Do(again);
    RC_ASSERT(StandingOf(twin.stack(), flow) == once);
    RC_ASSERT(witness.answers().size() <= 1u);
  }
}

}  // namespace
}  // namespace handfast
