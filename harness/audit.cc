#include "harness/audit.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace handfast {
namespace {

std::vector<Invariant> Sorted() {
  const auto before = [](const Invariant& a, const Invariant& b) {
    return std::strcmp(a.id, b.id) < 0;
  };
  std::vector<Invariant> rows;
  for (const std::span<const Invariant> some :
       {TimerInvariants(), TableInvariants(), LawInvariants(), ConnectionInvariants()})
    for (const Invariant& row : some)
      rows.insert(std::upper_bound(rows.begin(), rows.end(), row, before), row);
  return rows;
}

void CountTimer(Tally& tally, const TimerLink& timer) {
  if (!timer.armed()) return;
  ++tally.armed;
  tally.first_tick = std::min(tally.first_tick, timer.deadline);
}

void Count(Tally& tally, const Listener& listener) {
  ++tally.listeners;
  tally.syn_queues += listener.requests.size();
  tally.accept_queues += listener.children.size();
  tally.ready_listeners += listener.ready.linked() ? 1 : 0;
}

void Count(Tally& tally, const Request& req) {
  ++tally.requests;
  CountTimer(tally, req.timer);
}

void Count(Tally& tally, const Connection& conn) {
  ++tally.connections;
  const bool owned = conn.has(Connection::kOwned);
  tally.open += conn.state != State::kClosed ? 1 : 0;
  tally.established +=
      conn.state == State::kEstablished || conn.state == State::kCloseWait ? 1 : 0;
  tally.output += conn.output.linked() ? 1 : 0;
  tally.owned += owned ? 1 : 0;
  tally.in_accept_queue += conn.has(Connection::kInAcceptQueue) ? 1 : 0;
  tally.ready_sockets += owned && conn.queue.linked() ? 1 : 0;
  CountTimer(tally, conn.timer);
}

void Count(Tally& tally, const TimeWait&) { ++tally.time_waits; }

// Asks every row that has something to say about this kind of object.
template <typename T, typename Check>
void Ask(Audited& audited, Depth depth, const Pool<T>& pool, Check Invariant::* check,
         Findings& findings) {
  ForEach(pool, [&](Slot<T> slot, const T& object) {
    Count(audited.tally, object);
    for (const Invariant& row : Invariants()) {
      if (row.*check == nullptr || row.depth > depth) continue;
      Report report(findings, row.id);
      (row.*check)(audited, slot, object, report);
    }
  });
}

}  // namespace

std::span<const Invariant> Invariants() {
  static const std::vector<Invariant> rows = Sorted();
  return rows;
}

Findings Audit(const Stack& stack, Depth depth) {
  Findings findings;
  const Tables& t = stack.tables();
  Audited audited{stack, t, {}};
  CountTimer(audited.tally, t.time_wait_timer);
  Ask(audited, depth, t.listeners, &Invariant::listener, findings);
  Ask(audited, depth, t.requests, &Invariant::request, findings);
  Ask(audited, depth, t.connections, &Invariant::connection, findings);
  Ask(audited, depth, t.time_waits, &Invariant::time_wait, findings);
  for (const Invariant& row : Invariants()) {
    if (row.whole == nullptr || row.depth > depth) continue;
    Report report(findings, row.id);
    row.whole(audited, report);
  }
  return findings;
}

std::string AuditText(const Ethernet& link) {
  const Ethernet::Counters& counted = link.counters();
  uint64_t came = counted.datagrams + counted.arp;
  for (const uint64_t dropped : counted.drops) came += dropped;
  Findings findings;
  Report(findings, "I-17").Equal(came, counted.frames, "frames accounted for");
  return findings.Text();
}

std::string AuditQuiet(const Stack& stack) {
  Findings findings = Audit(stack);
  const Tables& t = stack.tables();
  Report memory(findings, "I-08");
  memory.Equal(t.requests.used(), 0, "requests left");
  memory.Equal(t.connections.used(), 0, "connections left");
  memory.Equal(t.time_waits.used(), 0, "time-waits left");
  memory.Equal(t.chunks.used(), 0, "chunks left");
  memory.Equal(t.flows.size(), 0, "flows left");
  Report(findings, "I-05").Equal(t.wheel.armed(), 0, "timers left");
  return findings.Text();
}

std::string AuditEmpty(const Stack& stack) {
  Findings listeners;
  Report(listeners, "I-08").Equal(stack.tables().listeners.used(), 0, "listeners left");
  return AuditQuiet(stack) + listeners.Text();
}

}  // namespace handfast
