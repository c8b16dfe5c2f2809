// Ops, their code, and the play in which they happen.

#include <gtest/gtest.h>

#include "harness/op/compose.h"
#include "harness/op/play.h"
#include "harness/packet.h"
#include "harness/sim/rng.h"
#include "harness/world.h"

namespace handfast {
namespace {

std::vector<uint8_t> Noise(uint64_t seed, size_t octets) {
  std::vector<uint8_t> noise(octets);
  SimRng(seed).Fill(noise);
  return noise;
}

TEST(OpTest, EveryByteStringIsAScenario) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const std::vector<uint8_t> noise = Noise(seed, seed);
    const Scenario scenario = Decode(noise);
    ASSERT_EQ(scenario.size(), (noise.size() + Op::kOctets - 1) / Op::kOctets);
    for (const Op& op : scenario) ASSERT_EQ(op, Normal(op));
    ASSERT_EQ(Decode(Encode(scenario)), scenario);
  }
}

TEST(OpTest, APrefixOfTheBytesIsAPrefixOfTheScenario) {
  const std::vector<uint8_t> noise = Noise(1, 50 * Op::kOctets);
  const Scenario whole = Decode(noise);
  for (size_t count = 0; count <= 50; ++count) {
    const Scenario part = Decode(Bytes(noise).first(count * Op::kOctets));
    ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin()));
  }
}

TEST(OpTest, EveryVerbIsReachedByNoise) {
  std::array<bool, kVerbCount> seen{};
  for (const Op& op : Decode(Noise(1, 2000 * Op::kOctets)))
    seen[static_cast<size_t>(op.verb)] = true;
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_TRUE(seen[i]) << Name(static_cast<Verb>(i));
}

TEST(PlayTest, TheHonestPeerShakesHandsAndTalks) {
  Play play;
  play.Do(Listening());
  play.Do(OfPeer(Call(Verb::kSocket, 3)));
  play.Do(OfPeer(Call(Verb::kConnect, 3)));
  EXPECT_EQ(play.on_the_way(), 1u) << "a SYN";
  play.Do(Count(Verb::kDeliver, 1));
  EXPECT_EQ(play.on_the_way(), 1u) << "the SYN-ACK";
  play.Do(Count(Verb::kDeliver, 1));
  play.Do(Count(Verb::kDeliver, 1));
  Op accept = Call(Verb::kAccept, 0);
  accept.other_fd = 1;
  play.Do(accept);
  ASSERT_TRUE(play.descriptor(1).held);
  Op write = Count(Verb::kWrite, 5000);
  write.fd = 3;
  play.Do(OfPeer(write));
  play.Do(Call(Verb::kWait, 0, 1000));
  Op read = Count(Verb::kRead, 9000);
  read.fd = 1;
  play.Do(read);
  EXPECT_EQ(play.answer_value(), 5000u);
  play.Finish();
  EXPECT_EQ(play.wrong(), "");
}

TEST(PlayTest, NumbersFollowWhatIsAlive) {
  Play play;
  play.Do(Listening());
  play.Do(Say(1, kSyn));
  play.Do(Say(1, kAck));
  Op accept = Call(Verb::kAccept, 0);
  accept.other_fd = 1;
  play.Do(accept);
  const SocketId socket = play.descriptor(1).socket;
  ASSERT_EQ(play.stack().Status(socket)->state, State::kEstablished);
  Op text = Say(1, kAck | kPsh);
  text.length = 100;
  play.Do(text);
  play.Do(text);
  EXPECT_EQ(play.stack().Status(socket)->unread, 200u);
  Op inexact = Say(1, kRst);
  inexact.seq_delta = 1;
  play.Do(inexact);
  EXPECT_EQ(play.stack().Status(socket)->state, State::kEstablished);
  play.Do(Say(1, kRst));
  EXPECT_EQ(play.stack().Status(socket)->state, State::kClosed);
  play.Finish();
  EXPECT_EQ(play.wrong(), "");
}

TEST(PlayTest, WhoseNameIsTakenIsToldSo) {
  for (const bool honest : {false, true}) {
    Play play;
    Op socket = Call(Verb::kSocket, 0);
    socket.honest = honest;
    play.Do(socket);
    EXPECT_EQ(play.answer(), Errno::kOk);
    play.Do(Count(Verb::kRead, 1, 5));
    ASSERT_EQ(play.answer(), Errno::kBadF);
    play.Do(socket);
    EXPECT_EQ(play.answer(), Errno::kAgain);
    play.Do(Call(Verb::kClose, 5));
    play.Finish();
    EXPECT_EQ(play.wrong(), "");
  }
}

// I-02: A, B and A again give the same trace of A.
TEST(PlayTest, NothingIsLeftOverBetweenScenarios) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Scenario a = Decode(Noise(2 * seed, 60 * Op::kOctets));
    const Scenario b = Decode(Noise(2 * seed + 1, 60 * Op::kOctets));
    const auto hash = [](const Scenario& scenario) {
      Play play;
      play.Do(Listening());
      play.Do(scenario);
      return play.stack().Hash();
    };
    const uint64_t first = hash(a);
    (void)hash(b);
    ASSERT_EQ(hash(a), first);
  }
}

TEST(PlayTest, ACopyGoesTheWayOfTheOriginal) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Play play;
    play.Do(Listening());
    play.Do(Decode(Noise(seed, 30 * Op::kOctets)));
    Play copy = play;
    const Scenario rest = Decode(Noise(~seed, 30 * Op::kOctets));
    play.Do(rest);
    copy.Do(rest);
    ASSERT_EQ(play.stack().Hash(), copy.stack().Hash());
    ASSERT_EQ(play.now(), copy.now());
  }
}

TEST(PlayTest, NoiseBreaksNothing) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Scenario scenario = Listening(static_cast<int>(seed % 4));
    const Scenario noise = Decode(Noise(seed, 80 * Op::kOctets));
    scenario.insert(scenario.end(), noise.begin(), noise.end());
    ASSERT_EQ(WrongOf(scenario, static_cast<uint8_t>(seed % kSetups)), "") << seed;
  }
}

// Whatever comes in is audited, also what no op tells of.
TEST(PlayTest, ADatagramThatNoOpTellsOfComesIn) {
  Play play;
  play.Do(Listening());
  play.Receive({1, 2, 3});
  TcpPacket syn;
  syn.flow = {Play::AddrOf(1), kHere, Port{40000}, kHttp};
  syn.flags = kSyn;
  play.Receive(syn.Seal());
  EXPECT_EQ(play.stack().counters()[Drop::kIpVersion], 1u);
  EXPECT_EQ(play.stack().counters()[Counter::kHandfastRequestsOpened], 1u);
  EXPECT_EQ(play.ops(), 5u);
  play.Finish();
  EXPECT_EQ(play.wrong(), "");
}

}  // namespace
}  // namespace handfast
