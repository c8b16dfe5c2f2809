#include "harness/world_states.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "stack/commit/flows.h"

namespace handfast {
namespace {

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "stage: %s\n", what);
  std::abort();
}

}  // namespace

std::vector<Stage> AllStages() {
  std::vector<Stage> all;
  for (auto i = static_cast<int>(Stage::kClosed); i <= static_cast<int>(Stage::kTimeWait); ++i)
    all.push_back(static_cast<Stage>(i));
  return all;
}

State StateOf(Stage stage) {
  switch (stage) {
    case Stage::kClosed: return State::kClosed;
    case Stage::kListen: return State::kListen;
    case Stage::kSynSent: return State::kSynSent;
    case Stage::kRequest:
    case Stage::kCrossed: return State::kSynReceived;
    case Stage::kEstablished: return State::kEstablished;
    case Stage::kFinWait1: return State::kFinWait1;
    case Stage::kFinWait2: return State::kFinWait2;
    case Stage::kCloseWait: return State::kCloseWait;
    case Stage::kClosing: return State::kClosing;
    case Stage::kLastAck: return State::kLastAck;
    case Stage::kTimeWait: return State::kTimeWait;
  }
  return State::kNone;
}

const char* Name(Stage stage) {
  if (stage == Stage::kRequest) return "SYN-RECEIVED (request)";
  if (stage == Stage::kCrossed) return "SYN-RECEIVED (crossed)";
  return Name(StateOf(stage));
}

StageWorld::StageWorld(Stage stage, const StageOptions& options)
    : world(options.config, options.seed),
      peer(world, kStagePort, Port{40000}, options.peer_isn) {
  switch (stage) {
    case Stage::kClosed: socket = *stack().Socket(world.now()); break;
    case Stage::kListen: Listen(); break;
    case Stage::kRequest:
      Listen();
      SaySyn(kSyn, options.syn);
      break;
    case Stage::kSynSent: Connect(); break;
    case Stage::kCrossed:
      Connect();
      SaySyn(kSyn, options.syn);
      break;
    case Stage::kEstablished:
    case Stage::kFinWait1:
    case Stage::kFinWait2:
    case Stage::kCloseWait:
    case Stage::kClosing:
    case Stage::kLastAck:
    case Stage::kTimeWait:
      Establish(options);
      GoOnTo(stage);
      break;
  }
  for (Seen& seen : world.TakeSegments()) last = std::move(seen);
  if (StateOf(stack(), flow()) != StateOf(stage)) Fail(Name(stage));
}

Seen StageWorld::TheOne(unsigned flags) {
  const std::optional<Seen> seen = world.TakeOne();
  if (!seen || (seen->flags & flags) != flags) Fail("another segment was expected");
  return last = *seen;
}

void StageWorld::Listen() {
  listener = *stack().Listen(world.now(), {Addr::AnyV4(), kStagePort}, 5);
}

void StageWorld::Connect() {
  socket = *stack().Connect(world.now(), {peer.flow.local, peer.flow.local_port});
  world.Poll();
  const Seen syn = TheOne(kSyn);
  peer.flow = syn.flow.Reversed();
  peer.Hear(syn);
}

void StageWorld::SaySyn(unsigned flags, const OptionList& options) {
  TcpPacket syn = peer.Make(flags);
  syn.options = options;
  peer.seq += 1;
  world.Inject(syn);
  const Seen answer = TheOne(kAck);
  peer.Hear(answer);
  peer.timestamps = answer.options.has(Options::kTimestamps);
}

void StageWorld::Establish(const StageOptions& options) {
  if (options.unsent > 0) peer.window = 0;
  if (options.opened_by == OpenedBy::kUs) {
    Connect();
    SaySyn(kSyn | kAck, options.syn);
  } else {
    Listen();
    SaySyn(kSyn, options.syn);
    peer.Say(kAck);
    socket = *stack().Accept(world.now(), *listener);
  }
  if (options.unread > 0) peer.Say(kAck | kPsh, Text(0, options.unread));
  if (options.unsent > 0 && !stack().Write(world.now(), *socket, Text(0, options.unsent)))
    Fail("no write");
  world.Poll();
  for (Seen& seen : world.TakeSegments()) last = std::move(seen);
}

void StageWorld::SendFin() {
  if (stack().Shutdown(world.now(), *socket, ShutdownHow::kWrite) != Errno::kOk)
    Fail("no shutdown");
  world.Poll();
}

void StageWorld::GoOnTo(Stage stage) {
  const bool peer_first = stage == Stage::kCloseWait || stage == Stage::kLastAck;
  const bool both = stage == Stage::kClosing;
  if (stage == Stage::kEstablished) return;
  if (peer_first) peer.Say(kFin | kAck);
  if (stage == Stage::kCloseWait) return;
  SendFin();
  if (both) peer.Say(kFin | kAck);
  if (both || stage == Stage::kFinWait1 || stage == Stage::kLastAck) return;
  peer.Hear(TheOne(kFin));
  peer.Say(stage == Stage::kTimeWait ? kFin | kAck : unsigned{kAck});
}

Owner OwnerOf(const Stack& stack, const Flow& flow) {
  const Tables& t = stack.tables();
  return FindFlow(t, t.TagOf(flow), flow).owner();
}

State StateOf(const Stack& stack, const Flow& flow) {
  const Tables& t = stack.tables();
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  switch (ref.owner()) {
    case Owner::kRequest: return State::kSynReceived;
    case Owner::kConnection: return t.connections[Slot<Connection>(ref.index())].state;
    case Owner::kTimeWait: return State::kTimeWait;
    case Owner::kNobody:
    case Owner::kListener: break;
  }
  return FindListener(t, flow.local, flow.local_port) ? State::kListen : State::kClosed;
}

}  // namespace handfast
