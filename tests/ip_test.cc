// What IPv4 itself can do to a segment: options, source routes, fragments.

#include <gtest/gtest.h>

#include "harness/sim/rng.h"
#include "harness/world.h"

namespace handfast {
namespace {

// The peer's segment in a datagram that is still to be spoiled.
Ipv4Packet Around(const TcpPacket& packet) {
  Ipv4Packet ip;
  ip.source = packet.flow.local;
  ip.destination = packet.flow.peer;
  ip.payload = packet.SealSegment();
  return ip;
}

// RFC 791 §3.1, by the book: is there a loose or strict source route?
bool IsSourceRouted(const std::vector<uint8_t>& options) {
  for (size_t at = 0; at < options.size() && options[at] != 0;) {
    if (options[at] == 131 || options[at] == 137) return true;
    if (options[at] == 1) {
      at += 1;
      continue;
    }
    if (at + 1 == options.size() || options[at + 1] < 2) return false;
    at += options[at + 1];
  }
  return false;
}

// Incident 113. MUST-50, I-84: IP options of any content are ignored, or are a source route
// and drop the datagram; they are never echoed.
TEST(IpOptionsTest, AreIgnoredOrDropTheDatagram) {
  SimRng rng(1);
  uint64_t routed = 0, ignored = 0;
  Scene plain(State::kListen);
  plain.world.Inject(plain.peer.Make(kSyn));
  const std::vector<Datagram> expected = plain.world.Take();
  ASSERT_EQ(expected.size(), 1u);
  for (size_t words = 6; words <= 15; ++words)
    for (int round = 0; round < 150; ++round) {
      Scene scene(State::kListen);
      const auto before = Snapshot(scene.world.stack());
      Ipv4Packet ip = Around(scene.peer.Make(kSyn));
      ip.options.resize(4 * words - 20);
      for (uint8_t& octet : ip.options) {
        constexpr uint8_t kOften[] = {0, 1, 1, 2, 3, 4, 7, 131, 137, 68};
        octet = rng.Chance(700) ? kOften[rng.Below(std::size(kOften))]
                                : static_cast<uint8_t>(rng.Next());
      }
      const Verdict verdict = scene.world.Inject(ip.Seal());
      if (IsSourceRouted(ip.options)) {
        ++routed;
        EXPECT_EQ(verdict, Verdict(Action::kDrop, Drop::kIpSourceRoute));
        EXPECT_TRUE(scene.world.Take().empty());
        EXPECT_EQ(Snapshot(scene.world.stack()), before);
      } else {
        ++ignored;
        EXPECT_EQ(verdict, Verdict(Action::kQueue));
        EXPECT_EQ(scene.world.Take(), expected);
      }
    }
  EXPECT_GT(routed, 100u);
  EXPECT_GT(ignored, 100u);
}

// Incident 113: both kinds of source route, anywhere, even cut short.
TEST(IpOptionsTest, ASourceRouteIsFoundBehindOthers) {
  const std::vector<std::vector<uint8_t>> lists{{131, 7, 4, 10, 0, 0, 9, 0},
                                                {137, 7, 4, 10, 0, 0, 9, 0},
                                                {1, 1, 1, 131},
                                                {7, 7, 4, 0, 0, 0, 0, 137, 3, 4},
                                                {68, 4, 5, 0, 131, 3, 4},
                                                {148, 4, 0, 0, 1, 137, 7, 4, 1, 2, 3, 4}};
  for (const std::vector<uint8_t>& options : lists) {
    Scene scene(State::kListen);
    Ipv4Packet ip = Around(scene.peer.Make(kSyn));
    ip.options = options;
    EXPECT_EQ(scene.world.Inject(ip.Seal()), Verdict(Action::kDrop, Drop::kIpSourceRoute));
    EXPECT_TRUE(scene.world.Take().empty());
  }
  // Behind the end of the list, or inside of another option, there is none.
  for (const std::vector<uint8_t>& options :
       {std::vector<uint8_t>{0, 131, 3, 4}, {7, 8, 131, 137, 131, 137, 0, 0}}) {
    Scene scene(State::kListen);
    Ipv4Packet ip = Around(scene.peer.Make(kSyn));
    ip.options = options;
    EXPECT_EQ(scene.world.Inject(ip.Seal()), Verdict(Action::kQueue));
  }
}

// Incident 114. I-84: all 65,536 values of flags and offset; what is whole is taken, the
// reserved bit decides nothing, of the rest nothing is kept.
TEST(FragmentTest, NoneIsTaken) {
  Scene scene(State::kSynReceived);
  const auto before = Snapshot(scene.world.stack());
  Ipv4Packet ip = Around(scene.peer.Make(kAck, Text(0, 40)));
  for (unsigned field = 0; field < 0x10000; ++field) {
    ip.fragment = static_cast<uint16_t>(field);
    if ((field & 0x3fff) == 0) continue;
    ASSERT_EQ(scene.world.Inject(ip.Seal()), Verdict(Action::kDrop, Drop::kIpFragment));
  }
  EXPECT_TRUE(scene.world.Take().empty());
  EXPECT_EQ(Snapshot(scene.world.stack()), before);
  EXPECT_EQ(scene.world.stack().counters()[Drop::kIpFragment], 0x10000u - 4);
  for (const uint16_t field : std::vector<uint16_t>{0x0000, 0x4000, 0x8000, 0xc000}) {
    Scene whole(State::kSynReceived);
    Ipv4Packet again = Around(whole.peer.Make(kAck));
    again.fragment = field;
    EXPECT_EQ(whole.world.Inject(again.Seal()), Verdict(Action::kEstablish)) << field;
  }
}

// Incident 114: a million fragments take no memory; nor is the tiny first one read, which
// leaves the flags for the second (RFC 1858 §3, RFC 3128).
TEST(FragmentTest, AMillionTakeNothing) {
  Scene scene(State::kListen);
  const auto before = Snapshot(scene.world.stack());
  Ipv4Packet tiny = Around(scene.peer.Make(kSyn));
  Ipv4Packet rest = tiny;
  tiny.payload.resize(8);
  tiny.fragment = 0x2000;
  rest.payload.erase(rest.payload.begin(), rest.payload.begin() + 8);
  rest.fragment = 1;
  const Datagram first = tiny.Seal(), second = rest.Seal();
  std::vector<Bytes> burst;
  for (int i = 0; i < 500; ++i) burst.insert(burst.end(), {Bytes(first), Bytes(second)});
  OwnedTxBurst tx(4, 1500);
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(scene.world.stack().Input(scene.world.now(), burst, tx), burst.size());
  EXPECT_TRUE(tx.empty());
  EXPECT_EQ(scene.world.stack().counters()[Drop::kIpFragment], 1'000'000u);
  EXPECT_EQ(Snapshot(scene.world.stack()), before);
}

// RFC 1122 §3.2.1.7: how far a datagram could still have gone does not matter to its end.
TEST(IpFieldsTest, TtlAndIdentificationDecideNothing) {
  for (unsigned value = 0; value < 256; ++value) {
    Scene scene(State::kListen);
    Ipv4Packet ip = Around(scene.peer.Make(kSyn));
    ip.ttl = static_cast<uint8_t>(value);
    ip.id = static_cast<uint16_t>(value * 257);
    EXPECT_EQ(scene.world.Inject(ip.Seal()), Verdict(Action::kQueue));
  }
}

// R1122-3.2.2: what carries neither TCP nor ICMP is dropped, and answered by nothing.
TEST(IpFieldsTest, OtherProtocolsAreSilent) {
  Scene scene(State::kListen);
  Ipv4Packet ip = Around(scene.peer.Make(kSyn));
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    if (protocol == kProtocolTcp || protocol == kProtocolIcmp) continue;
    ip.protocol = static_cast<uint8_t>(protocol);
    EXPECT_EQ(scene.world.Inject(ip.Seal()), Verdict(Action::kDrop, Drop::kIpProtocol));
  }
  EXPECT_TRUE(scene.world.Take().empty());
}

}  // namespace
}  // namespace handfast
