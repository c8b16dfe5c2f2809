// Two honest stacks understand each other, whatever their sizes are, and whatever the wire
// does as long as it does not do it for ever (I-19, I-20, I-53).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "harness/audit.h"
#include "harness/sim/duo.h"

namespace handfast {
namespace {

Config AnyConfig() {
  Config config = Duo::Options().configs[0];
  config.mtu = *rc::gen::inRange<uint32_t>(Config::kMinMtu, 1600);
  config.chunk_bytes = *rc::gen::inRange<uint32_t>(64, 2000);
  // A quarter of the pool holds a segment or two at least.
  config.chunks = 8 * config.mtu / config.chunk_bytes + *rc::gen::inRange<uint32_t>(2, 60);
  config.socket.receive_buffer = *rc::gen::inRange<uint32_t>(Config::kMinBuffer, 100'000);
  config.socket.send_buffer = *rc::gen::inRange<uint32_t>(Config::kMinBuffer, 20'000);
  config.socket.no_delay = *rc::gen::arbitrary<bool>();
  config.policy.timestamps = *rc::gen::arbitrary<bool>();
  config.policy.sack_permitted = *rc::gen::arbitrary<bool>();
  config.policy.window_scale = *rc::gen::arbitrary<bool>();
  // Patience: what is lost is lost by chance, a dozen times in a row if need be.
  config.policy.synack_retries = 12;
  config.policy.orphan_life = 24h;
  config.policy.ecn = *rc::gen::element(Ecn::kOff, Ecn::kAccept, Ecn::kRequest);
  return config;
}

Talk AnyTalk(Talk::Opening opening) {
  Talk talk;
  talk.opening = opening;
  talk.to_say = *rc::gen::inRange<uint64_t>(0, 12'000);
  talk.breath = *rc::gen::inRange<uint32_t>(100, 5000);
  talk.bite = *rc::gen::inRange<uint32_t>(100, 5000);
  talk.rest = *rc::gen::element<Duration>(0ns, 10ms, 150ms, 1s);
  return talk;
}

Duo::Options AnyOptions() {
  Duo::Options options;
  for (Config& config : options.configs) config = AnyConfig();
  const bool crossing = *rc::gen::inRange(0, 4) == 0;
  options.talks[0] = AnyTalk(Talk::Opening::kConnects);
  options.talks[1] = AnyTalk(crossing ? Talk::Opening::kConnects : Talk::Opening::kListens);
  options.seed = *rc::gen::inRange<uint64_t>(1, 1000);
  options.delay = *rc::gen::element<Duration>(0ns, 100us, 10ms, 300ms);
  return options;
}

RC_GTEST_PROP(ConversationProps, EveryOctetIsHeardOnceAndNothingIsLeft, ()) {
  Duo duo(AnyOptions());
  const auto fates =
      *rc::gen::container<std::vector<Duo::Fate>>(rc::gen::weightedElement<Duo::Fate>(
          {{6, Duo::Fate::kDelivered}, {2, Duo::Fate::kLost}, {1, Duo::Fate::kDoubled}}));
  duo.set_judge([fates](uint64_t number, size_t, Datagram&) {
    return number < fates.size() ? fates[number] : Duo::Fate::kDelivered;
  });
  while (duo.Step(30h))
    for (size_t i = 0; i < 2; ++i) RC_ASSERT(AuditText(duo.stack(i)) == "");
  RC_ASSERT(duo.Unfinished() == "");
}

// F-68, and no storms: without a loss, and with memory for all, only probes are repeated.
RC_GTEST_PROP(ConversationProps, OnAPerfectWireNothingTimesOut, ()) {
  Duo::Options options = AnyOptions();
  for (Config& config : options.configs) config.chunks = 300'000 / config.chunk_bytes;
  Duo duo(options);
  duo.Run(30h);
  RC_ASSERT(duo.Unfinished() == "");
  for (size_t i = 0; i < 2; ++i) {
    RC_ASSERT(duo.stack(i).counters()[Counter::kTcpExtTCPTimeouts] == 0u);
    RC_ASSERT(duo.stack(i).counters()[Counter::kTcpExtTCPFastRetrans] == 0u);
  }
}

}  // namespace
}  // namespace handfast
