// Flows are independent: in whichever order what happens to two of them happens, each ends
// where it would.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/abstract.h"
#include "harness/op/arbitrary.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

// Segments and ICMP messages of one peer, on one of its flows with port 80.
Scenario OpsOf(uint8_t peer) {
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  const auto count = *rc::gen::inRange(1, 8);
  SimRng rng(seed);
  Scenario ops;
  while (ops.size() < static_cast<size_t>(count)) {
    Op op = DrawOp(rng, rng.Chance(900) ? Verb::kSegment : Verb::kIcmp);
    op.fd = Op::kNoFd;
    op.flow = {peer, 0, 0};
    ops.push_back(Normal(op));
  }
  return ops;
}

// Both, each in its order.
Scenario Interleaved(const Scenario& a, const Scenario& b) {
  const auto turns =
      *rc::gen::container<std::vector<bool>>(a.size() + b.size(), rc::gen::arbitrary<bool>());
  Scenario both;
  size_t i = 0, j = 0;
  for (const bool first : turns)
    both.push_back(j == b.size() || (first && i < a.size()) ? a[i++] : b[j++]);
  return both;
}

void Listen(Play& play) {
  Op op;
  for (const Verb verb : {Verb::kSocket, Verb::kBind, Verb::kListen}) {
    op.verb = verb;
    op.amount = 3;
    play.Do(Normal(op));
  }
}

RC_GTEST_PROP(PermuteProps, FlowsDoNotMindOneAnother, ()) {
  const Scenario a = OpsOf(1), b = OpsOf(2);
  const Scenario orders[2] = {Interleaved(a, b), Interleaved(a, b)};
  Play plays[2] = {Play(), Play()};
  for (size_t i = 0; i < 2; ++i) {
    Listen(plays[i]);
    plays[i].Do(orders[i]);
  }
  for (const uint8_t peer : {uint8_t{1}, uint8_t{2}}) {
    const Flow flow{Addr::V4(10, 0, 0, 1), Play::AddrOf(peer), Play::HerePort(0),
                    Play::PeerPort(0)};
    RC_ASSERT(AbstractHash(plays[0].stack(), flow) == AbstractHash(plays[1].stack(), flow));
  }
}

}  // namespace
}  // namespace handfast
