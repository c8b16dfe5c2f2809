#include "harness/op/draw.h"

#include <algorithm>
#include <iterator>

#include "harness/op/fields.h"
#include "stack/wire/tcp_view.h"

namespace handfast {
namespace {

template <typename T, size_t kCount>
T OneOf(SimRng& rng, const T (&values)[kCount]) {
  return values[rng.Below(kCount)];
}

uint32_t UsualWeight(Verb verb) {
  switch (verb) {
    case Verb::kSegment: return 40;
    case Verb::kDeliver: return 10;
    case Verb::kAccept:
    case Verb::kWait:
    case Verb::kDeadline: return 6;
    case Verb::kRead:
    case Verb::kWrite:
    case Verb::kConnect:
    case Verb::kClose:
    case Verb::kIcmp: return 4;
    case Verb::kSocket:
    case Verb::kBind:
    case Verb::kListen:
    case Verb::kShutdown:
    case Verb::kAbort:
    case Verb::kReplay: return 3;
    case Verb::kRestart: return 1;
    default: return 2;
  }
}

// Sizes of buffers and segments, and their neighbours.
constexpr int32_t kSizes[] = {0,    1,    2,    10,   100,   216,   255,   256,
                              512,  535,  536,  1023, 1024,  1399,  1400,  1459,
                              1460, 1461, 2920, 4096, 16060, 16384, 20000, 65535};

// Buffers around where windows have to be scaled.
constexpr int32_t kBuffers[] = {65535, 65536, 65537, 131'072, 200'000, 1 << 20, 1 << 30};

constexpr int32_t kWaits[] = {0,     1,     10,     39,     40,       41,    100,   199,
                              200,   201,   499,    500,    999,      1000,  1001,  1999,
                              2000,  3000,  3001,   7000,   15000,    31000, 59999, 60000,
                              60001, 63000, 120000, 127000, 7'200'000};

int32_t DrawDelta(SimRng& rng) {
  constexpr int32_t kFar[] = {INT32_MIN,     INT32_MIN + 1, INT32_MAX,
                              INT32_MAX - 1, 0x4000'0000,   -0x4000'0000,
                              0x1'0000,      -0x1'0000,     0xffff};
  const uint64_t kind = rng.Below(10);
  if (kind < 5) return 0;
  if (kind == 9) return OneOf(rng, kFar);
  const int32_t near = kind < 7 ? static_cast<int32_t>(rng.Below(3)) : OneOf(rng, kSizes);
  return rng.Chance(500) ? near : -near;
}

uint16_t DrawLength(SimRng& rng, Verb verb) {
  const uint16_t most = MostOf(verb);
  // Places in queues, and counts.
  if (most <= 63) return static_cast<uint16_t>(rng.Below(rng.Chance(900) ? 4 : most + 1u));
  if (verb == Verb::kSegment && rng.Chance(500)) return 0;
  return static_cast<uint16_t>(std::min<int32_t>(OneOf(rng, kSizes), most));
}

int32_t DrawAmount(SimRng& rng, Verb verb) {
  constexpr int32_t kBacklogs[] = {0, 1, 1, 2, 3, 5, 128, -1};
  if (verb == Verb::kWait || verb == Verb::kJump) return OneOf(rng, kWaits);
  if (verb == Verb::kListen) return OneOf(rng, kBacklogs);
  if (verb == Verb::kSetOption && rng.Chance(200)) return OneOf(rng, kBuffers);
  if (verb == Verb::kSetOption) return rng.Chance(900) ? OneOf(rng, kSizes) : DrawDelta(rng);
  return static_cast<int32_t>(rng.Below(4096));
}

unsigned DrawFlags(SimRng& rng) {
  constexpr unsigned kUsual[] = {kSyn, kSyn,        kAck,        kAck,
                                 kAck, kAck | kPsh, kAck | kPsh, kAck | kFin,
                                 kRst, kRst | kAck, kSyn | kAck, kSyn | kEce | kCwr};
  return rng.Chance(900) ? OneOf(rng, kUsual) : static_cast<unsigned>(rng.Below(256));
}

uint8_t DrawOptions(SimRng& rng, unsigned flags) {
  constexpr uint8_t kOfSyn[] = {0, kWithMss, kWithMss,
                                kWithMss | kWithSackPermitted | kWithStamps | kWithScale,
                                kWithMss | kWithScale};
  constexpr uint8_t kLater[] = {0, 0, 0, kWithStamps, kWithStamps, kWithStamps | kWithSack};
  if (rng.Chance(50)) return static_cast<uint8_t>(rng.Below(256));
  return (flags & kSyn) != 0 ? OneOf(rng, kOfSyn) : OneOf(rng, kLater);
}

uint8_t DrawMode(SimRng& rng, Verb verb) {
  if (verb == Verb::kSegment) return static_cast<uint8_t>(DrawFlags(rng));
  return static_cast<uint8_t>(rng.Below(ModesOf(verb)));
}

Base DrawBase(SimRng& rng) {
  return rng.Chance(800) ? Base::kNext : static_cast<Base>(rng.Below(4));
}

Stamp DrawStamp(SimRng& rng) {
  return rng.Chance(700) ? Stamp::kFresh : static_cast<Stamp>(rng.Below(kStampCount));
}

uint16_t DrawWindow(SimRng& rng) {
  return rng.Chance(500) ? uint16_t{65535} : static_cast<uint16_t>(OneOf(rng, kSizes));
}

// The low numbers most of the time, so that ops meet.
uint8_t DrawFd(SimRng& rng) {
  return static_cast<uint8_t>(rng.Below(rng.Chance(900) ? 3 : Op::kFds));
}

FlowName DrawFlow(SimRng& rng) {
  const auto low = [&rng](uint64_t count) {
    return static_cast<uint8_t>(rng.Chance(800) ? 0 : rng.Below(count));
  };
  FlowName flow;
  flow.peer = rng.Chance(700) ? uint8_t{1} : static_cast<uint8_t>(rng.Below(FlowName::kPeers));
  flow.peer_port = rng.Chance(700) ? static_cast<uint8_t>(rng.Below(2)) : low(FlowName::kPorts);
  flow.here = low(FlowName::kHere);
  return flow;
}

// Redraws the field with this number, of those that there are.
constexpr uint64_t kFieldCount = 17;
void Redraw(SimRng& rng, Op& op, uint64_t field) {
  switch (field) {
    case 0: op.honest = rng.Chance(500); break;
    case 1:
      op.fd = (FieldsOf(op.verb) & kFdOrFlow) != 0 && rng.Chance(700) ? Op::kNoFd : DrawFd(rng);
      break;
    case 2: op.other_fd = DrawFd(rng); break;
    case 3: op.flow = DrawFlow(rng); break;
    case 4: op.mode = DrawMode(rng, op.verb); break;
    case 5: op.length = DrawLength(rng, op.verb); break;
    case 6: op.amount = DrawAmount(rng, op.verb); break;
    case 7: op.seq = DrawBase(rng); break;
    case 8: op.seq_delta = DrawDelta(rng); break;
    case 9: op.ack = DrawBase(rng); break;
    case 10: op.ack_delta = DrawDelta(rng); break;
    case 11: op.window = DrawWindow(rng); break;
    case 12: op.options = DrawOptions(rng, op.mode); break;
    case 13:
      op.scale = static_cast<uint8_t>(rng.Chance(900) ? rng.Below(16) : rng.Below(256));
      break;
    case 14: (rng.Chance(500) ? op.ts_val : op.ts_ecr) = DrawStamp(rng); break;
    case 15: op.mss = static_cast<uint16_t>(OneOf(rng, kSizes)); break;
    default:
      op.harm = rng.Chance(950) ? Harm::kNone : static_cast<Harm>(rng.Below(kHarmCount));
      break;
  }
}

Op Make(Verb verb, uint8_t fd = 0) {
  Op op;
  op.verb = verb;
  op.fd = fd;
  return op;
}

Op Amount(Op op, int32_t amount) {
  op.amount = amount;
  return op;
}

Op Length(Op op, uint16_t length) {
  op.length = length;
  return op;
}

Op OfPeer(Op op) {
  op.honest = true;
  return op;
}

// Of B, with the options that a SYN has.
Op Segment(unsigned flags, uint8_t options) {
  Op op = Make(Verb::kSegment, Op::kNoFd);
  op.flow.peer = 1;
  op.mode = static_cast<uint8_t>(flags);
  op.window = 65535;
  op.options = options;
  op.mss = 1460;
  op.scale = 7;
  return Normal(op);
}

Op Accept(uint8_t child) {
  Op op = Make(Verb::kAccept);
  op.other_fd = child;
  return op;
}

void Append(Scenario& scenario, std::initializer_list<Op> ops) {
  scenario.insert(scenario.end(), ops);
}

void AppendHandshakeOfPeer(Scenario& scenario, SimRng& rng) {
  Append(scenario, {OfPeer(Make(Verb::kSocket)), OfPeer(Make(Verb::kConnect))});
  for (uint64_t arrived = rng.Below(4); arrived > 0; --arrived)
    scenario.push_back(Length(Make(Verb::kDeliver), 1));
  if (rng.Chance(700)) scenario.push_back(Accept(1));
}

void AppendHandshakeOfStranger(Scenario& scenario, SimRng& rng) {
  const uint8_t options = DrawOptions(rng, kSyn);
  Op syn = Segment(kSyn, options);
  if (rng.Chance(300)) {  // near the wrap
    syn.seq = Base::kZero;
    syn.seq_delta = -1 - static_cast<int32_t>(rng.Below(3000));
  }
  scenario.push_back(syn);
  if (rng.Chance(200)) return;
  scenario.push_back(Segment(kAck, options & kWithStamps));
  if (!rng.Chance(700)) return;
  scenario.push_back(Accept(1));
  if (!rng.Chance(200)) return;
  // To TIME-WAIT, and maybe the next SYN.
  Append(scenario, {Make(Verb::kClose, 1), Segment(kFin | kAck, options & kWithStamps)});
  if (rng.Chance(500)) return;
  Op again = Segment(kSyn, options);
  again.seq_delta = DrawDelta(rng);
  scenario.push_back(again);
}

}  // namespace

Habit::Habit(SimRng& rng) {
  for (uint8_t i = 0; i < kVerbCount; ++i) {
    const uint32_t usual = UsualWeight(static_cast<Verb>(i));
    weights_[i] = rng.Chance(350) ? 0 : rng.Chance(200) ? 4 * usual : usual;
  }
  // Nothing but silence would be dull.
  uint32_t& segments = weights_[static_cast<size_t>(Verb::kSegment)];
  uint32_t& deliveries = weights_[static_cast<size_t>(Verb::kDeliver)];
  if (segments + deliveries == 0) segments = UsualWeight(Verb::kSegment);
  for (const uint32_t weight : weights_) all_ += weight;
}

Verb Habit::Draw(SimRng& rng) const {
  uint64_t ticket = rng.Below(all_);
  for (uint8_t i = 0; i < kVerbCount; ++i) {
    if (ticket < weights_[i]) return static_cast<Verb>(i);
    ticket -= weights_[i];
  }
  return Verb::kSegment;
}

Op DrawOp(SimRng& rng, Verb verb) {
  Op op;
  op.verb = verb;
  for (uint64_t field = 0; field < kFieldCount; ++field) Redraw(rng, op, field);
  op.honest = rng.Chance(250);
  return Normal(op);
}

Op RedrawField(SimRng& rng, Op op) {
  const Op before = op;
  constexpr int kMostTries = 20;
  for (int i = 0; i < kMostTries && op == before; ++i) {
    Redraw(rng, op, rng.Below(kFieldCount));
    op = Normal(op);
  }
  return op;
}

Scenario DrawBeginning(SimRng& rng) {
  Scenario scenario;
  if (rng.Chance(100)) return scenario;
  if (rng.Chance(200)) {
    Op connect = Make(Verb::kConnect, 2);
    connect.flow = {rng.Chance(500) ? uint8_t{0} : uint8_t{1}, 2, 0};
    Append(scenario, {OfPeer(Make(Verb::kSocket, 3)), OfPeer(Make(Verb::kBind, 3)),
                      Make(Verb::kSocket, 2), connect});
    scenario[1].flow.here = 2;  // port 80
    scenario.push_back(OfPeer(Amount(Make(Verb::kListen, 3), 2)));
    return scenario;
  }
  Append(scenario, {Make(Verb::kSocket), Make(Verb::kBind),
                    Amount(Make(Verb::kListen), DrawAmount(rng, Verb::kListen))});
  if (rng.Chance(600)) AppendHandshakeOfStranger(scenario, rng);
  if (rng.Chance(400)) AppendHandshakeOfPeer(scenario, rng);
  return scenario;
}

Scenario DrawScenario(SimRng& rng, size_t most) {
  Scenario scenario = DrawBeginning(rng);
  const Habit habit(rng);
  for (uint64_t count = rng.Below(most + 1); count > 0; --count)
    scenario.push_back(DrawOp(rng, habit.Draw(rng)));
  return scenario;
}

}  // namespace handfast
