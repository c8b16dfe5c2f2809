// A burst of n does exactly what n bursts of one do.

#include <gtest/gtest.h>

#include <array>

#include "harness/audit.h"
#include "harness/sim/rng.h"
#include "harness/world.h"

namespace handfast {
namespace {

// Segments of a few flows, mostly nonsense, some of it well aimed: the acknowledgment
// numbers that were seen last are used half of the time.
class Mischief {
 public:
  explicit Mischief(uint64_t seed) : rng_(seed) {}

  Datagram Next() {
    TcpPacket packet;
    const auto peer = static_cast<uint8_t>(rng_.Below(4));
    packet.flow = {Addr::V4(10, 0, 0, static_cast<uint8_t>(2 + peer)), kHere, Port{1000},
                   Port{static_cast<uint16_t>(80 + rng_.Below(2))}};
    constexpr unsigned kLikely[] = {kSyn,        kAck, kAck,       kAck | kPsh,
                                    kFin | kAck, kRst, kRst | kAck};
    packet.flags = rng_.Chance(800) ? kLikely[rng_.Below(std::size(kLikely))]
                                    : static_cast<unsigned>(rng_.Below(256));
    packet.seq = static_cast<uint32_t>(1000 + rng_.Below(30));
    packet.ack = heard_[peer] + static_cast<uint32_t>(rng_.Below(3));
    packet.window = static_cast<uint16_t>(rng_.Chance(100) ? 0 : 1000);
    packet.text = Text(packet.seq, rng_.Chance(500) ? rng_.Below(20) : 0);
    packet.bad_checksum = rng_.Chance(20);
    if (rng_.Chance(300)) packet.options = OptionList::Usual(7);
    return packet.Seal();
  }

  void Hear(Bytes datagram) {
    const std::optional<Seen> seen = handfast::Read(datagram);
    if (seen) heard_[(seen->flow.peer.v4() - 2) & 3] = seen->seq + (seen->has(kSyn) ? 1 : 0);
  }

  SimRng& rng() { return rng_; }

 private:
  SimRng rng_;
  std::array<uint32_t, 4> heard_{};
};

TEST(BurstTest, ABurstEqualsItsSegmentsOneByOne) {
  uint64_t answers = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Mischief mischief(seed);
    Instant now(1'000'000'000);
    OwnedStack burst(SmallConfig(), Secrets{{seed, 1}});
    const auto listener = burst->Listen(now, {Addr::AnyV4(), Port{80}}, 2);
    ASSERT_TRUE(listener);
    OwnedStack single = burst;
    OwnedTxBurst all(512, 1500), each(512, 1500);
    for (int round = 0; round < 100; ++round) {
      now = now + Duration(static_cast<int64_t>(mischief.rng().Below(700'000'000)));
      std::vector<Datagram> datagrams(1 + mischief.rng().Below(80));
      for (Datagram& datagram : datagrams) datagram = mischief.Next();
      const std::vector<Bytes> views(datagrams.begin(), datagrams.end());
      all.Clear();
      each.Clear();
      ASSERT_EQ(burst->Input(now, views, all), views.size());
      for (const Bytes& view : views) ASSERT_EQ(single->Input(now, {&view, 1}, each), 1u);
      burst->Expire(now, all);
      single->Expire(now, each);
      ASSERT_EQ(all.size(), each.size());
      for (size_t i = 0; i < all.size(); ++i) {
        ASSERT_TRUE(std::equal(all[i].begin(), all[i].end(), each[i].begin(), each[i].end()));
        mischief.Hear(all[i]);
      }
      answers += all.size();
      ASSERT_EQ(burst, single) << "seed " << seed << ", round " << round;
      ASSERT_EQ(AuditText(*burst), "");
      if (mischief.rng().Chance(200)) {
        ASSERT_EQ(static_cast<bool>(burst->Accept(now, *listener)),
                  static_cast<bool>(single->Accept(now, *listener)));
      }
    }
  }
  EXPECT_GT(answers, 10'000u) << "the mischief must provoke something";
}

// Work stops before an answer that might not fit; what was not consumed comes again, and
// the end is the same.
TEST(BurstTest, AFullTransmitBurstStopsTheWorkAndLosesNothing) {
  uint64_t stops = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Mischief mischief(seed);
    const Instant now(1'000'000'000);
    OwnedStack roomy(SmallConfig(), Secrets{{seed, 1}});
    ASSERT_TRUE(roomy->Listen(now, {Addr::AnyV4(), Port{80}}, 9));
    OwnedStack tight = roomy;
    std::vector<Datagram> datagrams(200);
    for (Datagram& datagram : datagrams) datagram = mischief.Next();
    const std::vector<Bytes> views(datagrams.begin(), datagrams.end());
    OwnedTxBurst all(512, 1500), few(3, 1500);
    ASSERT_EQ(roomy->Input(now, views, all), views.size());
    size_t answers = 0;
    for (std::span<const Bytes> rest = views; !rest.empty();) {
      const size_t done = tight->Input(now, rest, few);
      ASSERT_TRUE(done > 0 || !few.empty());
      rest = rest.subspan(done);
      stops += rest.empty() ? 0 : 1;
      for (size_t i = 0; i < few.size(); ++i, ++answers)
        ASSERT_TRUE(std::equal(few[i].begin(), few[i].end(), all[answers].begin()));
      few.Clear();
    }
    EXPECT_EQ(answers, all.size());
    EXPECT_EQ(tight, roomy);
  }
  EXPECT_GT(stops, 100u);
}

}  // namespace
}  // namespace handfast
