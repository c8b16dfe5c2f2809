// Ephemeral ports: uniform, unpredictable, and free.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "harness/audit.h"
#include "harness/sim/rng.h"
#include "harness/statistics.h"
#include "harness/world.h"
#include "stack/secret/keys.h"

namespace handfast {
namespace {

constexpr Addr kX = Addr::V4(10, 0, 0, 20), kY = Addr::V4(10, 0, 0, 30);

// R6056-3.2, Incident 31: over the whole range, both ends included, and no end twice as
// likely because of a remainder.
TEST(PortDrawTest, IsUniformOverAnyRange) {
  SimRng rng(1);
  for (const PortRange range : {PortRange{1024, 65535}, PortRange{32768, 60999},
                                PortRange{1, 3}, PortRange{65435, 65535}, PortRange{7, 1030}}) {
    std::vector<uint64_t> counts(range.size(), 0);
    const uint32_t draws = std::max(20 * range.size(), 100'000u);
    for (uint32_t draw = 0; draw < draws; ++draw) {
      Flow flow;
      flow.local = kHere;
      flow.peer = draw % 2 == 0 ? kX : kY;
      flow.peer_port = Port{443};
      const uint32_t offset = PortOffset({1, 2}, flow, draw, range);
      ASSERT_LT(offset, range.size());
      ++counts[offset];
    }
    EXPECT_LT(std::abs(UniformChiSquare(counts)), kOnceInAMillion) << range.first;
  }
  EXPECT_EQ(PortOffset({1, 2}, {}, 0, {9, 9}), 0u);
}

TEST(PortDrawTest, DependsOnThePeerTheDrawAndTheKeyAndNotOnOurPort) {
  Flow flow{kHere, kX, Port{0}, Port{443}}, bound = flow, elsewhere = flow;
  bound.local_port = Port{999};
  elsewhere.peer = kY;
  uint32_t same_peer = 0, same_draw = 0, same_key = 0;
  for (uint32_t draw = 0; draw < 10'000; ++draw) {
    const uint32_t offset = PortOffset({1, 2}, flow, draw, {});
    ASSERT_EQ(PortOffset({1, 2}, bound, draw, {}), offset);
    same_peer += PortOffset({1, 2}, elsewhere, draw, {}) == offset ? 1 : 0;
    same_draw += PortOffset({1, 2}, flow, draw + 10'000, {}) == offset ? 1 : 0;
    same_key += PortOffset({1, 3}, flow, draw, {}) == offset ? 1 : 0;
  }
  EXPECT_LE(same_peer, 4u);
  EXPECT_LE(same_draw, 4u);
  EXPECT_LE(same_key, 4u);
}

Config WithPorts(uint16_t first, uint16_t last) {
  Config config = SmallConfig();
  config.ephemeral = {first, last};
  return config;
}

// The port of a connection that is given up at once.
int PortTo(World& world, const Addr& peer) {
  const SocketId socket = *world.stack().Connect(world.now(), {peer, Port{443}});
  const Port port = world.stack().Status(socket)->flow.local_port;
  EXPECT_EQ(world.stack().Abort(world.now(), socket), Errno::kOk);
  return static_cast<int>(port);
}

// Incident 31, CVE-2022-32296, R6056-3.3: a server that sees its own ports predicts those to
// another, by what RFC 6056's algorithms would make them: the last one and one more (3), one
// distance for each pair of servers (3), the same steps everywhere (4), small steps (5).
TEST(PortDrawTest, TheSequenceToOneServerTellsNothingOfAnother) {
  constexpr int kConnects = 5000, kRange = 256;
  World world(WithPorts(2000, 2000 + kRange - 1));
  std::map<std::string, int> hits;
  int last_x = 0, last_y = 0, distance = 0;
  const auto in_range = [](int port) {
    return 2000 + ((port - 2000) % kRange + kRange) % kRange;
  };
  for (int i = 0; i < kConnects; ++i) {
    const int x = PortTo(world, kX);
    const int y = PortTo(world, kY);
    hits["the same"] += y == x;
    hits["the last and one more"] += y == in_range(last_y + 1);
    hits["the server's and one more"] += y == in_range(x + 1);
    hits["the first distance"] += y == in_range(x + distance);
    hits["the last distance"] += y == in_range(x + last_y - last_x);
    hits["the same step"] += y == in_range(last_y + x - last_x);
    hits["again"] += y == last_y;
    if (i == 0) distance = y - x;
    last_x = x, last_y = y;
  }
  for (const auto& [predictor, count] : hits)
    EXPECT_LE(count, 2 * kConnects / kRange) << predictor;
}

// Incident 31: what a whole stack draws is uniform, too.
TEST(PortDrawTest, AStacksPortsAreUniform) {
  World world(WithPorts(2000, 2255));
  std::vector<uint64_t> counts(256, 0);
  for (int i = 0; i < 20'000; ++i) ++counts[static_cast<size_t>(PortTo(world, kX) - 2000)];
  EXPECT_LT(std::abs(UniformChiSquare(counts)), kOnceInAMillion);
}

// Incident 32: the first ports of stacks with secrets of their own coincide as often as
// random numbers do: of n in a range of r, n (n - 1) / 2r pairs.
TEST(PortDrawTest, TheFirstPortOfAFreshStackIsUnpredictable) {
  constexpr double kStacks = 100'000, kRange = 64'512;
  SimRng rng(2);
  std::vector<uint64_t> counts(64'512, 0);
  const Flow flow{kHere, kX, Port{0}, Port{443}};
  for (int i = 0; i < 100'000; ++i)
    ++counts[PortOffset(Keys(Secrets{{rng.Next(), rng.Next()}}).port, flow, 0, {})];
  double pairs = 0;
  for (const uint64_t count : counts) pairs += static_cast<double>(count * (count - 1) / 2);
  const double expected = kStacks * (kStacks - 1) / 2 / kRange;
  EXPECT_LT(std::abs(pairs - expected), 3 * std::sqrt(expected));

  std::set<int> ports;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    World world(SmallConfig(), seed);
    ports.insert(PortTo(world, kX));
  }
  EXPECT_GE(ports.size(), 490u);
}

// Incident 31, C4: after fresh entropy the draws of before say nothing; the same entropy
// gives the same.
TEST(PortDrawTest, FreshEntropyMakesOtherPorts) {
  World plain, rekeyed, again;
  rekeyed.stack().Rekey({5, 6});
  again.stack().Rekey({5, 6});
  int same = 0;
  for (int i = 0; i < 500; ++i) {
    const int port = PortTo(rekeyed, kX);
    EXPECT_EQ(PortTo(again, kX), port);
    same += PortTo(plain, kX) == port;
  }
  EXPECT_LE(same, 2);
}

// I-63, R6056-4-tuple, Incident 130: in a range of four, with each set of them taken by a
// listener, all others are found, and no more.
TEST(PortDrawTest, EachFreePortIsFoundAndNoOther) {
  for (unsigned taken = 0; taken < 16; ++taken) {
    World world(WithPorts(3000, 3003));
    std::set<int> expected, found;
    for (uint16_t i = 0; i < 4; ++i) {
      if ((taken >> i & 1) != 0)
        world.Listen(1, Port{static_cast<uint16_t>(3000 + i)});
      else
        expected.insert(3000 + i);
    }
    for (;;) {
      const auto socket = world.stack().Connect(world.now(), {kX, Port{443}});
      if (!socket) {
        EXPECT_EQ(socket.error(), Errno::kAddrNotAvail);
        break;
      }
      const int port = static_cast<int>(world.stack().Status(*socket)->flow.local_port);
      EXPECT_TRUE(found.insert(port).second);
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(AuditText(world.stack()), "");
  }
}

}  // namespace
}  // namespace handfast
