#include "harness/op/script.h"

#include "harness/op/cat.h"
#include "harness/op/play.h"
#include "harness/op/script_words.h"
#include "harness/packet.h"
#include "harness/show.h"

namespace handfast {
namespace {

using namespace words;

std::string Number(int64_t number) { return std::to_string(number); }
std::string Number(Port port) { return std::to_string(static_cast<uint16_t>(port)); }

std::string Fd(uint8_t fd) { return Number(int64_t{fd} + kFirstFd); }

std::string Letter(uint8_t peer) { return std::string(1, static_cast<char>('A' + peer)); }

// "1.5", ".25", "0": milliseconds as seconds.
std::string Seconds(int32_t ms) {
  std::string fraction = Number(1000 + ms % 1000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  const std::string whole = ms >= 1000 || fraction.empty() ? Number(ms / 1000) : "";
  return fraction.empty() ? whole : whole + "." + fraction;
}

// "rcv_nxt-1"; a number alone, if it is relative to nothing.
std::string Relative(const Words<3>& bases, Base base, int32_t delta) {
  if (base == Base::kZero) return Number(delta);
  std::string out = bases[static_cast<size_t>(base)];
  if (delta != 0) out.append(delta > 0 ? "+" : "").append(Number(delta));
  return out;
}

// Whom a segment or an ICMP message is from, and for which port or socket of ours.
std::string PrintFrom(const Op& op) {
  if (op.fd != Op::kNoFd) return Cat("< to ", Fd(op.fd), "  ");
  return Cat("< ", PrintPeer(op.flow), " > ", Number(Play::HerePort(op.flow.here)), "  ");
}

std::string PrintOptions(const Op& op) {
  std::string out;
  const auto add = [&out](const std::string& text) {
    out.append(out.empty() ? " <" : ",").append(text);
  };
  const auto stamp = [](Stamp s) { return std::string(kStamps[static_cast<size_t>(s)]); };
  if ((op.options & kWithMss) != 0) add(Cat("mss ", Number(op.mss)));
  if ((op.options & kWithSackPermitted) != 0) add("sackOK");
  if ((op.options & kWithStamps) != 0) add(Cat("ts ", stamp(op.ts_val), " ", stamp(op.ts_ecr)));
  if ((op.options & kWithScale) != 0) add(Cat("nop,ws ", Number(op.scale)));
  if ((op.options & kWithSack) != 0) add("nop,nop,sack");
  if ((op.options & kWithFastOpen) != 0) add("FO");
  if ((op.options & kWithUnknown) != 0) add("kind 200");
  if ((op.options & kWithMd5) != 0) add("md5");
  return out.empty() ? out : out + ">";
}

std::string PrintSegment(const Op& op) {
  std::string out = PrintFrom(op) + ShowFlags(op.mode) + " ";
  out.append(Relative(kReceiveBases, op.seq, op.seq_delta));
  out.append("(").append(Number(op.length)).append(")");
  if ((op.mode & kAck) != 0)
    out.append(" ack ").append(Relative(kSendBases, op.ack, op.ack_delta));
  out.append(" win ").append(Number(op.window)).append(PrintOptions(op));
  if (op.harm != Harm::kNone) out.append(" ").append(kHarms[static_cast<size_t>(op.harm)]);
  return out;
}

std::string PrintIcmp(const Op& op) {
  std::string out = PrintFrom(op) + "icmp " + kIcmpKinds[op.mode];
  if (op.window != 0) out.append(" mtu ").append(Number(op.window));
  return out + " [" + Relative(kSendBases, op.seq, op.seq_delta) + "]";
}

// What stands between the parentheses of a call, and the result that names a descriptor.
std::string PrintCall(const Op& op) {
  const std::string open = Cat(op.honest ? "A." : "", Name(op.verb), "(");
  const std::string first = open + Fd(op.fd);
  const auto with = [&first](const std::string& more) { return Cat(first, ", ", more, ")"); };
  switch (op.verb) {
    case Verb::kSocket: return Cat(open, kNewSocket, ") = ", Fd(op.fd));
    case Verb::kBind:
      return with(
          Number(op.honest ? Play::PeerPort(op.flow.here) : Play::HerePort(op.flow.here)));
    case Verb::kListen: return with(Number(op.amount));
    case Verb::kConnect:
      return with(op.honest ? Number(Play::HerePort(op.flow.peer_port)) : PrintPeer(op.flow));
    case Verb::kAccept: return Cat(with("..., ..."), " = ", Fd(op.other_fd));
    case Verb::kRead:
    case Verb::kWrite: return with(Cat("..., ", Number(op.length)));
    case Verb::kShutdown: return with(kShutdowns[op.mode]);
    case Verb::kSetOption: return with(Cat(kOptions[op.mode], ", ", Number(op.amount)));
    case Verb::kInterest: return with(Number(op.mode));
    case Verb::kEvents: return Cat(open, Number(op.length), ")");
    default: return first + ")";
  }
}

// What happens, without the time before it.
std::string PrintEvent(const Op& op) {
  const std::string name = Name(op.verb);
  switch (op.verb) {
    case Verb::kSegment: return PrintSegment(op);
    case Verb::kIcmp: return PrintIcmp(op);
    case Verb::kArp: return Cat(name, " ", Letter(op.flow.peer), " ", kArpKinds[op.mode]);
    case Verb::kPing: return Cat(name, " ", Letter(op.flow.peer), " ", Number(op.length));
    case Verb::kJump: return Cat(name, " ", Seconds(op.amount));
    case Verb::kCorrupt: return Cat(name, " ", Number(op.length), " bit ", Number(op.amount));
    case Verb::kReplay:
    case Verb::kDeliver:
    case Verb::kLose:
    case Verb::kDouble:
    case Verb::kDelay:
    case Verb::kDeadline:
    case Verb::kRefuse:
    case Verb::kExhaust: return Cat(name, " ", Number(op.length));
    case Verb::kRekey: return Cat(name, " ", Number(op.amount));
    case Verb::kRestart: return Cat(name, " ", SetupName(op.mode));
    case Verb::kSnapshot:
    case Verb::kRestore:
    case Verb::kCopy: return name;
    default: return PrintCall(op);
  }
}

}  // namespace

Scenario Script::scenario() const {
  Scenario scenario;
  for (const ScriptStep& step : steps)
    if (const Op* const op = std::get_if<Op>(&step.what)) scenario.push_back(*op);
  return scenario;
}

std::string PrintPeer(const FlowName& flow) {
  return Cat(Letter(flow.peer), ":", Number(Play::PeerPort(flow.peer_port)));
}

std::string PrintPeer(const Flow& flow) {
  for (uint8_t peer = 0; peer < FlowName::kPeers; ++peer)
    if (flow.peer == Play::AddrOf(peer)) return Cat(Letter(peer), ":", Number(flow.peer_port));
  return Show(Endpoint{flow.peer, flow.peer_port});
}

std::string AnswerText(Verb verb, Errno error, uint32_t value) {
  if (error != Errno::kOk) return Name(error);
  if (verb == Verb::kTakeError && value != 0) return Name(static_cast<Errno>(value));
  return Number(value);
}

std::string Print(const Op& op) {
  return op.verb == Verb::kWait ? Cat("+", Seconds(op.amount)) : Cat("+0 ", PrintEvent(op));
}

std::string Print(std::span<const Op> scenario, uint8_t setup) {
  std::string out;
  if (setup % kSetups != 0) out = Cat("--setup=", SetupName(setup), "\n");
  for (size_t i = 0; i < scenario.size(); ++i) {
    const bool waits = scenario[i].verb == Verb::kWait && scenario[i].amount != 0;
    const bool follows = i + 1 < scenario.size() && scenario[i + 1].verb != Verb::kWait;
    out += Print(scenario[i]);
    if (waits && follows) out += Cat(" ", PrintEvent(scenario[++i]));
    out += "\n";
  }
  return out;
}

}  // namespace handfast
