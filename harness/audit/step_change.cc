// Invariants of change: where a connection may go in one step, and what never changes.

#include <algorithm>

#include "harness/audit/step.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

constexpr uint32_t Bit(Event event) { return 1u << static_cast<uint32_t>(event); }
constexpr uint32_t Bit(State state) { return 1u << static_cast<uint32_t>(state); }

// The states that some of the events lead to, in any order.
uint32_t Reach(State from, uint32_t events) {
  uint32_t reached = Bit(from);
  for (uint32_t last = 0; last != reached;) {
    last = reached;
    for (const auto& [state, event, to] : kArrows)
      if ((reached & Bit(state)) != 0 && (events & Bit(event)) != 0) reached |= Bit(to);
  }
  return reached;
}

bool Held(const Connection& conn) {
  return conn.has(Connection::kOwned) || conn.has(Connection::kInAcceptQueue);
}

// --- States change along the arrows of RFC 9293 figure 5, by what happened.

// The events that a segment can be.
uint32_t EventsOf(const Step& step, const Connection* conn) {
  const Reading& in = step.in;
  uint32_t events = 0;
  if (in.has(kSyn)) events |= Bit(Event::kRcvSyn);
  if (in.has(kSyn) && in.has(kAck)) events |= Bit(Event::kRcvSynAck);
  if (in.has(kAck)) events |= Bit(Event::kRcvAckOfSyn) | Bit(Event::kRcvAckOfFin);
  if (in.has(kRst)) events |= Bit(Event::kRcvRst);
  const bool gap_closes = conn != nullptr && conn->has(Connection::kFinKnown);
  if (in.has(kFin) || gap_closes) events |= Bit(Event::kRcvFin);
  if (conn == nullptr) return events;
  if (in.span() > 0 && !Held(*conn)) events |= Bit(Event::kAbort);  // text for nobody
  // A FIN that waited for the end of the handshake; and no place for a time-wait.
  if (conn->has(Connection::kFinQueued)) events |= Bit(Event::kSndFin);
  if (step.after.config.time_waits == 0) events |= Bit(Event::kTimeout);
  return events;
}

void Arrows(const Step& step, Report& report) {
  const TraceRecord& record = step.record();
  if (!step.is_segment() || record.before == record.after) return;
  // A request that ends leaves its listener behind.
  if (record.owner == Owner::kRequest && record.after == State::kListen) {
    const Action action = step.action();
    if (action != Action::kForget && action != Action::kRefuse)
      report.Fail("a request ended without a reason");
    return;
  }
  const uint32_t reached = Reach(record.before, EventsOf(step, step.conn_before()));
  if ((reached & Bit(record.after)) == 0) report.Fail("a segment led where no arrow leads");
}

void ArrowsOfConnection(const Step& step, Slot<Connection> slot, const Connection& before,
                        const Connection* after, Report& report) {
  if (step.kind == Step::Kind::kInput) return;
  const State to = after == nullptr ? State::kClosed : after->state;
  const uint32_t events =
      step.kind == Step::Kind::kExpire
          ? Bit(Event::kTimeout) | Bit(Event::kAbort)
          : Bit(Event::kActiveOpen) | Bit(Event::kSndFin) | Bit(Event::kAbort);
  if ((Reach(before.state, events) & Bit(to)) == 0)
    report.Fail("connection", slot.index(), "went where no arrow leads");
}

// --- A segment changes no connection but its own.

void Isolated(const Step& step, Slot<Connection> slot, const Connection& before,
              const Connection* after, Report& report) {
  if (step.kind != Step::Kind::kInput) return;
  const Ref ref = Ref::Of(slot);
  if (ref.raw == step.owner_before.raw || step.in.protocol == 1) return;
  if (after == nullptr)
    return report.Fail("connection", slot.index(), "was ended by another's segment");
  if (!SameBytes(WithoutLinks(before), WithoutLinks(*after)))
    report.Fail("connection", slot.index(), "was changed by another's segment");
}

// --- Numbers go on, never back, and never jump.

void NumbersGoOn(const Step&, Slot<Connection> slot, const Connection& before,
                 const Connection* after, Report& report) {
  if (after == nullptr || !IsSynchronized(before.state)) return;
  if (after->state == State::kClosed) return;
  const uint32_t i = slot.index();
  if (after->snd_una - before.snd_una > before.snd_nxt - before.snd_una)
    report.Fail("connection", i, "has SND.UNA where nothing was sent");
  const uint32_t send = uint32_t{1} << 30;
  if (after->snd_nxt - before.snd_nxt > send)
    report.Fail("connection", i, "has SND.NXT moved back");
  // A FIN may come where the window ends.
  if (after->rcv_nxt - before.rcv_nxt > before.rcv_wnd() + 1)
    report.Fail("connection", i, "has RCV.NXT beyond its window");
}

void EdgeGoesOn(const Step&, Slot<Connection> slot, const Connection& before,
                const Connection* after, Report& report) {
  if (after == nullptr || !IsSynchronized(before.state)) return;
  if (after->rcv_adv - before.rcv_adv >= 0x8000'0000u)
    report.Fail("connection", slot.index(), "has its right edge moved back");
}

// --- What was agreed stays.

void IssStays(const Step&, Slot<Connection> slot, const Connection& before,
              const Connection* after, Report& report) {
  if (after == nullptr || before.state == State::kClosed) return;
  if (after->iss != before.iss) report.Fail("connection", slot.index(), "has another ISS");
}

void AgreementStays(const Step&, Slot<Connection> slot, const Connection& before,
                    const Connection* after, Report& report) {
  if (after == nullptr || !IsSynchronized(before.state)) return;
  const bool same = after->irs == before.irs && after->negotiated == before.negotiated &&
                    after->snd_scale == before.snd_scale &&
                    after->rcv_scale == before.rcv_scale && after->flow == before.flow &&
                    after->peer_mss == before.peer_mss;
  if (!same) report.Fail("connection", slot.index(), "has changed what was agreed");
}

// --- Text with gaps costs no more pieces than the receive buffer is worth.

void PiecesAreFew(const Step& step, Slot<Connection> slot, const Connection& before,
                  const Connection* after, Report& report) {
  if (after == nullptr || after->beyond_count <= before.beyond_count) return;
  const uint32_t whole = after->options.receive_buffer / step.after.config.chunk_bytes;
  if (after->beyond_count > std::max<uint32_t>(16, 2 * whole))
    report.Fail("connection", slot.index(), "keeps text in too many pieces");
}

// --- Who was in the accept queue is accepted, or goes with its listener.

void LeavesAcceptQueue(const Step& step, Slot<Connection> slot, const Connection& before,
                       const Connection* after, Report& report) {
  if (!before.has(Connection::kInAcceptQueue)) return;
  const bool there = after != nullptr && after->has(Connection::kInAcceptQueue);
  if (there || step.kind == Step::Kind::kCall) return;
  report.Fail("connection", slot.index(), "left the accept queue without a call");
}

// --- EstabResets counts who goes from ESTABLISHED or CLOSE-WAIT to CLOSED.

void ResetsAreCounted(const Step& step, Report& report) {
  const auto established = [](State state) {
    return state == State::kEstablished || state == State::kCloseWait;
  };
  uint64_t ended = 0;
  ForEach(step.before.connections, [&](Slot<Connection> slot, const Connection& before) {
    if (!established(before.state)) return;
    const bool there = step.after.connections.live(slot) &&
                       step.after.connections[slot].head.generation == before.head.generation;
    ended += !there || step.after.connections[slot].state == State::kClosed ? 1 : 0;
  });
  report.Equal(step.after.counters[Counter::kTcpEstabResets] -
                   step.before.counters[Counter::kTcpEstabResets],
               ended, "EstabResets of a step");
}

// --- TIME-WAIT lasts 2 MSL.

bool SameTimeWait(const TimeWait& a, const TimeWait& b) {
  return a.head.generation == b.head.generation;
}

void TimeWaitStays(const Step& step, Report& report) {
  const Instant full = step.after.now + step.after.config.policy.time_wait;
  const bool evicts = step.after.counters[Counter::kTcpExtTCPTimeWaitOverflow] !=
                      step.before.counters[Counter::kTcpExtTCPTimeWaitOverflow];
  const Slot<TimeWait> oldest = step.before.time_wait_order.front();
  ForEach(step.before.time_waits, [&](Slot<TimeWait> slot, const TimeWait& before) {
    const bool subject =
        step.kind == Step::Kind::kInput && Ref::Of(slot).raw == step.owner_before.raw;
    const Pool<TimeWait>& pool = step.after.time_waits;
    if (pool.live(slot) && SameTimeWait(pool[slot], before)) {
      const Instant expires = pool[slot].expires;
      if (expires != before.expires && !(subject && expires == full))
        report.Fail("time-wait", slot.index(), "has another end");
      return;
    }
    const bool asked =
        subject && (step.action() == Action::kReopen || step.action() == Action::kEnd);
    const bool late = step.kind == Step::Kind::kExpire && before.expires <= step.after.now;
    if (!asked && !late && !(evicts && slot == oldest))
      report.Fail("time-wait", slot.index(), "ended too early");
  });
  ForEach(step.after.time_waits, [&](Slot<TimeWait> slot, const TimeWait& after) {
    const Pool<TimeWait>& pool = step.before.time_waits;
    if (pool.live(slot) && SameTimeWait(pool[slot], after)) return;
    if (after.expires != full)
      report.Fail("time-wait", slot.index(), "does not begin with 2 MSL");
  });
}

}  // namespace

std::span<const StepInvariant> ChangeInvariants() {
  static constexpr StepInvariant kRows[] = {
      {.id = "I-08",
       .sentence = "Text with gaps is kept in 16 pieces, or twice what the buffer takes.",
       .connection = PiecesAreFew},
      {.id = "I-15",
       .sentence = "Who was completed is accepted, or goes with its listener.",
       .connection = LeavesAcceptQueue},
      {.id = "I-16",
       .sentence = "Each connection that is ended before its time is counted.",
       .input = ResetsAreCounted,
       .expire = ResetsAreCounted,
       .call = ResetsAreCounted},
      {.id = "I-27",
       .sentence = "A segment changes no connection but its own.",
       .connection = Isolated},
      {.id = "I-32",
       .sentence = "SND.UNA, SND.NXT and RCV.NXT go on, within what was sent and offered.",
       .connection = NumbersGoOn},
      {.id = "I-38",
       .sentence = "The right edge of a window never moves left.",
       .connection = EdgeGoesOn},
      {.id = "I-40", .sentence = "An ISS stays.", .connection = IssStays},
      {.id = "I-43",
       .sentence = "States change along the arrows of RFC 9293, by what happened.",
       .input = Arrows,
       .connection = ArrowsOfConnection},
      {.id = "I-46",
       .sentence = "What was agreed when a connection was established stays.",
       .connection = AgreementStays},
      {.id = "I-49",
       .sentence = "TIME-WAIT lasts 2 MSL, unless a SYN reopens it, a RST may end it, or the "
                   "oldest makes room.",
       .input = TimeWaitStays,
       .expire = TimeWaitStays,
       .call = TimeWaitStays},
  };
  return kRows;
}

}  // namespace handfast
