// Scripts, played.

#include <array>
#include <deque>

#include "harness/op/cat.h"
#include "harness/op/numbering.h"
#include "harness/op/play.h"
#include "harness/op/script.h"

namespace handfast {
namespace {

std::string_view LineOf(std::string_view text, uint32_t line) {
  for (; line > 1; --line) text.remove_prefix(text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

std::string Ago(Duration duration) {
  if (duration == Duration{}) return "";
  return Cat(", ", std::to_string(duration / 1ms), " ms before this line");
}

class Player final : public Spectator {
 public:
  explicit Player(std::string_view text, const Script& script)
      : text_(text), script_(script), play_(script.setup) {
    play_.set_spectator(this);
    for (const ScriptStep& step : script.steps)
      if (const auto* hope = std::get_if<Expectation>(&step.what))
        if (hope->kind == Expectation::Kind::kSent) counted_[hope->peer] = true;
  }

  std::string Run() {
    for (const ScriptStep& step : script_.steps) {
      const auto* const op = std::get_if<Op>(&step.what);
      if (op != nullptr) play_.Do(*op);
      if (!play_.wrong().empty()) return Cat(At(step.line), "\n  ", play_.wrong());
      if (op != nullptr) continue;
      if (std::string wrong = Check(std::get<Expectation>(step.what)); !wrong.empty())
        return Cat(At(step.line), "\n", wrong);
    }
    for (size_t peer = 0; peer < sent_.size(); ++peer)
      if (counted_[peer] && !sent_[peer].empty())
        return "at the end\n  expected: nothing more is sent\n  actual:   " +
               sent_[peer].front().text;
    play_.Finish();
    return play_.wrong();
  }

  void OnInput(const Play& play, Bytes datagram, const TraceRecord&,
               const TxBurst& out) override {
    if (const std::optional<Seen> seen = Read(datagram))
      (void)numbering_.ShowIn(play.stack(), *seen);
    Note(play, out);
  }
  void OnExpire(const Play& play, const Trace&, const TxBurst& out) override {
    Note(play, out);
  }

 private:
  struct Sent {
    Instant at;
    std::string text;
  };

  std::string At(uint32_t line) const {
    return Cat("line ", std::to_string(line), ": ", LineOf(text_, line));
  }

  void Note(const Play& play, const TxBurst& out) {
    for (size_t i = 0; i < out.size(); ++i) {
      const std::optional<Seen> seen = Read(out[i]);
      if (!seen) continue;
      const std::string text = numbering_.ShowOut(play.stack(), *seen);
      for (uint8_t peer = 0; peer < FlowName::kPeers; ++peer)
        if (seen->flow.peer == Play::AddrOf(peer))
          sent_[peer].push_back({play.now(), Cat(PrintPeer(seen->flow), "  ", text)});
    }
  }

  std::string Check(const Expectation& hope);
  std::string CheckSent(const Expectation& hope);
  std::string Actual(const Expectation& hope) const;

  std::string_view text_;
  const Script& script_;
  Play play_;
  Numbering numbering_;
  std::array<std::deque<Sent>, FlowName::kPeers> sent_;
  std::array<bool, FlowName::kPeers> counted_{};
};

std::string Beside(const std::string& expected, const std::string& actual) {
  return Cat("  expected: ", expected, "\n  actual:   ", actual);
}

std::string Player::Actual(const Expectation& hope) const {
  const Stack& stack = play_.stack();
  const Descriptor& descriptor = play_.descriptor(hope.fd);
  const Result<ListenerStatus> listener = stack.Status(descriptor.listener);
  switch (hope.kind) {
    case Expectation::Kind::kAnswer:
      return AnswerText(hope.verb, play_.answer(), play_.answer_value());
    case Expectation::Kind::kState: {
      if (listener) return Name(State::kListen);
      const Result<SocketStatus> socket = stack.Status(descriptor.socket);
      return Name(socket ? socket->state : State::kNone);
    }
    case Expectation::Kind::kSynQueue:
      return listener ? std::to_string(listener->syn_queue) : "no listener";
    case Expectation::Kind::kAcceptQueue:
      return listener ? std::to_string(listener->accept_queue) : "no listener";
    case Expectation::Kind::kOnTheWay: return std::to_string(play_.on_the_way());
    case Expectation::Kind::kCounter: return std::to_string(stack.counters()[hope.counter]);
    case Expectation::Kind::kSent: break;
  }
  return "";
}

std::string What(const Expectation& hope) {
  switch (hope.kind) {
    case Expectation::Kind::kState: return "state ";
    case Expectation::Kind::kSynQueue: return "synq ";
    case Expectation::Kind::kAcceptQueue: return "acceptq ";
    case Expectation::Kind::kOnTheWay: return "on_the_way ";
    case Expectation::Kind::kCounter: return std::string(Name(hope.counter)) + "=";
    case Expectation::Kind::kAnswer:
    case Expectation::Kind::kSent: break;
  }
  return "";
}

std::string Player::Check(const Expectation& hope) {
  if (hope.kind == Expectation::Kind::kSent) return CheckSent(hope);
  const std::string actual = Actual(hope);
  if (actual == hope.text) return "";
  return Beside(What(hope) + hope.text, What(hope) + actual);
}

// What is left out of an expectation is left out of what is compared with it.
std::string AsFarAsExpected(std::string actual, const std::string& expected) {
  if (expected.find(" win ") == std::string::npos) {
    const size_t window = actual.find(" win ");
    actual.erase(window, actual.find(' ', window + 5) - window);
  }
  if (expected.size() > 5 && expected.substr(expected.size() - 5) == "<...>")
    actual = actual.substr(0, actual.find(" <")) + " <...>";
  return actual;
}

std::string Player::CheckSent(const Expectation& hope) {
  FlowName flow;
  flow.peer = hope.peer;
  flow.peer_port = hope.peer_port;
  const std::string expected = Cat(PrintPeer(flow), "  ", hope.text);
  std::deque<Sent>& sent = sent_[hope.peer];
  if (sent.empty()) return Beside(expected, "nothing");
  const Sent first = sent.front();
  sent.pop_front();
  if (first.at == play_.now() && AsFarAsExpected(first.text, expected) == expected) return "";
  return Beside(expected, first.text + Ago(play_.now() - first.at));
}

}  // namespace

std::string Plays(std::string_view text) {
  const Parsed parsed = Parse(text);
  return parsed.script ? Player(text, *parsed.script).Run() : parsed.error;
}

}  // namespace handfast
