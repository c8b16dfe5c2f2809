#include "stack/commit/input.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <type_traits>

#include "stack/arrive/closed.h"
#include "stack/commit/connection.h"
#include "stack/commit/flows.h"
#include "stack/commit/life.h"
#include "stack/commit/output.h"
#include "stack/commit/request.h"
#include "stack/reply.h"
#include "stack/wire/parse.h"

namespace handfast {
namespace {

constexpr size_t kGroup = 32;  // datagrams whose cache misses overlap

struct Guess {
  Arrival arrival;
  uint32_t tag = 0;
};

// Places for a group; only as many are made as there are datagrams.
class Group {
 public:
  void Make(size_t index, const Tables& t, Bytes datagram) {
    Guess& guess = *new (At(index)) Guess;
    const ParsePolicy policy{t.config.malformed_options, t.config.verify_checksums};
    Parse(datagram, t.config.locals(), policy, guess.arrival);
    if (guess.arrival.what == Arrival::What::kTcp)
      guess.tag = t.TagOf(guess.arrival.segment.flow);
  }
  // REQUIRES: Make(index) was called.
  const Guess& operator[](size_t index) {
    return *std::launder(reinterpret_cast<const Guess*>(At(index)));
  }

 private:
  static_assert(std::is_trivially_destructible_v<Guess>);
  std::byte* At(size_t index) { return &memory_[index * sizeof(Guess)]; }

  alignas(Guess) std::array<std::byte, kGroup * sizeof(Guess)> memory_;
};

void PrefetchOwner(const Tables& t, Ref ref) {
  switch (ref.owner()) {
    case Owner::kRequest: return t.requests.Prefetch(ref.index());
    case Owner::kConnection: return t.connections.Prefetch(ref.index());
    case Owner::kTimeWait: return t.time_waits.Prefetch(ref.index());
    case Owner::kNobody:
    case Owner::kListener: break;
  }
}

bool OneOf(Drop drop, std::initializer_list<Drop> list) {
  return std::find(list.begin(), list.end(), drop) != list.end();
}

// What a drop before the flow table counts as, in Linux's terms.
void CountDropped(Tables& t, Drop drop) {
  if (OneOf(drop,
            {Drop::kIpTooShort, Drop::kIpVersion, Drop::kIpHeaderLength, Drop::kIpChecksum}))
    t.counters.Add(Counter::kIpInHdrErrors);
  if (OneOf(drop, {Drop::kIpSource, Drop::kIpNotForUs}))
    t.counters.Add(Counter::kIpInAddrErrors);
  if (OneOf(drop, {Drop::kIcmpTooShort, Drop::kIcmpChecksum, Drop::kIcmpQuote, Drop::kIcmpType,
                   Drop::kIcmpSourceQuench}))
    t.counters.Add(Counter::kIcmpInMsgs);
  if (OneOf(drop, {Drop::kIcmpTooShort, Drop::kIcmpChecksum, Drop::kIcmpQuote}))
    t.counters.Add(Counter::kIcmpInErrors);
  if (OneOf(drop, {Drop::kTcpChecksum, Drop::kTcpDataOffset, Drop::kTcpTooShort,
                   Drop::kTcpPortZero, Drop::kTcpOptions}))
    t.counters.Add(Counter::kTcpInSegs);
  if (OneOf(drop, {Drop::kTcpChecksum, Drop::kTcpDataOffset}))
    t.counters.Add(Counter::kTcpInErrs);
  if (drop == Drop::kTcpChecksum) t.counters.Add(Counter::kTcpInCsumErrors);
  if (drop == Drop::kTcpOptions) t.counters.Add(Counter::kHandfastOptionsMalformed);
}

void CountOptions(Tables& t, const Options& options) {
  if (options.malformed) t.counters.Add(Counter::kHandfastOptionsMalformed);
  if (options.scale_clamped) t.counters.Add(Counter::kHandfastWindowScaleClamped);
}

struct Outcome {
  Owner owner = Owner::kNobody;
  State before = State::kNone;
  Verdict verdict;
};

Outcome ArriveTcp(Tables& t, TxBurst& tx, const Segment& seg, uint32_t tag) {
  t.counters.Add(Counter::kTcpInSegs);
  CountOptions(t, seg.options);
  const Ref ref = FindFlow(t, tag, seg.flow);
  switch (ref.owner()) {
    case Owner::kRequest:
      return {ref.owner(), State::kSynReceived,
              ArriveAtRequest(t, tx, Slot<Request>(ref.index()), seg)};
    case Owner::kConnection: {
      const Slot<Connection> slot(ref.index());
      const State before = t.connections[slot].state;
      return {ref.owner(), before, ArriveAtConnection(t, tx, slot, seg)};
    }
    case Owner::kTimeWait:
      return {ref.owner(), State::kTimeWait,
              ArriveAtTimeWait(t, tx, Slot<TimeWait>(ref.index()), seg)};
    case Owner::kNobody:
    case Owner::kListener: break;
  }
  if (const Slot<Listener> slot = FindListener(t, seg.flow.local, seg.flow.local_port))
    return {Owner::kListener, State::kListen, ArriveAtListener(t, tx, slot, seg, tag)};
  const Verdict verdict = JudgeClosed(seg);
  if (verdict.action == Action::kSendRst) SendRst(t, tx, seg);
  return {Owner::kNobody, State::kClosed, verdict};
}

Outcome Arrive(Tables& t, TxBurst& tx, const Guess& guess) {
  const Arrival& arrival = guess.arrival;
  switch (arrival.what) {
    case Arrival::What::kTcp: return ArriveTcp(t, tx, arrival.segment, guess.tag);
    case Arrival::What::kEcho:
      t.counters.Add(Counter::kIcmpInMsgs);
      t.counters.Add(Counter::kIcmpInEchos);
      if (!SendEchoReply(t, tx, arrival.datagram))
        return {Owner::kNobody, State::kNone, {Action::kDrop, Drop::kIcmpTooLong}};
      return {Owner::kNobody, State::kNone, Action::kEchoReply};
    case Arrival::What::kIcmpError: {
      const Verdict verdict = ArriveIcmp(t, arrival.error);
      t.counters.Add(Counter::kIcmpInMsgs);
      if (verdict.drop == Drop::kIcmpSequence) t.counters.Add(Counter::kTcpExtOutOfWindowIcmps);
      if (verdict.drop == Drop::kIcmpNoOwner) t.counters.Add(Counter::kIcmpInErrors);
      return {Owner::kNobody, State::kNone, verdict};
    }
    case Arrival::What::kNothing: break;
  }
  CountDropped(t, arrival.drop);
  return {Owner::kNobody, State::kNone, {Action::kDrop, arrival.drop}};
}

State StateOf(const Tables& t, Ref ref) {
  switch (ref.owner()) {
    case Owner::kRequest: return State::kSynReceived;
    case Owner::kConnection: return t.connections[Slot<Connection>(ref.index())].state;
    case Owner::kTimeWait: return State::kTimeWait;
    case Owner::kNobody:
    case Owner::kListener: break;
  }
  return State::kClosed;
}

// A half-open connection that ends leaves its listener, another leaves nothing.
State StateAfter(const Tables& t, const Guess& guess, Owner before) {
  if (guess.arrival.what != Arrival::What::kTcp) return State::kNone;
  const Flow& flow = guess.arrival.segment.flow;
  const Ref ref = FindFlow(t, guess.tag, flow);
  const bool alone = before == Owner::kConnection || before == Owner::kTimeWait;
  if (ref.owner() != Owner::kNobody || alone) return StateOf(t, ref);
  return FindListener(t, flow.local, flow.local_port) ? State::kListen : State::kClosed;
}

void Record(const Tables& t, Trace& trace, const Guess& guess, const Outcome& outcome,
            size_t index, size_t tx_first, const TxBurst& tx) {
  TraceRecord record;
  record.owner = outcome.owner;
  record.before = outcome.before;
  record.after = StateAfter(t, guess, outcome.owner);
  record.verdict = outcome.verdict;
  record.index = static_cast<uint32_t>(index);
  record.tx_first = static_cast<uint32_t>(tx_first);
  record.tx_count = static_cast<uint32_t>(tx.size() - tx_first);
  if (guess.arrival.what == Arrival::What::kTcp) record.flow = guess.arrival.segment.flow;
  if (guess.arrival.what == Arrival::What::kIcmpError) record.flow = guess.arrival.error.flow;
  trace.Add(record);
}

void Account(Tables& t, Drop drop) {
  t.counters.Add(Counter::kIpInReceives);
  if (drop == Drop::kNone)
    t.counters.Add(Counter::kHandfastDelivered);
  else
    t.counters.Add(drop);
}

}  // namespace

// The first two passes only guess, so that the third finds in the cache what it needs; they
// change nothing. A burst of n does exactly what n bursts of one do.
size_t InputBurst(Tables& t, std::span<const Bytes> datagrams, TxBurst& tx, Trace* trace) {
  Group group;
  for (size_t done = 0; done < datagrams.size();) {
    const size_t count = std::min(kGroup, datagrams.size() - done);
    for (size_t i = 0; i < count; ++i) group.Make(i, t, datagrams[done + i]);
    for (size_t i = 0; i < count; ++i)
      if (group[i].arrival.what == Arrival::What::kTcp) t.flows.Prefetch(group[i].tag);
    for (size_t i = 0; i < count; ++i)
      if (group[i].arrival.what == Arrival::What::kTcp)
        PrefetchOwner(t, Ref{t.flows.Peek(group[i].tag)});
    for (size_t i = 0; i < count; ++i, ++done) {
      if (!HasRoom(t, tx)) return done;
      const size_t tx_first = tx.size();
      const Outcome outcome = Arrive(t, tx, group[i]);
      Account(t, outcome.verdict.drop);
      if (trace != nullptr) Record(t, *trace, group[i], outcome, done, tx_first, tx);
    }
  }
  return datagrams.size();
}

void NoteUnreachable(Tables& t, Bytes datagram, Trace* trace) {
  IcmpError error{{}, {}, IcmpType::kUnreachable, kCodeHostUnreachable, 0};
  if (ParseQuoted(datagram, error) != Drop::kNone) return;
  const uint32_t tag = t.TagOf(error.flow);
  const Ref ref = FindFlow(t, tag, error.flow);
  TraceRecord record;
  record.cause = TraceRecord::Cause::kTimer;
  record.owner = ref.owner();
  record.before = StateOf(t, ref);
  record.flow = error.flow;
  record.verdict = ArriveIcmp(t, error);
  record.after = StateOf(t, FindFlow(t, tag, error.flow));
  if (trace != nullptr) trace->Add(record);
}

}  // namespace handfast
