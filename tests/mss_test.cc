// The maximum segment size: what is announced, what is believed, and what never happens.

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

Config WithMtu(uint32_t mtu) {
  Config config = SmallConfig();
  config.mtu = mtu;
  return config;
}

// The send MSS of a connection whose peer's SYN has these options.
uint32_t SendMssAfter(const OptionList& options, const Config& config = SmallConfig()) {
  Scene open(config, options);
  EXPECT_EQ(AuditText(open.world.stack()), "");
  return open.world.stack().Status(open.socket)->send_mss;
}

// MUST-14, MUST-67, SHLD-5: SYN and SYN-ACK announce what the link takes, less 40.
TEST(MssTest, SynAndSynAckAnnounceWhatTheLinkTakes) {
  for (const uint32_t mtu : {128u, 576u, 1280u, 1500u, 9000u, 65535u}) {
    World world(WithMtu(mtu));
    world.Listen();
    HandPeer peer(world, kHttp);
    peer.Say(kSyn);
    const auto synack = world.TakeOne();
    ASSERT_TRUE(synack && synack->has(kSyn) && synack->has(kAck));
    EXPECT_EQ(synack->options.mss, mtu - 40);
    ASSERT_TRUE(world.stack().Connect(world.now(), {kThere, Port{9}}));
    world.Poll();
    const auto syn = world.TakeOne();
    ASSERT_TRUE(syn && syn->has(kSyn) && !syn->has(kAck));
    EXPECT_EQ(syn->options.mss, mtu - 40);
  }
}

// Incident 5. MUST-67: a link that holds no headers is no link.
TEST(MssTest, AnMtuThatHoldsNoHeadersIsRefused) {
  for (const uint32_t mtu : {0u, 1u, 39u, 40u, 67u, 68u, 127u, 65536u, ~0u}) {
    Config config = SmallConfig();
    config.mtu = mtu;
    ASSERT_STREQ(config.Invalid(), "mtu") << mtu;
  }
  EXPECT_EQ(WithMtu(128).Invalid(), nullptr);
  for (const uint16_t floor : {uint16_t{0}, uint16_t{49}, uint16_t{65535}}) {
    Config config = SmallConfig();
    config.policy.min_send_mss = floor;
    EXPECT_STREQ(config.Invalid(), "policy.min_send_mss");
  }
}

// MUST-15, OPT-03: 536 without the option; an MSS of 0 is no MSS (Incident 5).
TEST(MssTest, WithoutAnMssItIs536) {
  EXPECT_EQ(SendMssAfter(OptionList()), 536u);
  EXPECT_EQ(SendMssAfter(OptionList().Mss(0)), 536u);
  EXPECT_EQ(SendMssAfter(OptionList().Timestamps(1, 0)), 536u - 12);
  World world;
  const auto socket = world.stack().Connect(world.now(), {kThere, Port{9}});
  world.Poll();
  HandPeer peer(world, kHttp);
  const auto syn = world.TakeOne();
  ASSERT_TRUE(syn && peer.AnswerSyn(*syn, OptionList()));
  EXPECT_EQ(world.stack().Status(*socket)->send_mss, 536u);
}

// Incident 6. MUST-16: min(what the peer takes, what IP takes) less options; computed
// without wrapping, never below the floor, never above the link (I-42).
TEST(MssTest, TheEffectiveMssNeverWraps) {
  for (const uint32_t mtu : {128u, 576u, 1500u, 9000u})
    for (uint32_t i = 0; i <= 136; ++i) {
      const uint32_t mss = i <= 100 ? i : 65399 + i;  // 0..100, 65,500..65,535
      for (const uint32_t ts : {0u, 12u}) {
        OptionList options;
        options.Mss(static_cast<uint16_t>(mss));
        if (ts != 0) options.Timestamps(1, 0);
        const uint32_t believed = mss == 0 ? 536 : mss;
        const uint32_t room = std::min(believed, mtu - 40);
        const uint32_t expected = std::max(48u, room - std::min(room, ts));
        ASSERT_EQ(SendMssAfter(options, WithMtu(mtu)), expected)
            << "mss " << mss << ", mtu " << mtu << ", options " << ts;
      }
    }
}

// Writes `total` octets and acknowledges what comes. The lengths of the segments' texts.
std::vector<size_t> TextsOf(Scene& open, size_t total) {
  std::vector<size_t> lengths;
  size_t written = 0, acknowledged = 0;
  for (int round = 0; round < 2000 && acknowledged < total; ++round) {
    const std::vector<uint8_t> text = Text(written, total - written);
    if (const auto count = open.world.stack().Write(open.world.now(), open.socket, text))
      written += *count;
    open.world.Poll();
    for (const Seen& seen : open.world.TakeSegments()) {
      EXPECT_EQ(seen.text, Text(acknowledged, seen.text.size()));
      lengths.push_back(seen.text.size());
      acknowledged += seen.text.size();
      open.peer.Hear(seen);
    }
    open.peer.Say(kAck);
  }
  EXPECT_EQ(acknowledged, total);
  return lengths;
}

// Incident 7: whoever asks for segments of one octet gets segments of 48.
TEST(MssTest, ATinyMssDoesNotMultiplySegments) {
  for (const uint16_t mss : {uint16_t{1}, uint16_t{8}, uint16_t{47}, uint16_t{48}})
    for (const bool timestamps : {false, true}) {
      OptionList options;
      options.Mss(mss);
      if (timestamps) options.Timestamps(1, 0);
      Scene open(SmallConfig(), options);
      const std::vector<size_t> lengths = TextsOf(open, 10'000);
      EXPECT_LE(lengths.size(), (10'000u + 47) / 48);
      for (size_t i = 0; i + 1 < lengths.size(); ++i) ASSERT_EQ(lengths[i], 48u);
    }
}

// MUST-16, I-07: with every option and any MTU, no datagram is longer than the link takes.
TEST(MssTest, NoDatagramIsLongerThanTheLinkTakes) {
  for (const uint32_t mtu : {128u, 576u, 1500u}) {
    Scene open(WithMtu(mtu), OptionList::Usual(1).Nop(0));
    // Two holes, so that ACKs and texts carry SACK blocks, too.
    for (const uint32_t at : {10u, 30u}) {
      TcpPacket beyond = open.peer.Make(kAck, Text(at, 5));
      beyond.seq += at;
      open.world.Inject(beyond);
    }
    open.world.Take();
    ASSERT_TRUE(open.world.stack().Write(open.world.now(), open.socket, Text(0, 8000)));
    open.world.Poll();
    const std::vector<Datagram> out = open.world.Take();
    ASSERT_FALSE(out.empty());
    for (const Datagram& datagram : out) {
      EXPECT_LE(datagram.size(), mtu);
      ASSERT_TRUE(Read(datagram));
    }
  }
}

}  // namespace
}  // namespace handfast
