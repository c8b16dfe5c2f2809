// Invariants of memory, of queues, and of what counters add up to.

#include <algorithm>
#include <vector>

#include "harness/audit/state.h"
#include "stack/commit/life.h"

namespace handfast {
namespace {

// --- Chunks of text.

void Shares(const Audited& a, Report& report) {
  const ChunkPool& chunks = a.t.chunks;
  const uint32_t send = chunks.used_for(ChunkUse::kSend);
  const uint32_t beyond = chunks.used_for(ChunkUse::kBeyond);
  const uint32_t received = chunks.used_for(ChunkUse::kReceive) + beyond;
  const uint32_t reserve = (chunks.capacity() + 3) / 4;
  report.Equal(chunks.used(), send + received, "chunks in use");
  if (send > chunks.capacity() - reserve) report.Fail("text to send takes more than its share");
  if (received > std::max(chunks.capacity() - reserve, chunks.capacity() / 2))
    report.Fail("text received takes more than its share");
  if (beyond > chunks.capacity() / 2) report.Fail("text with gaps takes more than its share");
}

// Counts the chunks of a chain; each of them must be free of other chains.
class Chains {
 public:
  Chains(const ChunkPool& chunks, Report& report)
      : chunks_(chunks), report_(report), seen_(chunks.capacity(), 0) {}

  void Follow(uint32_t head, ChunkUse use, const char* noun, uint32_t index) {
    count_ = octets_ = 0;
    for (uint32_t at = head; at != kNoIndex; at = chunks_[at].next) {
      if (at >= chunks_.capacity() || seen_[at]++ != 0)
        return report_.Fail(noun, index, "shares a chunk");
      if (chunks_[at].use != use) report_.Fail(noun, index, "has a chunk of another use");
      ++count_;
      ++total_;
      octets_ += chunks_[at].size();
    }
  }
  uint32_t count() const { return count_; }
  uint32_t octets() const { return octets_; }
  uint32_t total() const { return total_; }

 private:
  const ChunkPool& chunks_;
  Report& report_;
  std::vector<uint8_t> seen_;
  uint32_t count_ = 0;
  uint32_t octets_ = 0;
  uint32_t total_ = 0;
};

void AllChunks(const Audited& a, Report& report) {
  Chains chains(a.t.chunks, report);
  ForEach(a.t.connections, [&](Slot<Connection> slot, const Connection& conn) {
    const uint32_t i = slot.index();
    chains.Follow(conn.send.head, ChunkUse::kSend, "send queue", i);
    report.Equal(chains.octets(), conn.send.size, "octets in send queue", i);
    chains.Follow(conn.receive.head, ChunkUse::kReceive, "receive queue", i);
    report.Equal(chains.octets(), conn.receive.size, "octets in receive queue", i);
    chains.Follow(conn.beyond, ChunkUse::kBeyond, "text with gaps", i);
    report.Equal(chains.count(), conn.beyond_count, "chunks of text with gaps", i);
  });
  report.Equal(a.t.chunks.used(), chains.total(), "chunks in use");
}

// --- Laws of conservation.

void HalfOpenLaw(const Audited& a, Report& report) {
  const Counters& c = a.t.counters;
  report.Equal(c[Counter::kHandfastRequestsOpened],
               c[Counter::kHandfastRequestsCompleted] + c[Counter::kHandfastRequestsReset] +
                   c[Counter::kHandfastRequestsTimedOut] +
                   c[Counter::kHandfastRequestsUnreachable] +
                   c[Counter::kHandfastRequestsClosed] + a.t.requests.used(),
               "the number of half-open connections");
}

void AcceptLaw(const Audited& a, Report& report) {
  const Counters& c = a.t.counters;
  report.Equal(c[Counter::kTcpPassiveOpens], c[Counter::kHandfastRequestsCompleted],
               "PassiveOpens");
  if (c[Counter::kTcpPassiveOpens] < a.tally.in_accept_queue)
    report.Fail("more wait to be accepted than were opened");
}

void WaitsForAccept(const Audited&, Slot<Connection> slot, const Connection& conn,
                    Report& report) {
  if (!conn.has(Connection::kInAcceptQueue)) return;
  if (!conn.has(Connection::kPassive) || !conn.queue.linked())
    report.Fail("connection", slot.index(), "waits to be accepted by nobody");
}

void ConnectionLaw(const Audited& a, Report& report) {
  const Counters& c = a.t.counters;
  if (c[Counter::kTcpActiveOpens] + c[Counter::kTcpPassiveOpens] <
      a.tally.open + a.tally.time_waits)
    report.Fail("more connections live than were opened");
}

void DatagramLaw(const Audited& a, Report& report) {
  const Counters& c = a.t.counters;
  uint64_t dropped = 0;
  for (size_t i = 0; i < kDropCount; ++i) dropped += c[static_cast<Drop>(i)];
  report.Equal(c[Counter::kIpInReceives], c[Counter::kHandfastDelivered] + dropped,
               "the number of datagrams received");
}

// --- Limits. A backlog that was lowered binds only what comes later, and a SYN that reopens a
// time-wait is not held back.

void Limits(const Audited& a, Slot<Listener> slot, const Listener& listener, Report& report) {
  if (listener.children.size() > uint64_t{a.t.config.somaxconn} + 1)
    report.Fail("listener", slot.index(), "has too long an accept queue");
  if (listener.backlog > std::max<uint32_t>(a.t.config.somaxconn, 1))
    report.Fail("listener", slot.index(), "has too long a backlog");
}

void SynAckBudgetOf(const Audited& a, Slot<Request> slot, const Request& req, Report& report) {
  if (req.timeouts > a.t.config.policy.synack_retries)
    report.Fail("request", slot.index(), "has repeated its SYN-ACK too often");
}

// --- Who is ready is in a ready list; nobody else is.

void ReadySocket(const Audited&, Slot<Connection> slot, const Connection& conn,
                 Report& report) {
  if (!conn.has(Connection::kOwned)) return;
  const bool want = (ReadyBits(conn) & conn.interest) != 0;
  report.Equal(conn.queue.linked(), want, "in a ready list: socket", slot.index());
}

void ReadyListener(const Audited&, Slot<Listener> slot, const Listener& listener,
                   Report& report) {
  const bool want = !listener.children.empty() && (listener.interest & kReadable) != 0;
  report.Equal(listener.ready.linked(), want, "in a ready list: listener", slot.index());
}

void ReadyLists(const Audited& a, Report& report) {
  const Tables& t = a.t;
  report.Equal(t.ready_connections[0].size() + t.ready_connections[1].size(),
               a.tally.ready_sockets, "ready sockets");
  report.Equal(t.ready_listeners[0].size() + t.ready_listeners[1].size(),
               a.tally.ready_listeners, "ready listeners");
}

}  // namespace

std::span<const Invariant> LawInvariants() {
  static constexpr Invariant kRows[] = {
      {.id = "I-08",
       .sentence = "Each use of text keeps to its share of the chunks.",
       .whole = Shares},
      {.id = "I-08",
       .sentence = "Each chunk of text is in exactly one queue, or free.",
       .depth = Depth::kThorough,
       .whole = AllChunks},
      {.id = "I-14",
       .sentence = "Half-open: opened = completed + reset + timed out + unreachable + closed "
                   "+ there.",
       .whole = HalfOpenLaw},
      {.id = "I-15",
       .sentence = "Each request that was completed is a passive open; only such a one waits "
                   "to be accepted.",
       .connection = WaitsForAccept,
       .whole = AcceptLaw},
      {.id = "I-16",
       .sentence = "No more connections live than were opened.",
       .whole = ConnectionLaw},
      {.id = "I-17",
       .sentence = "Datagrams: received = delivered + dropped, by reason.",
       .whole = DatagramLaw},
      {.id = "I-21",
       .sentence = "No queue is longer than any backlog allows.",
       .listener = Limits},
      {.id = "I-26",
       .sentence = "The ready lists hold what is ready, and nothing else.",
       .listener = ReadyListener,
       .connection = ReadySocket,
       .whole = ReadyLists},
      {.id = "I-69",
       .sentence = "A SYN-ACK is repeated no more often than the policy says, for each SYN.",
       .request = SynAckBudgetOf},
  };
  return kRows;
}

}  // namespace handfast
