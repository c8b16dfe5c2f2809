// What the stack did beside what the model expects.

#include <algorithm>

#include "harness/oracle/oracle.h"

namespace handfast {
namespace {

using oracle::Expected;
using oracle::FlowSet;
using oracle::Sight;
using oracle::Socket;

std::string ShowVerdict(Verdict verdict) {
  return std::string(Text(verdict.action)) + " (" + Name(verdict.drop) + ")";
}

std::string ShowState(State before, State after) {
  return std::string(Name(before)) + " to " + Name(after);
}

// Counters that only setup moves.
bool IsOfSetup(Counter counter) {
  switch (counter) {
    case Counter::kTcpActiveOpens:
    case Counter::kTcpPassiveOpens:
    case Counter::kTcpAttemptFails:
    case Counter::kTcpExtListenOverflows:
    case Counter::kTcpExtListenDrops:
    case Counter::kTcpExtTCPReqQFullDrop:
    case Counter::kTcpExtEmbryonicRsts:
    case Counter::kTcpExtTCPSynRetrans:
    case Counter::kTcpExtPAWSActive:
    case Counter::kTcpExtPAWSTimewait:
    case Counter::kTcpExtTSEcrRejected:
    case Counter::kTcpExtTCPACKSkippedSynRecv:
    case Counter::kTcpExtTCPACKSkippedTimeWait:
    case Counter::kTcpExtTW:
    case Counter::kHandfastRequestsOpened:
    case Counter::kHandfastRequestsCompleted:
    case Counter::kHandfastRequestsReset:
    case Counter::kHandfastRequestsTimedOut:
    case Counter::kHandfastRequestsClosed:
    case Counter::kHandfastRequestsUnreachable: return true;
    default: return false;
  }
}

FlowSet FlowsOf(const auto& map) {
  FlowSet flows;
  for (const auto& [flow, value] : map) flows.insert(flow);
  return flows;
}

// "" if two sets of flows are one; else who is in one of them only.
std::string Unlike(const FlowSet& expected, const FlowSet& actual) {
  for (const Flow& flow : expected)
    if (actual.count(flow) == 0) return oracle::Show(flow) + " is missing";
  for (const Flow& flow : actual)
    if (expected.count(flow) == 0) return oracle::Show(flow) + " should not be there";
  return "";
}

}  // namespace

void Oracle::CompareAnswer(const Play& play, const Op& op, Errno error, uint32_t value,
                           const Expected& expected) {
  ++events_;
  if (!expected.answer_known) return;
  if (error != expected.error)
    return Differ(play,
                  std::string("expected ") + Name(expected.error) + ", got " + Name(error));
  if (expected.value && value != *expected.value)
    return Differ(play, "expected the value " + std::to_string(*expected.value) + ", got " +
                            std::to_string(value));
  if (expected.port_chosen && !expected.port_free)
    return Differ(play, "the port that was chosen is not free, or not in the range");
  if (op.verb != Verb::kAccept || error != Errno::kOk) return;
  const Socket& child = model_.sockets().at(model_.descriptor(op.other_fd).id);
  const Flow flow = play.stack().Status(play.descriptor(op.other_fd).socket)->flow;
  if (flow != child.flow)
    Differ(play, "expected " + oracle::Show(child.flow) + " to be accepted, got " +
                     oracle::Show(flow));
}

void Oracle::CompareRecord(const Play& play, const TraceRecord& record,
                           const Expected& expected) {
  ++events_;
  if (record.owner != expected.owner)
    return Differ(play, std::string("expected the owner ") + Name(expected.owner) + ", got " +
                            Name(record.owner));
  if (!expected.judged) return;
  Verdict verdict = expected.verdict;
  if (!expected.drop_known) verdict.drop = record.verdict.drop;
  if (record.verdict != verdict)
    return Differ(play, std::string(Name(expected.before)) + ": expected the verdict " +
                            ShowVerdict(expected.verdict) + ", got " +
                            ShowVerdict(record.verdict));
  const State after = expected.after.value_or(record.after);
  if (record.before != expected.before || record.after != after)
    return Differ(play, "expected states " + ShowState(expected.before, after) + ", got " +
                            ShowState(record.before, record.after));
  for (size_t i = 1; i < kDropCount; ++i) {
    const auto drop = static_cast<Drop>(i);
    const uint64_t moved = play.stack().counters()[drop] - counters_[drop];
    if (moved != (drop == verdict.drop ? 1 : 0))
      return Differ(play, std::string("the counter of drops by ") + Name(drop) + " moved by " +
                              std::to_string(moved));
  }
}

void Oracle::CompareOutput(const Play& play, const TxBurst& out, const Expected& expected) {
  std::vector<TcpPacket> rest = expected.out;
  for (size_t i = 0; i < out.size(); ++i) {
    const std::optional<Seen> seen = Read(out[i]);
    if (!seen && out[i][9] == kProtocolIcmp) continue;
    if (!seen) return Differ(play, "what leaves is no segment");
    const auto next = std::find_if(rest.begin(), rest.end(), [&](const TcpPacket& packet) {
      return packet.flow == seen->flow;
    });
    if (next == rest.end()) {
      if (expected.others.count(seen->flow) != 0) continue;
      return Differ(play, "nothing should leave for " + oracle::Show(seen->flow) + ", got " +
                              handfast::Show(*seen));
    }
    const Datagram want = next->Seal();
    if (!std::equal(want.begin(), want.end(), out[i].begin(), out[i].end()))
      return Differ(
          play, "expected " + handfast::Show(*Read(want)) + ", got " + handfast::Show(*seen));
    rest.erase(next);
  }
  if (!rest.empty())
    Differ(play, "expected " + handfast::Show(*Read(rest[0].Seal())) + ", got nothing");
}

void Oracle::CompareCounters(const Play& play, const Expected& expected) {
  const Counters& now = play.stack().counters();
  for (size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    const auto moved = static_cast<int64_t>(now[counter] - counters_[counter]);
    if (counter == Counter::kHandfastTxRefused) continue;  // between the events
    if (!expected.all_counted && !IsOfSetup(counter)) continue;
    const auto at = expected.counted.find(counter);
    const int64_t want = at == expected.counted.end() ? 0 : at->second;
    if (moved != want)
      Differ(play, std::string("expected ") + Name(counter) + " to move by " +
                       std::to_string(want) + ", got " + std::to_string(moved));
  }
  counters_ = now;
}

void Oracle::CompareState(const Play& play) {
  const Sight sight = oracle::Look(play.stack());
  if (!sight.twice.empty()) return Differ(play, sight.twice + " has two owners");
  std::vector<Flow> open;
  for (const auto& [id, socket] : model_.sockets())
    if (socket.stage == Socket::Stage::kOpen) open.push_back(socket.flow);
  for (const Flow& flow : open) {
    const auto at = sight.connections.find(flow);
    model_.SeeState(flow, at == sight.connections.end() ? State::kNone : at->second.state);
    if (const auto tw = sight.time_waits.find(flow); tw != sight.time_waits.end())
      model_.SeeTimeWait(play.now(), flow, tw->second);
  }
  CompareFlows(play, sight);
  for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
    const oracle::Model::Descriptor& descriptor = model_.descriptor(fd);
    if (!descriptor.held || !play.descriptor(fd).held) continue;
    descriptor.listener ? CompareListener(play, fd) : CompareSocket(play, fd);
  }
}

void Oracle::CompareFlows(const Play& play, const Sight& sight) {
  FlowSet connections;
  for (const auto& [id, socket] : model_.sockets()) {
    using Stage = Socket::Stage;
    const bool crossed = socket.stage == Stage::kCrossed;
    if (!crossed && socket.stage != Stage::kSynSent && socket.stage != Stage::kOpen) continue;
    connections.insert(socket.flow);
    const auto at = sight.connections.find(socket.flow);
    if (at == sight.connections.end()) break;  // said below
    const Sight::Open& conn = at->second;
    const State state = crossed                           ? State::kSynReceived
                        : socket.stage == Stage::kSynSent ? State::kSynSent
                                                          : socket.state;
    if (conn.state != state || (!crossed && state == State::kSynReceived))
      return Differ(play, oracle::Show(socket.flow) + ": expected to be in " + Name(state) +
                              ", got " + Name(conn.state));
    if (socket.stage != Stage::kOpen) continue;
    if (conn.negotiated != socket.negotiated || conn.snd_scale != socket.snd_scale ||
        conn.rcv_scale != socket.rcv_scale || conn.peer_mss != socket.peer_mss ||
        conn.iss != socket.iss || conn.irs != socket.irs)
      return Differ(play, oracle::Show(socket.flow) + ": something else was agreed upon");
  }
  for (const auto& [what, unlike] :
       {std::pair{"half-open: ", Unlike(FlowsOf(model_.half_open()), sight.half_open)},
        std::pair{"connections: ", Unlike(connections, FlowsOf(sight.connections))},
        std::pair{"time-waits: ",
                  Unlike(FlowsOf(model_.time_waits()), FlowsOf(sight.time_waits))}})
    if (!unlike.empty()) return Differ(play, what + unlike);
}

void Oracle::CompareListener(const Play& play, uint8_t fd) {
  const int id = model_.descriptor(fd).id;
  const oracle::Listener& listener = model_.listeners().at(id);
  const Result<ListenerStatus> status = play.stack().Status(play.descriptor(fd).listener);
  if (!status) return Differ(play, "a listener is gone");
  const auto same = [&](const char* what, uint64_t want, uint64_t got) {
    if (want != got)
      Differ(play, std::string(what) + ": expected " + std::to_string(want) + ", got " +
                       std::to_string(got));
  };
  same("port", static_cast<uint64_t>(listener.port), static_cast<uint64_t>(status->local.port));
  same("backlog", listener.backlog, status->backlog);
  same("SYN queue", model_.SynQueue(id), status->syn_queue);
  same("accept queue", listener.children.size(), status->accept_queue);
}

// Of a socket that is not past setup, what its user can see.
void Oracle::CompareSocket(const Play& play, uint8_t fd) {
  using Stage = Socket::Stage;
  const Socket& socket = model_.sockets().at(model_.descriptor(fd).id);
  const Result<SocketStatus> status = play.stack().Status(play.descriptor(fd).socket);
  if (!status) return Differ(play, "a socket is gone");
  if (socket.stage == Stage::kOpen || socket.stage == Stage::kOver) return;
  const State state = socket.stage == Stage::kSynSent   ? State::kSynSent
                      : socket.stage == Stage::kCrossed ? State::kSynReceived
                                                        : State::kClosed;
  if (status->state != state)
    Differ(play,
           std::string("a socket: expected ") + Name(state) + ", got " + Name(status->state));
  if (status->error != socket.error || status->soft_error != socket.soft_error)
    Differ(play, std::string("a socket: expected the errors ") + Name(socket.error) + ", " +
                     Name(socket.soft_error) + ", got " + Name(status->error) + ", " +
                     Name(status->soft_error));
}

// Between ops nothing waits to be sent, and whatever was due has happened.
void Oracle::CompareSettled(const Play& play) {
  const Tables& t = play.stack().tables();
  if (t.connections.used() != model_.used())
    return Differ(play, "before it: expected " + std::to_string(model_.used()) +
                            " sockets in use, got " + std::to_string(t.connections.used()));
  const oracle::Timer next = model_.NextTimer();
  const Instant due = next.ms == ~uint64_t{0} ? Instant::Never() : Instant(next.ms * 1'000'000);
  const Instant got = play.stack().next_deadline();
  if (model_.HasOpen() ? got > due : got != due)
    Differ(play, "before it: expected a deadline in ms " + std::to_string(due.ms()) + ", got " +
                     std::to_string(got.ms()));
}

}  // namespace handfast
