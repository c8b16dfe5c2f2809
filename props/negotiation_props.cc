// The algebra of options: what is agreed is what both want, and the same at both ends.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "harness/sim/duo.h"
#include "harness/world.h"

namespace handfast {
namespace {

struct Offer {
  bool mss, sack, timestamps, scale;
  uint16_t mss_value;
  uint8_t shift;
  uint32_t ts_val;
};

Offer AnyOffer() {
  return {*rc::gen::arbitrary<bool>(),     *rc::gen::arbitrary<bool>(),
          *rc::gen::arbitrary<bool>(),     *rc::gen::arbitrary<bool>(),
          *rc::gen::arbitrary<uint16_t>(), *rc::gen::arbitrary<uint8_t>(),
          *rc::gen::arbitrary<uint32_t>()};
}

OptionList Written(const Offer& offer) {
  OptionList options;
  if (offer.scale) options.Scale(offer.shift).Nop();
  if (offer.timestamps) options.Timestamps(offer.ts_val, 0);
  if (offer.sack) options.SackPermitted();
  if (offer.mss) options.Mss(offer.mss_value);
  return options;
}

Config AnyConfig() {
  Config config = SmallConfig();
  config.policy.sack_permitted = *rc::gen::arbitrary<bool>();
  config.policy.timestamps = *rc::gen::arbitrary<bool>();
  config.policy.window_scale = *rc::gen::arbitrary<bool>();
  config.socket.receive_buffer = *rc::gen::inRange<uint32_t>(Config::kMinBuffer, 64 << 20);
  return config;
}

// R7323-2.2, R7323-3.2, R2018-2, MUST-14: a SYN-ACK offers what was offered, and nothing else.
RC_GTEST_PROP(NegotiationProps, ASynAckOffersWhatBothWant, ()) {
  const Config config = AnyConfig();
  const Offer offer = AnyOffer();
  World world(config);
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.Make(kSyn);
  syn.options = Written(offer);
  world.Inject(syn);
  const std::optional<Seen> synack = world.TakeOne();
  RC_ASSERT(synack.has_value());
  const bool sack = offer.sack && config.policy.sack_permitted;
  const bool timestamps = offer.timestamps && config.policy.timestamps;
  const bool scale = offer.scale && config.policy.window_scale;
  RC_ASSERT(synack->options.has(Options::kMss));
  RC_ASSERT(synack->options.has(Options::kSackPermitted) == sack);
  RC_ASSERT(synack->options.has(Options::kTimestamps) == timestamps);
  RC_ASSERT(synack->options.has(Options::kWindowScale) == scale);
  if (timestamps) RC_ASSERT(synack->options.ts_ecr == offer.ts_val);
  if (scale) RC_ASSERT(synack->options.window_scale <= 14);

  peer.timestamps = timestamps;
  peer.ts_val = offer.ts_val;
  peer.seq += 1;
  peer.Hear(*synack);
  peer.window = 5;
  RC_ASSERT(peer.Say(kAck) == Verdict(Action::kEstablish));
  const SocketStatus child =
      *world.stack().Status(*world.stack().Accept(world.now(), listener));
  RC_ASSERT(child.negotiated.has(Negotiated::kSack) == sack);
  RC_ASSERT(child.negotiated.has(Negotiated::kTimestamps) == timestamps);
  RC_ASSERT(child.negotiated.has(Negotiated::kWindowScale) == scale);
  RC_ASSERT(child.send_window == 5u << (scale ? std::min<int>(offer.shift, 14) : 0));
  // Of what the peer takes, and never below the floor (C8).
  const uint32_t most = offer.mss && offer.mss_value != 0 ? offer.mss_value : 536;
  RC_ASSERT(child.send_mss <= std::max<uint32_t>(most, config.policy.min_send_mss));
}

RC_GTEST_PROP(NegotiationProps, BothEndsAgreeOnTheSame, ()) {
  Duo::Options options;
  for (Config& config : options.configs) {
    config.policy.sack_permitted = *rc::gen::arbitrary<bool>();
    config.policy.timestamps = *rc::gen::arbitrary<bool>();
    config.policy.window_scale = *rc::gen::arbitrary<bool>();
    config.policy.ecn = *rc::gen::element(Ecn::kOff, Ecn::kAccept, Ecn::kRequest);
  }
  const bool crossing = *rc::gen::arbitrary<bool>();
  options.talks[1].opening = crossing ? Talk::Opening::kConnects : Talk::Opening::kListens;
  for (Talk& talk : options.talks) talk.to_say = 100'000;
  Duo duo(options);
  duo.Run(100ms);
  const auto statuses = {duo.stack(0).Status(duo.user(0).socket),
                         duo.stack(1).Status(duo.user(1).socket)};
  std::vector<Negotiated> agreed;
  for (const auto& status : statuses) {
    RC_ASSERT(static_cast<bool>(status));
    RC_ASSERT(status->state == State::kEstablished);
    agreed.push_back(status->negotiated);
  }
  RC_ASSERT(agreed[0] == agreed[1]);
  const auto both = [&](bool Policy::* wish) {
    return options.configs[0].policy.*wish && options.configs[1].policy.*wish;
  };
  RC_ASSERT(agreed[0].has(Negotiated::kTimestamps) == both(&Policy::timestamps));
  RC_ASSERT(agreed[0].has(Negotiated::kWindowScale) == both(&Policy::window_scale));
  RC_ASSERT(agreed[0].has(Negotiated::kSack) == both(&Policy::sack_permitted));
}

}  // namespace
}  // namespace handfast
