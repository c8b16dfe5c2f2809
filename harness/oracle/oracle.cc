#include "harness/oracle/oracle.h"

namespace handfast {
namespace {

using oracle::Expected;
using oracle::Hints;

Hints HintsOf(const TxBurst& out) {
  Hints hints;
  for (size_t i = 0; i < out.size(); ++i)
    if (std::optional<Seen> seen = Read(out[i])) hints.sent.push_back(*seen);
  return hints;
}

// The port that a call has chosen.
Port ChosenPort(const Play& play, const Op& op) {
  const Descriptor& descriptor = play.descriptor(op.fd);
  if (op.verb == Verb::kListen) {
    const Result<ListenerStatus> status = play.stack().Status(descriptor.listener);
    return status ? status->local.port : Port{};
  }
  const Result<SocketStatus> status = play.stack().Status(descriptor.socket);
  return status ? status->flow.local_port : Port{};
}

}  // namespace

Oracle::Oracle(const Play& play)
    : model_(play.stack().config()), counters_(play.stack().counters()) {}

void Oracle::Differ(const Play& play, const std::string& sentence) {
  if (difference_.empty())
    difference_ = "op " + std::to_string(play.ops()) + ", " + Name(op_.verb) + ": " + sentence;
}

void Oracle::OnOp(const Play& play, const Op& op) {
  op_ = op;
  if (silent()) return;
  CompareSettled(play);
  if (op.verb == Verb::kSnapshot) saved_ = model_;
  if (op.verb == Verb::kExhaust) model_.Exhaust(op.length);
}

void Oracle::OnReplaced(const Play& play, const Op& op) {
  counters_ = play.stack().counters();
  if (op.verb == Verb::kRestore && saved_) model_ = *saved_;
  if (op.verb != Verb::kRestart) return;
  model_ = oracle::Model(play.stack().config());
  saved_.reset();
  blind_ = false;
}

void Oracle::OnCall(const Play& play, const Op& op, Errno error, uint32_t value) {
  if (silent()) return;
  Hints hints;
  if (error == Errno::kOk && (op.verb == Verb::kListen || op.verb == Verb::kConnect))
    hints.port = ChosenPort(play, op);
  const Expected& expected = model_.Call(play.now(), op, hints);
  CompareAnswer(play, op, error, value, expected);
  CompareState(play);
  CompareCounters(play, expected);
}

void Oracle::OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
                     const TxBurst& out) {
  if (silent()) return;
  const Expected& expected = model_.Input(play.now(), datagram, HintsOf(out));
  CompareRecord(play, record, expected);
  CompareOutput(play, out, expected);
  CompareState(play);
  CompareCounters(play, expected);
}

void Oracle::OnExpire(const Play& play, const Trace&, const TxBurst& out) {
  if (silent()) return;
  blind_ = !out.HasRoom(1, play.stack().config().mtu);
  if (blind_) return;
  const Expected& expected = model_.Expire(play.now(), HintsOf(out));
  CompareOutput(play, out, expected);
  CompareState(play);
  CompareCounters(play, expected);
}

void Oracle::OnUnreachable(const Play& play, Bytes datagram, const TraceRecord& record) {
  if (silent()) return;
  const Expected& expected = model_.Unreachable(play.now(), datagram);
  if (expected.judged && expected.verdict != record.verdict)
    Differ(play, "nobody at the next hop: the verdict is another");
  CompareState(play);
  CompareCounters(play, expected);
}

}  // namespace handfast
