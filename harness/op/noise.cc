#include "harness/op/noise.h"

#include "harness/op/compose.h"

namespace handfast {

void Noise::PlanCall() {
  constexpr uint8_t kCaller = 5;
  const unsigned options = OneIn(2) ? kWithMss | kWithStamps | kWithScale : 0u;
  Op answer = With(SayTo(kCaller, OneIn(3) ? 0u | kSyn : 0u | kSyn | kAck), options);
  if (OneIn(4)) answer.ts_ecr = static_cast<Stamp>(rng_.Below(kStampCount));
  for (const Op& op :
       {Call(Verb::kSocket, kCaller),
        Connect(kCaller, static_cast<uint8_t>(1 + rng_.Below(3)),
                static_cast<uint8_t>(rng_.Below(FlowName::kPorts))),
        answer, With(SayTo(kCaller, kAck), options & kWithStamps), Call(Verb::kClose, kCaller)})
    plan_.push_back(op);
}

void Noise::PlanLife() {
  constexpr uint8_t kListener = 0, kChild = 6;
  const auto peer = static_cast<uint8_t>(1 + rng_.Below(3));
  const unsigned stamps = OneIn(2) ? 0u | kWithStamps : 0u;
  const unsigned options = stamps | (OneIn(2) ? kWithMss | kWithScale : 0u);
  for (const Op& op : Listening(static_cast<int>(rng_.Below(4)))) plan_.push_back(op);
  if (OneIn(2)) return;
  for (const Op& op : {With(Say(peer, kSyn), options), With(Say(peer, kAck), stamps),
                       Accept(kListener, kChild), Call(Verb::kClose, kChild),
                       With(Say(peer, kFin | kAck), stamps)})
    plan_.push_back(op);
  constexpr int32_t kAway[] = {-1, 0, 1, 1000};
  if (OneIn(2)) plan_.push_back(Off(With(Say(peer, kFin | kAck), stamps), -1));
  if (OneIn(2)) plan_.push_back(Off(With(Say(peer, kSyn), options), kAway[rng_.Below(4)]));
}

Op Noise::Draw() {
  if (plan_.empty() && OneIn(30)) PlanCall();
  if (plan_.empty() && OneIn(30)) PlanLife();
  if (plan_.empty() || OneIn(4)) return DrawOp(rng_, habit_.Draw(rng_));
  const Op op = plan_.front();
  plan_.pop_front();
  return Normal(op);
}

Scenario Noise::Draw(size_t count) {
  Scenario scenario;
  while (scenario.size() < count) scenario.push_back(Draw());
  return scenario;
}

}  // namespace handfast
