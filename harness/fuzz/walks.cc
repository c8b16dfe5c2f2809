#include "harness/fuzz/walks.h"

#include <iterator>

#include "harness/op/compose.h"
#include "harness/op/noise.h"

namespace handfast {
namespace {

Scenario Then(Scenario scenario, const Scenario& more) {
  scenario.insert(scenario.end(), more.begin(), more.end());
  return scenario;
}

Op AckOfOld(Op op) {
  op.ack = Base::kEdge;
  return op;
}

Op Stamped(Op op, unsigned stamps) {
  op.options = static_cast<uint8_t>(op.options | stamps);
  return op;
}

Op Shut(uint8_t fd) {
  Op op = Call(Verb::kShutdown, fd);
  op.mode = 1;
  return op;
}

// The ways to each state: passively as B's flow to our port 80, whose socket is 1; actively
// as socket 1 to B. With timestamps, or without.
std::vector<Scenario> Ways(unsigned stamps) {
  const unsigned options = stamps != 0 ? kWithMss | stamps : 0u;
  const auto say = [stamps](unsigned flags) { return Stamped(Say(1, flags), stamps); };
  const Scenario listening = Listening(1);
  const Scenario asked = Then(listening, {With(Say(1, kSyn), options)});
  const Scenario open = Then(asked, {say(kAck), Accept(0, 1)});
  const Scenario fin_wait1 = Then(open, {Shut(1)});
  const Scenario fin_wait2 = Then(fin_wait1, {say(kAck)});
  const Scenario close_wait = Then(open, {say(kFin | kAck)});
  const Scenario syn_sent = {Call(Verb::kSocket, 1), Connect(1, 1, 0)};
  const Scenario crossed = Then(syn_sent, {With(SayTo(1, kSyn), options)});
  Op text = say(kAck | kPsh);
  text.length = 512;
  const Op other_syn = Say(2, kSyn);
  return {{},
          listening,
          Then(Listening(0), {other_syn}),
          Then(Listening(0), {other_syn, Say(2, kAck)}),
          asked,
          Then(asked, {other_syn, Call(Verb::kListen, 0, 0), Say(2, kAck)}),
          Then(asked, {Wait(1000)}),
          open,
          Then(open, {Count(Verb::kWrite, 10, 1)}),
          Then(open, {Count(Verb::kWrite, 10, 1), Wait(400)}),
          Then(open, {Count(Verb::kWrite, 3000, 1)}),
          fin_wait1,
          fin_wait2,
          Then(fin_wait2, {text}),
          close_wait,
          Then(close_wait, {Count(Verb::kWrite, 10, 1)}),
          Then(close_wait, {Shut(1)}),
          Then(fin_wait1, {AckOfOld(say(kFin | kAck))}),
          Then(fin_wait2, {say(kFin | kAck)}),
          Then(close_wait, {Shut(1), say(kAck)}),
          syn_sent,
          Then(syn_sent, {Wait(1000)}),
          crossed,
          Then(crossed, {say(kAck)}),
          Then(listening, {Call(Verb::kClose, 0)})};
}

void AddSegments(std::vector<Op>& events, unsigned stamps) {
  constexpr unsigned kFlags[] = {kSyn,        kSyn | kAck, kAck, kAck | kPsh,
                                 kFin | kAck, kRst,        kPsh, kRst | kAck};
  constexpr int32_t kSeqs[] = {0, 1, -1, -100, 1000, 70'000};
  constexpr int32_t kAcks[] = {0, -1, 1, 100'000, -100'000};
  constexpr Stamp kStamps[] = {Stamp::kFresh, Stamp::kOld, Stamp::kAncient};
  for (const unsigned flags : kFlags)
    for (const int32_t seq : kSeqs)
      for (const int32_t ack : kAcks)
        for (const Stamp stamp : kStamps) {
          if (((flags & kAck) == 0 && ack != 0) || (stamps == 0 && stamp != Stamp::kFresh))
            continue;
          Op op = Off(Stamped(Say(1, flags), stamps), seq, ack);
          op.length = (flags & (kPsh | kSyn)) == 0 ? 0 : flags == kSyn ? 0 : 10;
          op.ts_val = stamp;
          events.push_back(op);
          if (ack == 0) events.push_back(AckOfOld(op));
          op.ts_val = Stamp::kFresh;
          op.ts_ecr = stamp == Stamp::kAncient ? Stamp::kFuture : stamp;
          events.push_back(op);
        }
}

std::vector<Op> Events(unsigned stamps) {
  std::vector<Op> events;
  AddSegments(events, stamps);
  constexpr unsigned kUsual[] = {kAck, kAck | kPsh, kFin | kAck};
  for (const unsigned flags : kUsual) {
    for (const unsigned with : {0u, stamps})
      for (const uint16_t length : {uint16_t{0}, uint16_t{512}}) {
        events.push_back(Stamped(Say(1, flags), with));
        events.back().length = length;
      }
  }
  for (uint8_t kind = 0; kind < kIcmpKindCount; ++kind) {
    Op icmp = Call(Verb::kIcmp, Op::kNoFd);
    icmp.flow.peer = 1;
    icmp.mode = kind;
    icmp.seq = Base::kEdge;
    icmp.window = 600;
    events.push_back(icmp);
  }
  Op ping = Count(Verb::kPing, 8);
  ping.flow.peer = 1;
  events.push_back(ping);
  for (const Op& op : {Count(Verb::kDeadline, 1), Count(Verb::kDeadline, 8), Wait(400'000),
                       Call(Verb::kClose, 1), Call(Verb::kAbort, 1), Call(Verb::kClose, 0),
                       Count(Verb::kWrite, 100, 1), Count(Verb::kRead, 1000, 1)})
    events.push_back(op);
  for (uint8_t option = 0; option < kOptionToSetCount; ++option) {
    events.push_back(Call(Verb::kSetOption, 1, 1000));
    events.back().mode = option;
  }
  for (uint8_t harm = 1; harm < kHarmCount; ++harm) {
    Op op = Say(1, harm % 2 == 0 ? kSyn : kAck);
    op.harm = static_cast<Harm>(harm);
    events.push_back(op);
  }
  return events;
}

}  // namespace

std::vector<OpInput> StateWalks() {
  std::vector<OpInput> walks;
  for (uint8_t setup = 0; setup < kSetups; ++setup)
    for (const unsigned stamps : {0u, 0u | kWithStamps}) {
      const std::vector<Op> events = Events(stamps);
      for (const Scenario& way : Ways(stamps)) {
        const bool active = !way.empty() && way[0].fd == 1;
        for (Op event : events) {
          if (active && event.fd == Op::kNoFd) event.fd = 1;
          event = Normal(event);
          walks.push_back({setup, Then(way, {event})});
          walks.push_back({setup, Then(way, {event, event})});
        }
      }
    }
  return walks;
}

std::vector<OpInput> MixedWalks(uint64_t count) {
  const unsigned stamps[] = {0, kWithStamps};
  const std::vector<Op> events[] = {Events(stamps[0]), Events(stamps[1])};
  const std::vector<Scenario> ways[] = {Ways(stamps[0]), Ways(stamps[1])};
  std::vector<OpInput> walks;
  for (uint64_t seed = 0; seed < count; ++seed) {
    SimRng rng(seed);
    const size_t kind = rng.Below(2);
    Scenario ops = ways[kind][rng.Below(ways[kind].size())];
    const bool active = !ops.empty() && ops[0].fd == 1;
    for (uint64_t more = 2 + rng.Below(3); more > 0; --more) {
      Op event = events[kind][rng.Below(events[kind].size())];
      if (active && event.fd == Op::kNoFd) event.fd = 1;
      ops.push_back(Normal(event));
    }
    walks.push_back({static_cast<uint8_t>(seed % kSetups), std::move(ops)});
  }
  return walks;
}

std::vector<OpInput> RandomWalks(uint64_t count, size_t most_ops) {
  std::vector<OpInput> walks;
  for (uint64_t seed = 0; seed < count; ++seed)
    walks.push_back({static_cast<uint8_t>(seed % kSetups), Noise(seed).Draw(most_ops)});
  return walks;
}

std::vector<OpInput> DuelWalks(uint64_t count) {
  constexpr Verb kMoves[] = {Verb::kDeliver, Verb::kDeliver, Verb::kDeliver,  Verb::kLose,
                             Verb::kDouble,  Verb::kDelay,   Verb::kCorrupt,  Verb::kWrite,
                             Verb::kRead,    Verb::kWait,    Verb::kDeadline, Verb::kShutdown,
                             Verb::kClose,   Verb::kAbort,   Verb::kRefuse};
  Op bind = OfPeer(Call(Verb::kBind, 3));
  bind.flow.here = 2;  // port 80
  std::vector<OpInput> walks;
  for (uint64_t seed = 0; seed < count; ++seed) {
    SimRng rng(seed);
    Scenario ops;
    if (rng.Chance(500))
      ops = Then(Listening(1), {OfPeer(Call(Verb::kSocket, 1)), OfPeer(Call(Verb::kConnect, 1)),
                                Count(Verb::kDeliver, 1), Count(Verb::kDeliver, 1),
                                Count(Verb::kDeliver, 1), Accept(0, 1)});
    else
      ops = {OfPeer(Call(Verb::kSocket, 3)),
             bind,
             OfPeer(Call(Verb::kListen, 3, 2)),
             Call(Verb::kSocket, 1),
             Connect(1, 0, 2),
             Count(Verb::kDeliver, 1),
             Count(Verb::kDeliver, 1),
             Count(Verb::kDeliver, 1),
             OfPeer(Accept(3, 1))};
    for (uint64_t more = 5 + rng.Below(15); more > 0; --more) {
      Op op = DrawOp(rng, kMoves[rng.Below(std::size(kMoves))]);
      if ((op.verb >= Verb::kRead && op.verb <= Verb::kAbort)) op.fd = 1;
      ops.push_back(Normal(op));
    }
    walks.push_back({static_cast<uint8_t>(seed % kSetups), std::move(ops)});
  }
  return walks;
}

}  // namespace handfast
