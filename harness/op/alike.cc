#include "harness/op/alike.h"

#include "harness/abstract.h"
#include "harness/op/cat.h"
#include "harness/op/script.h"
#include "stack/wire/tcp_view.h"

namespace handfast {
namespace {

// What leaves and what is made of what comes, without numbers.
class Digest final : public Spectator {
 public:
  void OnCall(const Play&, const Op& op, Errno error, uint32_t value) override {
    text_.append(Cat("= ", AnswerText(op.verb, error, value), "\n"));
  }
  void OnInput(const Play&, Bytes, const TraceRecord& record, const TxBurst& out) override {
    const auto [action, drop] = record.verdict;
    text_.append(Cat("< ", Text(action), ", ", Text(drop), "\n"));
    Note(out);
  }
  void OnExpire(const Play&, const Trace&, const TxBurst& out) override { Note(out); }

  std::string Take() { return std::exchange(text_, ""); }

 private:
  void Note(const TxBurst& out) {
    for (size_t i = 0; i < out.size(); ++i) {
      if (const std::optional<Seen> seen = Read(out[i]))
        text_.append(Cat("> ", PrintPeer(seen->flow), " ", ShowFlags(seen->flags), " ",
                         std::to_string(seen->text.size()), " win ",
                         std::to_string(seen->window), " options ",
                         std::to_string(seen->option_bytes.size()), "\n"));
    }
  }
  std::string text_;
};

// A's numbers are its own; who pretends to be A cannot know them before it has spoken.
bool IsOfA(const Play& play, const Op& op) {
  if (op.fd == Op::kNoFd) return op.flow.peer == 0;
  const Result<SocketStatus> status = play.stack().Status(play.descriptor(op.fd).socket);
  return status && status->flow.peer == Play::AddrOf(0);
}

bool IsAbsolute(const Play& play, const Op& op) {
  switch (op.verb) {
    case Verb::kCorrupt:
    case Verb::kRekey:
    case Verb::kReplay: return true;
    case Verb::kIcmp: return op.seq == Base::kZero;
    case Verb::kSegment:
      return op.seq == Base::kZero || op.ack == Base::kZero || op.ts_ecr == Stamp::kZero ||
             IsOfA(play, op);
    default: return false;
  }
}

// Before it connects or listens, a socket is bound; if that fails it does neither.
bool DrawsPort(const Play& play, const Op& op) {
  if (op.verb != Verb::kConnect && op.verb != Verb::kListen) return false;
  const Descriptor& descriptor =
      op.honest ? play.peer_descriptor(op.fd) : play.descriptor(op.fd);
  const Stack& stack = op.honest ? play.peer_stack() : play.stack();
  const Result<SocketStatus> status = stack.Status(descriptor.socket);
  return status && status->flow.local_port == Port{0};
}

Op BindOf(const Op& op) {
  Op bind;
  bind.verb = Verb::kBind;
  bind.honest = op.honest;
  bind.fd = op.fd;
  bind.flow.here = op.fd % FlowName::kHere;
  return bind;
}

// One step of both; what differs then.
std::string StepBoth(Play& one, Digest& first, Play& other, Digest& second, const Op& op) {
  one.Do(op);
  other.Do(op);
  const std::string here = first.Take(), there = second.Take();
  if (here != there) return Cat(Print(op), "\n  one:\n", here, "  other:\n", there);
  if (AbstractHash(one.stack()) == AbstractHash(other.stack())) return "";
  return Cat(Print(op), "\n  the states differ");
}

}  // namespace

std::string WhereUnlike(Play& one, Play& other, const Scenario& scenario) {
  Digest first, second;
  one.set_spectator(&first);
  other.set_spectator(&second);
  std::string unlike;
  for (size_t i = 0; i < scenario.size() && unlike.empty(); ++i) {
    const Op& op = scenario[i];
    if (DrawsPort(one, op)) unlike = StepBoth(one, first, other, second, BindOf(op));
    if (!unlike.empty() || IsAbsolute(one, op) || DrawsPort(one, op)) continue;
    unlike = StepBoth(one, first, other, second, op);
  }
  one.set_spectator(nullptr);
  other.set_spectator(nullptr);
  return unlike;
}

}  // namespace handfast
