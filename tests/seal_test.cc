// What fuzzing does to frames: the seal makes a broken one right, and a mutation leaves most
// of them so.

#include "harness/fuzz/seal.h"

#include <gtest/gtest.h>

#include <cstring>

#include "harness/fuzz/frame_mutation.h"
#include "harness/world.h"
#include "stack/wire/parse.h"

namespace handfast {
namespace {

constexpr Mac kOurs{{2, 0, 10, 0, 0, 1}}, kTheirs{{2, 0, 10, 0, 0, 2}};

Datagram Syn(size_t text = 0) {
  TcpPacket packet;
  packet.flow = {kThere, kHere, Port{40000}, kHttp};
  packet.flags = kSyn;
  packet.options = OptionList::Usual(1);
  packet.text = Text(0, text);
  return packet.Seal();
}

Drop ParsedAs(Bytes datagram) {
  static const Config kConfig = SmallConfig();
  Arrival arrival;
  Parse(datagram, kConfig.locals(), {}, arrival);
  return arrival.drop;
}

TEST(SealTest, WhatIsRightStaysAsItIs) {
  for (const Datagram& datagram :
       {Syn(), Syn(1), Syn(2), IcmpEcho(kThere, kHere, Text(0, 3))}) {
    Datagram sealed = datagram;
    SealDatagram(sealed, Sealed::kChecksums);
    EXPECT_EQ(sealed, datagram);
    SealDatagram(sealed, Sealed::kAll);
    EXPECT_EQ(sealed, datagram);
  }
}

TEST(SealTest, AnyChangedOctetOfTheTransportGetsPastTheChecksums) {
  const Datagram right = Syn(3);
  for (size_t at = 20; at < right.size(); ++at) {
    Datagram changed = right;
    changed[at] ^= 0x40;
    EXPECT_EQ(ParsedAs(changed), at == 32 ? Drop::kTcpTooShort : Drop::kTcpChecksum) << at;
    SealDatagram(changed, Sealed::kChecksums);
    EXPECT_NE(ParsedAs(changed), Drop::kTcpChecksum) << at;
    EXPECT_NE(ParsedAs(changed), Drop::kIpChecksum) << at;
  }
}

TEST(SealTest, AGrownOrCutDatagramGetsItsLength) {
  for (const size_t size : {40u, 60u, 61u, 200u}) {
    Datagram datagram = Syn(1);
    datagram.resize(size, 7);
    SealDatagram(datagram, Sealed::kAll);
    const Drop drop = ParsedAs(datagram);
    EXPECT_EQ(drop, size < 60 ? Drop::kTcpTooShort : Drop::kNone) << size;
  }
}

TEST(SealTest, NothingIsTouchedBeyondTheFrame) {
  const Datagram frame = SealEthernet(kOurs, kTheirs, kEtherTypeIpv4, Syn(5));
  for (size_t size = 0; size <= frame.size(); ++size) {
    for (int words = 0; words < 16; ++words) {
      const auto block = std::make_unique<uint8_t[]>(size);  // a sanitizer watches its end
      std::copy_n(frame.begin(), size, block.get());
      if (size > 14) block[14] = static_cast<uint8_t>(0x40 | words);
      for (const Sealed what : {Sealed::kChecksums, Sealed::kAll})
        SealFrame({block.get(), size}, what);
    }
  }
}

// One octet anywhere, as an engine would.
size_t FlipOne(uint8_t* data, size_t size, size_t) {
  static SimRng rng(5);
  if (size > 0) data[rng.Below(size)] ^= static_cast<uint8_t>(1u << rng.Below(8));
  return size;
}

// Most mutated frames get past the checksums; some do not, so that those stay tested.
TEST(FrameMutationTest, MostFramesAreSealedAndSomeAreLeftBad) {
  const Datagram frame = SealEthernet(kOurs, kTheirs, kEtherTypeIpv4, Syn(20));
  constexpr int kFrames = 4000;
  int taken = 0, bad = 0, changed = 0;
  for (uint64_t seed = 0; seed < kFrames; ++seed) {
    SimRng rng(seed);
    Datagram buffer = frame;
    buffer.resize(256);
    const size_t size = MutateFrame(buffer, frame.size(), FlipOne, rng);
    ASSERT_LE(size, buffer.size());
    buffer.resize(size);
    changed += buffer != frame;
    if (size < kEthernetHeader) continue;
    const Drop drop = ParsedAs(Bytes(buffer).subspan(kEthernetHeader));
    taken += drop == Drop::kNone;
    bad += drop == Drop::kTcpChecksum || drop == Drop::kIpChecksum;
  }
  EXPECT_GT(changed, kFrames * 9 / 10);
  EXPECT_GT(taken, kFrames / 2);
  EXPECT_GT(bad, kFrames / 50);
  EXPECT_LT(bad, kFrames / 5);
}

TEST(FrameMutationTest, TheSameSeedMakesTheSameFrame) {
  const auto none = [](uint8_t*, size_t size, size_t) { return size; };
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Datagram first = SealEthernet(kOurs, kTheirs, kEtherTypeIpv4, Syn(20)), second = first;
    SimRng one(seed), two(seed);
    const size_t size = MutateFrame(first, first.size(), none, one);
    EXPECT_EQ(MutateFrame(second, second.size(), none, two), size);
    EXPECT_EQ(first, second);
  }
}

}  // namespace
}  // namespace handfast
