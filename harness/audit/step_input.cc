// Invariants of a datagram that came in: what it may do, and what it may not.

#include "harness/audit/step.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

// Twice the distance on the circle, with a sign; exact for all that may be compared.
int64_t Distance(uint32_t from, uint32_t to) { return static_cast<int32_t>(to - from); }

uint64_t Moved(const Step& step, Counter counter) {
  return step.after.counters[counter] - step.before.counters[counter];
}

// --- A drop leaves no trace but in counters.

void DropIsPure(const Step& step, Report& report) {
  if (step.action() != Action::kDrop || step.pending()) return;
  if (!step.note.EqualsButCounters(step.stack))
    report.Fail("a datagram was dropped, and left a trace");
}

// --- Nothing answers a RST, but for one challenge ACK.

void ResetIsNotAnswered(const Step& step, Report& report) {
  if (!step.is_segment() || !step.in.has(kRst) || step.pending()) return;
  const bool challenge = step.action() == Action::kChallenge;
  if (step.out.size() > (challenge ? 1 : 0)) report.Fail("a RST was answered");
  for (const Reading& out : step.out)
    if (out.has(kRst)) report.Fail("a RST provoked a RST");
}

// --- A datagram has few answers.

void AnswersAreFew(const Step& step, Report& report) {
  const Config& config = step.after.config;
  bool ours = false;
  for (const LocalAddr& local : config.locals())
    ours = ours || local.addr == step.in.destination;
  const bool answered = !step.out.empty();
  if (answered && (!ours || !IsHost(step.in.source, config)))
    report.Fail("who cannot be a peer was answered");
  if (answered && step.in.wrong != nullptr && config.verify_checksums)
    report.Fail("a bad datagram was answered");
  const Owner owner = step.record().owner;
  const bool stateless = owner != Owner::kRequest && owner != Owner::kConnection;
  if (stateless && step.out.size() > 1) report.Fail("there were two stateless answers");
  size_t control = 0;
  for (const Reading& out : step.out) control += out.is_control() ? 1 : 0;
  if (control > 2 && !step.pending())
    report.Fail("there were more than two answers without text");
}

// --- Each SYN for a listener opens a request, or is dropped for a reason that is counted.

void SynIsAccountedFor(const Step& step, Report& report) {
  const Action action = step.action();
  const bool opens = action == Action::kQueue || action == Action::kReopen;
  report.Equal(Moved(step, Counter::kHandfastRequestsOpened), opens ? 1 : 0,
               "the number of requests opened");
  if (step.record().owner != Owner::kListener || !step.is_segment() || opens) return;
  if (!step.in.has(kSyn) || step.in.has(kAck | kRst | kFin)) return;
  const Drop drop = step.record().verdict.drop;
  if (drop != Drop::kSynQueueFull && drop != Drop::kAcceptQueueFull && drop != Drop::kNoMemory)
    report.Fail("a SYN was refused without a reason");
  report.Equal(Moved(step, Counter::kTcpExtListenDrops), 1, "ListenDrops of a refused SYN");
}

// --- A datagram is delivered, or dropped for one reason.

void DatagramIsCounted(const Step& step, Report& report) {
  const Drop drop = step.record().verdict.drop;
  report.Equal(Moved(step, Counter::kIpInReceives), 1, "InReceives of a datagram");
  report.Equal(Moved(step, Counter::kHandfastDelivered), drop == Drop::kNone ? 1 : 0,
               "Delivered of a datagram");
  if (drop != Drop::kNone)
    report.Equal(step.after.counters[drop] - step.before.counters[drop], 1,
                 "the reason's counter");
}

// --- A request that was completed is a connection, in the accept queue; in one place.

void RequestGoesOver(const Step& step, Report& report) {
  const Request* const req = step.request_before();
  if (req == nullptr || step.action() != Action::kEstablish) return;
  const Connection* const conn = step.conn_after();
  if (conn == nullptr) return report.Fail("a completed request is no connection");
  if (conn->iss != req->iss || conn->irs != req->irs)
    report.Fail("a completed request has other numbers");
  if (!conn->has(Connection::kInAcceptQueue)) report.Fail("a completed request waits nowhere");
  report.Equal(step.after.requests.used() + 1, step.before.requests.used(),
               "the number of requests before");
}

// --- No queue takes more than its backlog allows.

void QueuesAreLimited(const Step& step, Report& report) {
  const Request* req = step.request_after();
  if (req != nullptr && step.action() == Action::kQueue) {
    const Listener& listener = step.after.listeners[Slot<Listener>(req->listener)];
    if (listener.requests.size() > uint64_t{listener.backlog} + 1)
      report.Fail("a full SYN queue took a SYN");
    if (listener.children.size() > listener.backlog)
      report.Fail("a SYN was taken for a full accept queue");
  }
  req = step.request_before();
  if (req != nullptr && step.action() == Action::kEstablish) {
    const Listener& listener = step.after.listeners[Slot<Listener>(req->listener)];
    if (listener.children.size() > uint64_t{listener.backlog} + 1)
      report.Fail("a full accept queue took a connection");
  }
}

// --- What is accepted is acceptable: RFC 9293 table 6, in integers.

bool InTable6(const Reading& in, uint32_t rcv_nxt, uint32_t window) {
  const int64_t first = Distance(rcv_nxt, in.seq);
  const int64_t last = first + in.span() - 1;
  const int64_t wnd = window;
  if (first == 0) return true;  // its text may find no room, its ACK does
  if (wnd == 0) return false;
  if (first >= 0 && first < wnd) return true;
  return in.span() > 0 && last >= 0 && last < wnd;
}

void AcceptedIsAcceptable(const Step& step, Report& report) {
  if (!step.is_segment()) return;
  const Reading& in = step.in;
  const Action action = step.action();
  if (const Request* const req = step.request_before()) {
    if (action != Action::kEstablish && action != Action::kForget) return;
    if (!InTable6(in, req->rcv_nxt().raw(), req->window))
      report.Fail("a request took a segment that is not in its window");
  }
  const Connection* const conn = step.conn_before();
  if (conn == nullptr || !IsSynchronized(conn->state) || action != Action::kAccept) return;
  if (!InTable6(in, conn->rcv_nxt.raw(), conn->rcv_wnd()))
    report.Fail("a segment was accepted that is not in the window");
  if (!in.has(kAck) || in.has(kRst | kSyn)) report.Fail("a segment was accepted by its flags");
  if (Distance(in.ack, conn->snd_nxt.raw()) < 0) report.Fail("an ACK of what was never sent");
}

// --- Who is established has been acknowledged.

void EstablishedByAck(const Step& step, Report& report) {
  const Request* const req = step.request_before();
  if (req == nullptr || step.action() != Action::kEstablish) return;
  const Reading& in = step.in;
  if (!in.has(kAck) || in.ack != (req->iss + 1).raw() || in.has(kRst))
    report.Fail("a request was completed by what does not acknowledge its SYN-ACK");
}

void EstablishedActively(const Step& step, Report& report) {
  const Connection* const conn = step.conn_before();
  if (conn == nullptr || step.action() != Action::kEstablish) return;
  const Reading& in = step.in;
  if (!in.has(kAck) || in.ack != (conn->iss + 1).raw() || in.has(kRst))
    report.Fail("a connection was established by what does not acknowledge its SYN");
  if (!in.has(kSyn) && conn->state != State::kSynReceived)
    report.Fail("a connection was established without a SYN");
}

// --- A RST counts only if it is exact.

void ResetIsExact(const Step& step, Report& report) {
  const TraceRecord& record = step.record();
  if (!step.is_segment()) return;
  const Reading& in = step.in;
  if (const Connection* const conn = step.conn_before()) {
    const bool reset = step.action() == Action::kReset;
    if (reset && conn->state == State::kSynSent) {
      if (!in.has(kRst) || !in.has(kAck) || in.ack != (conn->iss + 1).raw())
        report.Fail("SYN-SENT was reset by a RST that acknowledges nothing of it");
    } else if (reset) {
      if (!in.has(kRst) || in.seq != conn->rcv_nxt.raw())
        report.Fail("a connection was reset by what is not exactly at RCV.NXT");
    }
    if (!reset && in.has(kRst) && record.after != record.before)
      report.Fail("a RST that does not count has changed a state");
  }
  if (const Request* const req = step.request_before(); req != nullptr && in.has(kRst)) {
    if (step.request_after() == nullptr && in.seq != req->rcv_nxt().raw())
      report.Fail("a request was ended by a RST that is not exact");
  }
  if (const TimeWait* const tw = step.time_wait_before(); tw != nullptr && in.has(kRst)) {
    if (step.owner_after.raw != step.owner_before.raw && in.seq != tw->rcv_nxt.raw())
      report.Fail("TIME-WAIT was ended by a RST that is not exact");
  }
}

// --- What is not acceptable has an answer in 500 ms, at the most.

void AnswersAreRare(const Step& step, Report& report) {
  const Action action = step.action();
  if (action != Action::kSendAck && action != Action::kChallenge) return;
  if (!step.is_segment() || step.pending()) return;
  const bool exempt = action == Action::kSendAck && step.in.span() > 0 && !step.in.has(kSyn);
  if (exempt || step.out.empty()) return;
  const Instant now = step.after.now;
  const Duration least = step.after.config.policy.answer_interval;
  const auto check = [&](Instant last, Instant noted) {
    if (!last.never() && now - last < least)
      report.Fail("there were two answers in an interval");
    if (noted != now) report.Fail("an answer was not noted");
  };
  if (step.conn_before() != nullptr && step.conn_after() != nullptr)
    check(step.conn_before()->answered_at, step.conn_after()->answered_at);
  const Ref ref = step.owner_after;
  if (step.time_wait_before() != nullptr && ref.owner() == Owner::kTimeWait)
    check(step.time_wait_before()->answered_at,
          step.after.time_waits[Slot<TimeWait>(ref.index())].answered_at);
}

// --- ICMP is advice.

void IcmpIsAdvice(const Step& step, Report& report) {
  if (step.in.protocol != 1 || step.action() == Action::kEchoReply) return;
  if (!step.out.empty()) report.Fail("an ICMP message was answered");
  const Flow& flow = step.record().flow;
  const Ref ref = FindFlow(step.before, step.before.TagOf(flow), flow);
  if (ref.owner() != Owner::kConnection) return;
  const Slot<Connection> slot(ref.index());
  const Connection before = WithoutLinks(step.before.connections[slot]);
  if (step.action() == Action::kAbort) {
    if (before.state != State::kSynSent) report.Fail("ICMP has ended a connection");
    return;
  }
  if (!step.after.connections.live(slot)) return report.Fail("ICMP has ended a connection");
  Connection after = WithoutLinks(step.after.connections[slot]);
  after.soft_error = before.soft_error;
  after.path_mtu_hint = before.path_mtu_hint;
  after.flags = (after.flags & ~Connection::kReadyIn) | (before.flags & Connection::kReadyIn);
  if (!SameBytes(before, after)) report.Fail("ICMP has done more than advise");
}

}  // namespace

std::span<const StepInvariant> InputInvariants() {
  static constexpr StepInvariant kRows[] = {
      {.id = "I-09", .sentence = "A drop changes counters only.", .input = DropIsPure},
      {.id = "I-10",
       .sentence = "Nothing answers a RST, but for one challenge ACK.",
       .input = ResetIsNotAnswered},
      {.id = "I-11",
       .sentence = "A datagram has one stateless answer, two answers without text, and none if "
                   "it is bad or from nobody.",
       .input = AnswersAreFew},
      {.id = "I-13",
       .sentence = "A SYN for a listener opens a request, or is dropped and counted.",
       .input = SynIsAccountedFor},
      {.id = "I-17",
       .sentence = "A datagram is delivered, or dropped for one reason.",
       .input = DatagramIsCounted},
      {.id = "I-18",
       .sentence = "A completed request is one connection, in the accept queue.",
       .input = RequestGoesOver},
      {.id = "I-21",
       .sentence = "No queue takes more than its backlog allows.",
       .input = QueuesAreLimited},
      {.id = "I-36",
       .sentence = "What is accepted is acceptable by RFC 9293 table 6.",
       .input = AcceptedIsAcceptable},
      {.id = "I-44",
       .sentence = "A request is completed by an ACK of its SYN-ACK.",
       .input = EstablishedByAck},
      {.id = "I-45",
       .sentence = "An active open ends with a SYN, and an ACK of ours.",
       .input = EstablishedActively},
      {.id = "I-48", .sentence = "A RST counts only if it is exact.", .input = ResetIsExact},
      {.id = "I-70",
       .sentence = "What is not acceptable has one answer in 500 ms.",
       .input = AnswersAreRare},
      {.id = "I-82", .sentence = "ICMP is advice.", .input = IcmpIsAdvice},
  };
  return kRows;
}

}  // namespace handfast
