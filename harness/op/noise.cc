#include "harness/op/noise.h"

#include <iterator>

#include "harness/op/compose.h"
#include "harness/op/fields.h"

namespace handfast {

void Noise::PlanCall() {
  constexpr uint8_t kCaller = 5;
  const unsigned options = OneIn(2) ? kWithMss | kWithStamps | kWithScale : 0u;
  Op answer = With(SayTo(kCaller, OneIn(3) ? 0u | kSyn : 0u | kSyn | kAck), options);
  if (OneIn(4)) answer.ts_ecr = static_cast<Stamp>(rng_.Below(kStampCount));
  for (const Op& op : {Call(Verb::kSocket, kCaller),
                       Connect(kCaller, static_cast<uint8_t>(1 + rng_.Below(3)),
                               static_cast<uint8_t>(rng_.Below(FlowName::kPorts))),
                       answer})
    plan_.push_back(op);
  const bool hangs_up = OneIn(4);
  if (hangs_up) plan_.push_back(Call(Verb::kClose, kCaller));
  Op last = With(SayTo(kCaller, kAck), options & kWithStamps);
  if (OneIn(3)) {  // the peer repeats its SYN, as it does when SYNs cross
    last = With(SayTo(kCaller, kSyn | kAck), options);
    last.seq = Base::kFirst;
  }
  plan_.push_back(last);
  if (!hangs_up) plan_.push_back(Call(Verb::kClose, kCaller));
}

// More than the queues of a listener hold: all knock, then all are answered.
void Noise::PlanCrowd() {
  const unsigned options = OneIn(2) ? kWithMss | kWithStamps | kWithScale : 0u;
  for (const Op& op : Listening(static_cast<int>(rng_.Below(2)))) plan_.push_back(op);
  for (const unsigned flags : {0u | kSyn, 0u | kAck})
    for (uint8_t peer = 1; peer < FlowName::kPeers; ++peer) {
      const unsigned said = flags == kSyn ? options : options & kWithStamps;
      plan_.push_back(With(Say(peer, flags), said));
      if (OneIn(6)) plan_.push_back(Accept(0, peer));
    }
  if (OneIn(2)) plan_.push_back(Accept(0, 1));
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

// What happens to an open connection: text with gaps and overlaps, ACKs of before, words of
// our user, and a claim about the path. Text begins up to so many octets beyond RCV.NXT.
Op Noise::DrawPart(uint8_t fd, unsigned stamps, uint64_t reach) {
  const uint64_t kind = rng_.Below(12);
  if (kind == 0) return Count(Verb::kWrite, static_cast<uint16_t>(1 + rng_.Below(3000)), fd);
  if (kind == 1) return Count(Verb::kRead, static_cast<uint16_t>(1 + rng_.Below(100)), fd);
  if (kind == 2) {
    const auto back = static_cast<int32_t>(OneIn(2) ? rng_.Below(70'000) : rng_.Below(12));
    return Off(With(SayTo(fd, kAck | kPsh), stamps), 0, -back);
  }
  if (kind == 3) {
    Op icmp = Call(Verb::kIcmp, fd);
    icmp.mode = static_cast<uint8_t>(IcmpKind::kFragmentationNeeded);
    icmp.seq = Base::kEdge;
    icmp.window = static_cast<uint16_t>(rng_.Below(1500));
    return icmp;
  }
  Op text = With(SayTo(fd, kAck | kPsh), stamps);
  text.seq_delta = static_cast<int32_t>(rng_.Below(reach)) - (OneIn(4) ? 4 : 0);
  text.length = static_cast<uint16_t>(OneIn(2) ? 1 : 1 + rng_.Below(12));
  if (OneIn(8)) text.ts_val = static_cast<Stamp>(rng_.Below(kStampCount));
  return text;
}

void Noise::PlanStream() {
  constexpr uint8_t kListener = 0, kChild = 4;
  const auto peer = static_cast<uint8_t>(1 + rng_.Below(3));
  const unsigned stamps = OneIn(2) ? 0u | kWithStamps : 0u;
  for (const Op& op : Listening()) plan_.push_back(op);
  Op buffer = Call(Verb::kSetOption, kListener, 200'000);
  buffer.mode = static_cast<uint8_t>(OptionToSet::kReceiveBuffer);
  if (OneIn(3)) plan_.push_back(buffer);  // its windows are scaled
  const unsigned options = stamps | kWithMss | (OneIn(2) ? 0u | kWithScale : 0u);
  for (const Op& op : {With(Say(peer, kSyn), options), With(Say(peer, kAck), stamps),
                       Accept(kListener, kChild)})
    plan_.push_back(op);
  buffer.fd = kChild;
  buffer.amount = 512;
  if (OneIn(3)) plan_.push_back(buffer);
  constexpr uint64_t kReaches[] = {8, 80, 3000};
  const uint64_t reach = kReaches[rng_.Below(std::size(kReaches))];
  for (uint64_t left = rng_.Within(4, 48); left > 0; --left)
    plan_.push_back(DrawPart(kChild, stamps, reach));
  if (OneIn(4)) {
    plan_.push_back(Wait(kLongestWait - 1));
    Op late = With(SayTo(kChild, kAck | kPsh), stamps);
    late.ts_val = OneIn(2) ? Stamp::kOld : Stamp::kAncient;
    plan_.push_back(late);
  }
  if (OneIn(2)) plan_.push_back(Call(Verb::kClose, kChild));
}

Op Noise::Draw() {
  if (plan_.empty() && OneIn(30)) PlanCall();
  if (plan_.empty() && OneIn(30)) PlanLife();
  if (plan_.empty() && OneIn(60)) PlanCrowd();
  if (plan_.empty() && OneIn(60)) PlanStream();
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
