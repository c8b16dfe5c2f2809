#include "harness/op/noise.h"

#include "harness/op/compose.h"

namespace handfast {
namespace {

struct Weight {
  Verb verb;
  uint32_t weight;
};

// A restart is too rare a thing to be left to noise.
constexpr Weight kWeights[] = {
    {Verb::kSegment, 90},  {Verb::kWait, 20},    {Verb::kConnect, 12}, {Verb::kAccept, 10},
    {Verb::kSocket, 8},    {Verb::kListen, 8},   {Verb::kDeliver, 8},  {Verb::kDeadline, 8},
    {Verb::kClose, 7},     {Verb::kBind, 6},     {Verb::kReplay, 6},   {Verb::kIcmp, 6},
    {Verb::kSetOption, 5}, {Verb::kRead, 4},     {Verb::kWrite, 4},    {Verb::kTakeError, 4},
    {Verb::kShutdown, 3},  {Verb::kAbort, 3},    {Verb::kJump, 3},     {Verb::kExhaust, 3},
    {Verb::kCorrupt, 2},   {Verb::kInterest, 1}, {Verb::kEvents, 1},   {Verb::kArp, 1},
    {Verb::kPing, 1},      {Verb::kLose, 1},     {Verb::kDouble, 1},   {Verb::kDelay, 1},
    {Verb::kRefuse, 1},    {Verb::kRekey, 1},    {Verb::kSnapshot, 1}, {Verb::kRestore, 1},
    {Verb::kCopy, 1}};

constexpr uint32_t kAllWeights = [] {
  uint32_t all = 0;
  for (const Weight& row : kWeights) all += row.weight;
  return all;
}();

}  // namespace

Verb Noise::DrawVerb() {
  auto at = static_cast<uint32_t>(rng_.Below(kAllWeights));
  for (const auto& [verb, weight] : kWeights) {
    if (at < weight) return verb;
    at -= weight;
  }
  return Verb::kWait;
}

int32_t Noise::DrawAmount(Verb verb) {
  if (verb == Verb::kWait || verb == Verb::kJump)
    return Of({1, 7, 8, 40, 100, 499, 500, 501, 999, 1000, 1001, 2000, 3000, 7000, 60000});
  if (verb == Verb::kSetOption)
    return Of({0, 1, 100, 255, 256, 500, 2500, 5000, 65535, 65536, 70001, 131072, -1});
  if (verb == Verb::kCorrupt) return static_cast<int32_t>(rng_.Below(480));
  return Below(4);
}

int32_t Noise::DrawDelta() {
  if (!OneIn(3)) return 0;
  return Of({1, -1, 2, -2, 10, -10, 100, -100, 511, 512, 535, 16059, 16060, 15928, 65160, 65535,
             -65536, INT32_MIN, INT32_MAX});
}

void Noise::DrawSegment(Op& op) {
  op.mode = static_cast<uint8_t>(
      Of({0x02, 0x02, 0x02, 0x02, 0x10, 0x10, 0x10, 0x10, 0x12, 0x12, 0x12, 0x04,
          0x14, 0x18, 0x11, 0x19, 0xc2, 0x03, 0x06, 0x16, 0x00, 0x08, 0x01, 0x52}));
  if (OneIn(12)) op.mode = Below(256);
  op.length = static_cast<uint16_t>(OneIn(6) ? Of({1, 5, 10, 536, 1460}) : 0);
  const bool syn = (op.mode & 0x02) != 0;
  op.options = static_cast<uint8_t>(syn ? Of({0, 1, 15, 15, 15, 7, 5, 9}) : Of({0, 4, 4}));
  if (OneIn(10)) op.options = Below(256);
  op.scale = Below(16);
  op.mss = static_cast<uint16_t>(Of({0, 1, 88, 536, 1460, 9000}));
  if (OneIn(4)) op.ts_val = static_cast<Stamp>(Below(kStampCount));
  if (OneIn(4)) op.ts_ecr = static_cast<Stamp>(Below(kStampCount));
  if (OneIn(20)) op.harm = static_cast<Harm>(Below(kHarmCount));
}

void Noise::PlanLife() {
  constexpr uint8_t kListener = 0, kChild = 6;
  const auto peer = static_cast<uint8_t>(1 + Below(3));
  const unsigned stamps = OneIn(2) ? 0u | kWithStamps : 0u;
  const unsigned options = stamps | static_cast<unsigned>(Of({0, kWithMss, kWithScale}));
  for (const Op& op : Listening(Below(4))) plan_.push_back(op);
  if (OneIn(2)) return;
  for (const Op& op : {With(Say(peer, kSyn), options), With(Say(peer, kAck), stamps),
                       Accept(kListener, kChild), Call(Verb::kClose, kChild),
                       With(Say(peer, kFin | kAck), stamps)})
    plan_.push_back(op);
  if (OneIn(2)) plan_.push_back(Off(With(Say(peer, kFin | kAck), stamps), -1));
  if (OneIn(2)) plan_.push_back(Off(With(Say(peer, kSyn), options), Of({-1, 0, 1, 1000})));
}

Op Noise::Draw() {
  if (plan_.empty() && OneIn(20)) PlanLife();
  if (plan_.empty() || OneIn(4)) return DrawOp();
  const Op op = plan_.front();
  plan_.pop_front();
  return Normal(op);
}

Op Noise::DrawOp() {
  Op op;
  op.verb = DrawVerb();
  op.honest = OneIn(4);
  op.fd = Below(5);
  op.other_fd = Below(8);
  op.flow.peer = OneIn(9) ? uint8_t{0} : static_cast<uint8_t>(1 + Below(3));
  if (op.verb == Verb::kConnect || OneIn(2)) op.flow.peer_port = Below(4);
  if (OneIn(3)) op.flow.here = Below(4);
  op.mode = Below(40);
  op.length = Below(4);
  if (op.verb == Verb::kRead || op.verb == Verb::kWrite)
    op.length = static_cast<uint16_t>(rng_.Below(2000));
  op.amount = DrawAmount(op.verb);
  if (op.verb == Verb::kSegment || op.verb == Verb::kIcmp) {
    if (!OneIn(3)) op.fd = Op::kNoFd;
    if (OneIn(5)) op.seq = static_cast<Base>(Below(4));
    if (OneIn(5)) op.ack = static_cast<Base>(Below(4));
    op.seq_delta = DrawDelta();
    op.ack_delta = DrawDelta();
    op.window = static_cast<uint16_t>(OneIn(2) ? 65535 : rng_.Below(1500));
  }
  if (op.verb == Verb::kSegment) DrawSegment(op);
  return Normal(op);
}

Scenario Noise::Draw(size_t count) {
  Scenario scenario;
  while (scenario.size() < count) scenario.push_back(Draw());
  return scenario;
}

}  // namespace handfast
