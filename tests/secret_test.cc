// What an outsider must not guess: initial sequence numbers and timestamp offsets, and the
// keys they come from.

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <vector>

#include "harness/sim/rng.h"
#include "harness/statistics.h"
#include "harness/world.h"
#include "stack/secret/isn.h"
#include "stack/secret/keys.h"
#include "stack/secret/port.h"
#include "stack/secret/ts_offset.h"

namespace handfast {
namespace {

Flow RandomFlow(SimRng& rng) {
  return {Addr::V4(static_cast<uint32_t>(rng.Next())),
          Addr::V4(static_cast<uint32_t>(rng.Next())), Port{static_cast<uint16_t>(rng.Next())},
          Port{static_cast<uint16_t>(rng.Next())}};
}

// The flow with one of its 96 bits turned over.
Flow Turned(Flow flow, unsigned bit) {
  const auto turn = [](Port& port, unsigned at) {
    port = Port{static_cast<uint16_t>(static_cast<unsigned>(port) ^ 1u << at)};
  };
  if (bit < 32)
    flow.local.words[3] ^= 1u << bit;
  else if (bit < 64)
    flow.peer.words[3] ^= 1u << (bit - 32);
  else if (bit < 80)
    turn(flow.local_port, bit - 64);
  else
    turn(flow.peer_port, bit - 80);
  return flow;
}

// Turning over any bit of a flow turns over half of the 32 bits of what is derived from it,
// each as often as any other.
template <typename Derived>
void ExpectAvalanche(Derived&& derived) {
  SimRng rng(1);
  std::vector<uint64_t> by_bits(33, 0), by_place(32 * 96, 0);
  for (int round = 0; round < 1500; ++round) {
    const SipKey key{rng.Next(), rng.Next()};
    const Flow flow = RandomFlow(rng);
    const uint32_t before = derived(key, flow);
    for (unsigned bit = 0; bit < 96; ++bit) {
      const uint32_t turned = before ^ derived(key, Turned(flow, bit));
      ++by_bits[static_cast<size_t>(std::popcount(turned))];
      for (unsigned place = 0; place < 32; ++place)
        by_place[bit * 32 + place] += turned >> place & 1;
    }
  }
  EXPECT_LT(std::abs(BinomialChiSquare(by_bits)), kOnceInAMillion);
  // A place is turned over or not: half the variance of a count of many values.
  for (const uint64_t count : by_place) {
    const double sigmas = (static_cast<double>(count) - 750) / std::sqrt(375.0);
    ASSERT_LT(std::abs(sigmas), 6) << "once in a thousand runs of all places";
  }
}

uint32_t Isn(const SipKey& key, const Flow& flow) {
  return InitialSeq(key, flow, Instant(0)).raw();
}

// Incident 28. SHLD-1, MUST-9: RFC 6528 §3.
TEST(IsnTest, EachBitOfTheFlowTurnsOverHalfOfIt) { ExpectAvalanche(Isn); }

// Incident 28: the same flows at the same times under two keys have nothing in common.
TEST(IsnTest, AnotherKeyGivesOtherNumbers) {
  SimRng rng(2);
  const Keys one(Secrets{{1, 2}}), two(Secrets{{1, 3}});
  std::vector<uint64_t> by_bits(33, 0);
  uint64_t equal = 0;
  for (int i = 0; i < 1 << 20; ++i) {
    const Flow flow = RandomFlow(rng);
    const Instant at(rng.Next() >> 1);
    const uint32_t a = InitialSeq(one.isn, flow, at).raw();
    const uint32_t b = InitialSeq(two.isn, flow, at).raw();
    equal += a == b ? 1 : 0;
    ++by_bits[static_cast<size_t>(std::popcount(a ^ b))];
  }
  EXPECT_LE(equal, 1u);
  EXPECT_LT(std::abs(BinomialChiSquare(by_bits)), kOnceInAMillion);
}

// Incident 29. I-61, MUST-8: for one flow and key the clock is all that moves it, by a tick
// each 64 ns, for ever.
TEST(IsnTest, TicksExactlyWithTheClock) {
  SimRng rng(3);
  const SipKey key{5, 6};
  for (int i = 0; i < 10'000; ++i) {
    const Flow flow = RandomFlow(rng);
    const Instant first(rng.Next() >> rng.Below(40));
    const Duration gap(static_cast<int64_t>(rng.Next() >> (1 + rng.Below(40))));
    if ((first + gap).never()) continue;
    const uint32_t moved = InitialSeq(key, flow, first + gap) - InitialSeq(key, flow, first);
    ASSERT_EQ(moved, static_cast<uint32_t>((first + gap).ns() / 64 - first.ns() / 64));
    ASSERT_EQ(InitialSeq(key, flow, first + 1s) - InitialSeq(key, flow, first), 15'625'000u);
  }
}

// The ISN of the SYN-ACK that a peer gets now; the request is gone again.
uint32_t IsnOfSynAck(World& world, Port from) {
  HandPeer peer(world, kHttp, from);
  peer.Say(kSyn);
  const uint32_t isn = world.TakeOne()->seq;
  peer.Say(kRst);
  return isn;
}

// Incident 29: whole stacks; passive, and active on a bound port.
TEST(IsnTest, ALaterIncarnationStartsAboveTheFormer) {
  World world;
  world.Listen();
  const uint32_t first = IsnOfSynAck(world, Port{4000});
  world.Advance(1s);
  EXPECT_EQ(IsnOfSynAck(world, Port{4000}) - first, 15'625'000u);
  world.Advance(60s);
  EXPECT_EQ(IsnOfSynAck(world, Port{4000}) - first, 61u * 15'625'000);
  world.stack().Rekey({77, 78});
  EXPECT_EQ(IsnOfSynAck(world, Port{4000}) - first, 61u * 15'625'000) << "R6528-3";

  std::vector<uint32_t> isns;
  for (int i = 0; i < 3; ++i) {
    const SocketId socket = *world.stack().Socket(world.now());
    ASSERT_EQ(world.stack().Bind(world.now(), socket, {kHere, Port{5000}}), Errno::kOk);
    ASSERT_EQ(world.stack().Connect(world.now(), socket, {kThere, Port{9}}), Errno::kOk);
    world.Poll();
    isns.push_back(world.TakeOne()->seq);
    ASSERT_EQ(world.stack().Abort(world.now(), socket), Errno::kOk);
    world.Advance(i == 0 ? 1s : 60s);
  }
  EXPECT_EQ(isns[1] - isns[0], 15'625'000u);
  EXPECT_EQ(isns[2] - isns[1], 60u * 15'625'000);
}

// Incident 28: two stacks, the same trace, different secrets.
TEST(IsnTest, TwoStacksHaveNothingInCommon) {
  World one(SmallConfig(), 1), two(SmallConfig(), 2), again(SmallConfig(), 1);
  for (World* world : {&one, &two, &again}) world->Listen();
  std::set<uint32_t> differences;
  for (uint16_t port = 1; port <= 2000; ++port) {
    const uint32_t a = IsnOfSynAck(one, Port{port}), b = IsnOfSynAck(two, Port{port});
    differences.insert(a - b);
    ASSERT_EQ(a, IsnOfSynAck(again, Port{port}));
  }
  EXPECT_GE(differences.size(), 1999u);
}

// Incident 33. R7323-5.4: all of the flow decides the offset, its ports, too.
TEST(TimestampOffsetTest, EachBitOfTheFlowTurnsOverHalfOfIt) {
  ExpectAvalanche(
      [](const SipKey& key, const Flow& flow) { return TimestampOffset(key, flow); });
}

// Incident 33: who owns a flow of a host learns nothing of its other flows. He sees his own
// offset, and has to tell another's from a number drawn at random.
TEST(TimestampOffsetTest, AnOwnFlowTellsNothingOfAnother) {
  SimRng rng(4);
  const struct {
    const char* name;
    bool (*real)(uint32_t own, uint32_t shown);
  } strategies[] = {
      {"equal", [](uint32_t own, uint32_t shown) { return own == shown; }},
      {"near", [](uint32_t own, uint32_t shown) { return shown - own < 0x4000'0000; }},
      {"parity", [](uint32_t own, uint32_t shown) { return ((own ^ shown) & 1) == 0; }},
      {"high bit", [](uint32_t own, uint32_t shown) { return (own ^ shown) >> 31 == 0; }},
      {"many bits",
       [](uint32_t own, uint32_t shown) { return std::popcount(own ^ shown) < 16; }},
      {"above", [](uint32_t own, uint32_t shown) { return shown > own; }},
  };
  constexpr int kRounds = 400'000;
  std::array<int, std::size(strategies)> won{};
  for (int round = 0; round < kRounds; ++round) {
    const SipKey key{rng.Next(), rng.Next()};
    Flow own = RandomFlow(rng), other = own;
    while (other == own) other.peer_port = Port{static_cast<uint16_t>(rng.Next())};
    const bool real = rng.Chance(500);
    const uint32_t shown =
        real ? TimestampOffset(key, other) : static_cast<uint32_t>(rng.Next());
    for (size_t i = 0; i < std::size(strategies); ++i)
      won[i] += strategies[i].real(TimestampOffset(key, own), shown) == real ? 1 : 0;
  }
  for (size_t i = 0; i < std::size(strategies); ++i)
    EXPECT_LT(std::abs(2.0 * won[i] / kRounds - 1), 0.01) << strategies[i].name;
}

// All that a stack sends to one address.
std::vector<Datagram> SentTo(World& world, const Addr& addr) {
  std::vector<Datagram> sent;
  for (const Datagram& datagram : world.Take())
    if (Ipv4View(datagram).destination() == addr) sent.push_back(datagram);
  return sent;
}

// Incident 33, I-64: an attacker who forges segments of a victim's ports, and has flows of
// his own, sees the same octets whichever of two ports the victim uses.
TEST(TimestampOffsetTest, ForgedProbesShowTheirSenderNothing) {
  constexpr Addr kVictim = kThere, kAttacker = Addr::V4(10, 0, 0, 66);
  std::vector<std::vector<Datagram>> seen;
  for (const Port used : {Port{40001}, Port{40002}}) {
    World world;
    world.Listen();
    HandPeer victim(world, kHttp, used, 1000, kVictim);
    ASSERT_TRUE(victim.Open(OptionList::Usual(100)));
    std::vector<Datagram> sent;
    for (const Port guess : {Port{40001}, Port{40002}})
      for (const unsigned flags : std::vector<unsigned>{kSyn, kAck, kSyn | kAck, kRst}) {
        TcpPacket forged = victim.Make(flags);
        forged.flow.local_port = guess;
        forged.options = OptionList::Usual(99, 5);
        world.Inject(forged);
        HandPeer own(world, kHttp, Port{7000}, 5, kAttacker);
        TcpPacket syn = own.Make(kSyn);
        syn.options = OptionList::Usual(50);
        world.Inject(syn);
        own.seq += 1;
        own.Say(kRst);
        for (Datagram& datagram : SentTo(world, kAttacker)) sent.push_back(std::move(datagram));
        world.Advance(10ms);
      }
    seen.push_back(std::move(sent));
  }
  EXPECT_GE(seen[0].size(), 8u);
  EXPECT_EQ(seen[0], seen[1]);
}

// Incident 34. R7323-5.4: two flows differ at the same instant; one flow ticks by the
// millisecond, also in its later segments.
TEST(TimestampOffsetTest, TimestampsAreOfOneFlowAndTickByTheMillisecond) {
  World world;
  world.Listen();
  std::set<uint32_t> values;
  for (uint16_t port = 1; port <= 6; ++port) {
    HandPeer peer(world, kHttp, Port{port});
    TcpPacket syn = peer.Make(kSyn);
    syn.options = OptionList::Usual(1);
    world.Inject(syn);
    values.insert(world.TakeOne()->options.ts_val);
  }
  EXPECT_EQ(values.size(), 6u);

  Scene open(SmallConfig(), OptionList::Usual(1));
  uint32_t last = open.peer.ts_ecr;
  for (int i = 0; i < 200; ++i) {
    open.world.Advance(37ms);
    open.peer.Say(kAck | kPsh, Text(0, 1460));
    open.peer.Say(kAck | kPsh, Text(0, 1460));  // the second is acknowledged at once
    open.world.ReadAll(open.socket);
    const std::vector<Seen> acks = open.world.TakeSegments();
    ASSERT_FALSE(acks.empty());
    ASSERT_EQ(acks.back().options.ts_val - last, 37u);
    last = acks.back().options.ts_val;
  }
}

// Incident 34: without the key a TSval says nothing of the time since boot: it is uniform
// whatever the clock shows.
TEST(TimestampOffsetTest, ATimestampDoesNotTellTheUptime) {
  SimRng rng(5);
  for (const Instant clock : {Instant(0), Instant(0) + 1'000'000s}) {
    std::vector<uint64_t> high(256, 0), low(256, 0);
    for (int i = 0; i < 1 << 16; ++i) {
      const Keys keys(Secrets{{rng.Next(), rng.Next()}});
      const uint32_t value = TsVal(clock, TimestampOffset(keys.timestamp_offset, Flow{}));
      ++high[value >> 24];
      ++low[value & 0xff];
    }
    EXPECT_LT(std::abs(UniformChiSquare(high)), kOnceInAMillion);
    EXPECT_LT(std::abs(UniformChiSquare(low)), kOnceInAMillion);
  }
}

}  // namespace
}  // namespace handfast
