#include "harness/op/play.h"

#include <utility>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

// The honest peer; at home everywhere.
Config PeerConfig() {
  Config config = SmallConfig();
  config.addresses[0] = {Play::AddrOf(0), 24};
  return config;
}

Secrets SecretsOf(uint64_t seed) { return Secrets{{seed, ~seed}}; }

struct NamedSetup {
  const char* name;
  Config config;
};

Config Tiny() {
  Config config = SmallConfig();
  config.mtu = 576;
  config.listeners = config.requests = config.time_waits = 2;
  config.connections = 3;
  config.chunks = 8;
  config.chunk_bytes = 64;
  config.socket.receive_buffer = 512;
  config.socket.send_buffer = 512;
  return config;
}

Config FewPorts() {
  Config config = SmallConfig();
  config.ephemeral = {50000, 50003};
  return config;
}

Config NoTimeWait() {
  Config config = SmallConfig(Config::Linux());
  config.time_waits = 0;
  return config;
}

// All that may be asked for is: ECN of peers, and a RST where an accept queue is full.
Config Forward() {
  Config config = SmallConfig();
  config.policy.ecn = Ecn::kRequest;
  config.policy.on_overflow = OnOverflow::kReset;
  return config;
}

// TCP as it was before RFC 1323: no option but the MSS.
Config Bare() {
  Config config = SmallConfig();
  config.policy.ecn = Ecn::kOff;
  config.policy.timestamps = config.policy.sack_permitted = config.policy.window_scale = false;
  return config;
}

}  // namespace

Config SetupConfig(uint8_t setup) {
  switch (setup % kSetups) {
    case 0: return SmallConfig();
    case 1: return SmallConfig(Config::Linux());
    case 2: return SmallConfig(Config::Strict());
    case 3: return Tiny();
    case 4: return FewPorts();
    case 5: return NoTimeWait();
    case 6: return Forward();
    default: return Bare();
  }
}

const char* SetupName(uint8_t setup) {
  constexpr const char* kNames[kSetups] = {"default",   "linux",        "strict",  "tiny",
                                           "few_ports", "no_time_wait", "forward", "bare"};
  return kNames[setup % kSetups];
}

void Spectator::OnOp(const Play&, const Op&) {}
void Spectator::OnCall(const Play&, const Op&, Errno, uint32_t) {}
void Spectator::OnInput(const Play&, Bytes, const TraceRecord&, const TxBurst&) {}
void Spectator::OnExpire(const Play&, const Trace&, const TxBurst&) {}
void Spectator::OnUnreachable(const Play&, Bytes, const TraceRecord&) {}
void Spectator::OnReplaced(const Play&, const Op&) {}

Play::Play(uint8_t setup, uint64_t seed, const Beginning& beginning)
    : ours_{OwnedStack(SetupConfig(setup), SecretsOf(seed)), {}, {}},
      theirs_{OwnedStack(PeerConfig(), SecretsOf(seed + 1000)), {}, {}},
      steps_(*ours_.stack),
      ethernet_({.mac = {{2, 0, 0, 0, 0, 1}}, .local = {kHere, 24}, .gateway = {}}),
      now_(beginning.at),
      seed_(seed) {
  // Where numbers begin unless an owner says otherwise: some at the wrap.
  for (size_t i = 0; i < known_.size(); ++i) {
    const auto first = static_cast<uint32_t>(i % 3 == 0 ? 0xffff'fff0 + i : 1'000'000 * i);
    known_[i].irs = known_[i].rcv_nxt = known_[i].edge = Seq(first + beginning.turn);
  }
}

Addr Play::AddrOf(uint8_t peer) { return Addr::V4(10, 0, 0, static_cast<uint8_t>(2 + peer)); }

Port Play::PeerPort(uint8_t index) {
  constexpr uint16_t kPeerPorts[FlowName::kPorts] = {40000, 40001, 80, 50000};
  return Port{kPeerPorts[index % FlowName::kPorts]};
}

Port Play::HerePort(uint8_t index) {
  constexpr uint16_t kHerePorts[FlowName::kHere] = {80, 7, 8080, 50000};
  return Port{kHerePorts[index % FlowName::kHere]};
}

void Play::Wrong(std::string sentence) {
  if (wrong_.empty()) wrong_ = "op " + std::to_string(ops_) + ": " + std::move(sentence);
}

void Play::Audit() {
  if (audits_ == Audits::kNone || !wrong_.empty()) return;
  const Depth depth = DepthOf(ops_);
  if (!steps_.findings().empty()) Wrong(steps_.findings().Text());
  if (std::string broken = AuditText(*ours_.stack, depth); !broken.empty()) Wrong(broken);
  if (std::string broken = AuditText(*theirs_.stack, depth); !broken.empty())
    Wrong("the honest peer: " + broken);
}

void Play::NoteStep() {
  if (audits_ != Audits::kNone) steps_.Note(*ours_.stack);
}

void Play::Do(const Op& op) {
  if (spectator_.who != nullptr) spectator_.who->OnOp(*this, op);
  switch (op.verb) {
    case Verb::kSegment:
    case Verb::kIcmp:
      if (const std::optional<Flow> flow = FlowOf(op))
        Arrive(op.verb == Verb::kSegment ? MakeSegment(op, *flow) : MakeIcmp(op, *flow));
      break;
    case Verb::kReplay:
      if (op.length < came_in_.size())
        Arrive(Datagram(came_in_[came_in_.size() - 1 - op.length]));
      break;
    case Verb::kArp: Arp(op); break;
    case Verb::kPing: Arrive(IcmpEcho(AddrOf(op.flow.peer), kHere, Text(0, op.length))); break;
    case Verb::kDeliver: Deliver(op.length); break;
    case Verb::kLose:
    case Verb::kDouble:
    case Verb::kDelay:
    case Verb::kCorrupt: OnTheWay(op); break;
    case Verb::kWait: Wait(op.amount * 1ms); break;
    case Verb::kDeadline:
      for (uint16_t i = 0; i < op.length; ++i)
        if (const Instant due = ours_.stack->next_deadline(); !due.never()) Wait(due - now_);
      break;
    case Verb::kJump: now_ = now_ + op.amount * 1ms; break;
    case Verb::kRefuse: refuse_ = op.length; break;
    case Verb::kExhaust: Exhaust(op.length); break;
    case Verb::kRekey:
      ours_.stack->Rekey({static_cast<uint64_t>(op.amount), seed_ + ops_});
      break;
    case Verb::kSnapshot:
    case Verb::kRestore:
    case Verb::kCopy:
    case Verb::kRestart: Replace(op); break;
    default: Call(op); break;
  }
  Settle();
  Audit();
  ++ops_;
}

void Play::Receive(Datagram datagram) {
  Arrive(std::move(datagram));
  Settle();
  Audit();
  ++ops_;
}

void Play::Replace(const Op& op) {
  if (op.verb == Verb::kSnapshot) {
    snapshot_.assign(1, ours_);
    return;
  }
  if (op.verb == Verb::kRestore) {
    if (snapshot_.empty()) return;
    ours_ = snapshot_[0];
    if (!(ours_.stack == snapshot_[0].stack)) Wrong("I-85: a restored stack is another one");
  } else if (op.verb == Verb::kCopy) {
    OwnedStack copy(ours_.stack);
    if (!(copy == ours_.stack)) Wrong("a copy differs");
    ours_.stack = std::move(copy);
  } else {
    ours_ = Host{OwnedStack(SetupConfig(op.mode), SecretsOf(++seed_)), {}, {}};
    snapshot_.clear();
  }
  steps_.Restart(*ours_.stack);
  if (spectator_.who != nullptr) spectator_.who->OnReplaced(*this, op);
}

// Everybody lets go, A hears nothing any more, and time runs out.
void Play::Finish() {
  Op op;
  for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
    op.verb = Verb::kClose;
    op.fd = fd;
    if (ours_.fds[fd].held) Do(op);
  }
  for (const SocketId id : ours_.ballast)
    if (ours_.stack->Close(now_, id) != Errno::kOk) Wrong("I-24: a socket was lost");
  ours_.ballast.clear();
  wire_.clear();
  constexpr int kMostDeadlines = 5000;
  for (int i = 0; i < kMostDeadlines && wrong_.empty(); ++i) {
    wire_.clear();
    const Instant due = ours_.stack->next_deadline();
    if (due.never()) {
      if (std::string left = AuditEmpty(*ours_.stack); !left.empty())
        Wrong("at the end: " + left);
      return;
    }
    if (due > now_) now_ = due;
    ExpireOurs();
    Audit();
  }
  Wrong("I-51: it does not end");
}

std::string WrongOf(const Scenario& scenario, uint8_t setup) {
  Play play(setup);
  play.Do(scenario);
  play.Finish();
  return play.wrong();
}

}  // namespace handfast
