// Invariants of timers.

#include <algorithm>

#include "harness/audit/state.h"
#include "stack/commit/life.h"

namespace handfast {
namespace {

uint64_t TickFor(const Tables& t, Instant deadline) {
  return deadline.never() ? TimerLink::kUnarmed : std::max(TickOf(deadline), t.wheel.cursor());
}

// --- Each object's timer is armed for the earliest of its deadlines, or not at all.

void RequestTimer(const Audited&, Slot<Request> slot, const Request& req, Report& report) {
  if (!req.timer.armed()) report.Fail("request", slot.index(), "has no timer");
}

void ConnectionTimer(const Audited& a, Slot<Connection> slot, const Connection& conn,
                     Report& report) {
  const Instant first = Earliest(conn.end_at, Earliest(conn.resend_at, conn.ack_at));
  report.Equal(conn.timer.deadline, TickFor(a.t, first), "timer of connection", slot.index());
  const bool silent = conn.state == State::kFinWait2 || conn.state == State::kClosed;
  if (silent && !conn.resend_at.never())
    report.Fail("connection", slot.index(), "has nothing to repeat, and a timer for it");
  const bool outstanding = conn.snd_nxt != conn.snd_una && conn.state != State::kClosed;
  const bool needs = outstanding || conn.send.size > 0;
  if (needs && conn.resend_at.never() && !conn.output.linked())
    report.Fail("connection", slot.index(), "has something to say that nothing will send");
  constexpr uint32_t kHeld = Connection::kOwned | Connection::kInAcceptQueue;
  const bool orphan = (conn.flags & kHeld) == 0 && conn.state != State::kClosed;
  if (orphan && conn.end_at.never())
    report.Fail("connection", slot.index(), "has no user, and no end");
}

void AllTimers(const Audited& a, Report& report) {
  const Tables& t = a.t;
  report.Equal(t.wheel.armed(), a.tally.armed, "timers in the wheel");
  const Slot<TimeWait> first = t.time_wait_order.front();
  report.Equal(t.time_wait_timer.deadline,
               first ? std::max(TickOf(t.time_waits[first].expires), t.wheel.cursor())
                     : TimerLink::kUnarmed,
               "timer of the time-waits");
  const Instant next = a.stack.next_deadline();
  const uint64_t tick = a.tally.first_tick;
  if (t.output.empty())
    report.Equal(next.ns(),
                 tick == TimerLink::kUnarmed ? Instant::Never().ns() : tick * 1'000'000,
                 "the next deadline");
  else
    report.Equal(next.ns(), t.now.ns(), "the next deadline, as output waits,");
}

// --- No deadline lies further away than its timer ever runs.

void RequestReach(const Audited& a, Slot<Request> slot, const Request& req, Report& report) {
  const Instant most = a.t.now + a.t.config.policy.rto_max;
  if (req.timer.deadline > TickOf(most)) report.Fail("request", slot.index(), "waits too long");
}

void ConnectionReach(const Audited& a, Slot<Connection> slot, const Connection& conn,
                     Report& report) {
  const Policy& policy = a.t.config.policy;
  const Duration life = std::max<Duration>(policy.orphan_life, std::chrono::seconds(65535));
  const auto within = [&](Instant at, Duration most) {
    return at.never() || at <= a.t.now + most;
  };
  if (!within(conn.resend_at, std::max<Duration>(policy.rto_max, 3s)))
    report.Fail("connection", slot.index(), "waits too long to send again");
  if (!within(conn.ack_at, policy.delayed_ack))
    report.Fail("connection", slot.index(), "delays its ACK too long");
  if (!within(conn.end_at, life)) report.Fail("connection", slot.index(), "lives too long");
}

// --- Whoever is armed stands in the wheel: its neighbours there know it.

void CheckLinks(const Audited& a, uint32_t id, const TimerLink& timer, Report& report) {
  const TimerNodes nodes{const_cast<Tables&>(a.t)};
  if (!timer.armed()) return;
  const bool held = (timer.next == kNoIndex || nodes(timer.next).prev == id) &&
                    (timer.prev == kNoIndex || nodes(timer.prev).next == id);
  if (!held) report.Fail("timer", id, "is lost in the wheel");
  if (timer.deadline < a.t.wheel.cursor()) report.Fail("timer", id, "was passed over");
}

void RequestLinks(const Audited& a, Slot<Request> slot, const Request& req, Report& report) {
  CheckLinks(a, Ref::Of(slot).raw, req.timer, report);
}

void ConnectionLinks(const Audited& a, Slot<Connection> slot, const Connection& conn,
                     Report& report) {
  CheckLinks(a, Ref::Of(slot).raw, conn.timer, report);
}

// --- TIME-WAIT.

void TimeWaitExpiry(const Audited& a, Slot<TimeWait> slot, const TimeWait& tw, Report& report) {
  if (tw.expires > a.t.now + a.t.config.policy.time_wait)
    report.Fail("time-wait", slot.index(), "lasts too long");
  if (tw.order.next >= a.t.time_waits.high_water()) return;
  const TimeWait& next = a.t.time_waits[Slot<TimeWait>(tw.order.next)];
  if (tw.expires > next.expires) report.Fail("time-wait", slot.index(), "leaves out of turn");
}

}  // namespace

std::span<const Invariant> TimerInvariants() {
  static constexpr Invariant kRows[] = {
      {.id = "I-05",
       .sentence = "Each object's timer is armed for the earliest of its deadlines, or not at "
                   "all; the next deadline is the first of all.",
       .request = RequestTimer,
       .connection = ConnectionTimer,
       .whole = AllTimers},
      {.id = "I-05",
       .sentence = "No deadline lies further away than its timer ever runs.",
       .request = RequestReach,
       .connection = ConnectionReach},
      {.id = "I-05",
       .sentence = "Whoever is armed stands in the wheel, and not in its past.",
       .depth = Depth::kThorough,
       .request = RequestLinks,
       .connection = ConnectionLinks},
      {.id = "I-49",
       .sentence = "TIME-WAIT lasts 2 MSL at the most, and ends in the order of its beginning.",
       .time_wait = TimeWaitExpiry},
  };
  return kRows;
}

}  // namespace handfast
