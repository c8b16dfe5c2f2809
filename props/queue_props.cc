// Queues hold what they may, and every request has a beginning and one end.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/compose.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

void Check(const Play& play) {
  const Tables& t = play.stack().tables();
  for (uint32_t i = 0; i < t.listeners.high_water(); ++i) {
    const Slot<Listener> slot(i);
    if (!t.listeners.live(slot)) continue;
    const Listener& listener = t.listeners[slot];
    RC_ASSERT(listener.requests.size() <= play.stack().config().somaxconn + 1);
    RC_ASSERT(listener.children.size() <= play.stack().config().somaxconn + 1);
  }
  const Counters& counters = play.stack().counters();
  RC_ASSERT(counters[Counter::kHandfastRequestsOpened] ==
            counters[Counter::kHandfastRequestsCompleted] +
                counters[Counter::kHandfastRequestsReset] +
                counters[Counter::kHandfastRequestsTimedOut] +
                counters[Counter::kHandfastRequestsClosed] +
                counters[Counter::kHandfastRequestsUnreachable] + t.requests.used());
}

// I-01, I-02, I-06, SYNQ-01, ACPT-02: of a listener whose backlog stays, both queues hold one
// more than it says.
RC_GTEST_PROP(QueueProps, HoldOneMoreThanTheBacklog, ()) {
  const int backlog = *rc::gen::inRange(0, 4);
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  const auto count = *rc::gen::inRange(1, 60);
  Play play(*rc::gen::element<uint8_t>(0, 1, 3));
  play.Do(Listening(backlog));
  SimRng rng(seed);
  size_t fullest = 0;
  for (int i = 0; i < count; ++i) {
    const auto peer = static_cast<uint8_t>(1 + rng.Below(3));
    const auto port = static_cast<uint8_t>(rng.Below(4));
    constexpr unsigned kLikely[] = {kSyn, kSyn, kAck, kAck, kRst, kAck | kPsh};
    Op op = Say(peer, kLikely[rng.Below(std::size(kLikely))], port);
    if (rng.Chance(150)) op = Accept(0, static_cast<uint8_t>(1 + rng.Below(7)));
    if (rng.Chance(50)) op = Wait(static_cast<int32_t>(rng.Below(4000)));
    play.Do(Normal(op));
    Check(play);
    const auto status = play.stack().Status(play.descriptor(0).listener);
    RC_ASSERT(static_cast<bool>(status));
    RC_ASSERT(status->syn_queue <= static_cast<uint32_t>(backlog) + 1);
    RC_ASSERT(status->accept_queue <= static_cast<uint32_t>(backlog) + 1);
    fullest = std::max<size_t>(fullest, status->accept_queue);
  }
  RC_CLASSIFY(fullest == static_cast<size_t>(backlog) + 1, "a full accept queue");
  RC_ASSERT(play.wrong() == "");
}

RC_GTEST_PROP(QueueProps, EveryRequestHasOneEnd, (const AnyScenario& any)) {
  // A restart forgets what was counted.
  Play play(any.setup);
  for (const Op& op : any.ops) {
    if (op.verb == Verb::kRestart || op.verb == Verb::kRestore) continue;
    play.Do(op);
    Check(play);
  }
}

}  // namespace
}  // namespace handfast
