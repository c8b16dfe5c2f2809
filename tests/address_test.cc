// Which addresses and ports may talk, and which are answered by silence.

#include "stack/wire/address.h"

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr LocalAddr kLocals[] = {{kHere, 24},
                                 {Addr::V4(192, 168, 7, 5), 30},
                                 {Addr::V4(172, 16, 0, 0), 31},
                                 {Addr::V4(203, 0, 113, 9), 32}};

constexpr unsigned kFlags[] = {kSyn, kAck, kSyn | kAck, kRst, kFin | kAck, 0};

struct Case {
  Addr addr;
  const char* what;
};

// Sources that no datagram on the wire can have (RFC 1122 §3.2.1.3).
constexpr Case kNoPeers[] = {
    {Addr::V4(0, 0, 0, 0), "unspecified"},
    {Addr::V4(0, 1, 2, 3), "this network"},
    {Addr::V4(255, 255, 255, 255), "limited broadcast"},
    {Addr::V4(224, 0, 0, 1), "multicast"},
    {Addr::V4(239, 255, 255, 255), "multicast, the last"},
    {Addr::V4(240, 0, 0, 1), "class E"},
    {Addr::V4(10, 0, 0, 255), "broadcast of our subnet"},
    {Addr::V4(10, 0, 0, 0), "our subnet itself"},
    {Addr::V4(127, 0, 0, 1), "loopback"},
    {Addr::V4(127, 255, 0, 1), "loopback, too"},
    {kHere, "our own"},
};

TEST(AddressTest, APeerIsAUnicastAddressOfAnotherHost) {
  for (const auto& [addr, what] : kNoPeers) EXPECT_FALSE(IsPeer(addr, {kLocals, 1})) << what;
  for (const Addr addr :
       {Addr::V4(10, 0, 0, 2), Addr::V4(10, 0, 0, 254), Addr::V4(10, 0, 1, 0),
        Addr::V4(10, 0, 1, 255), Addr::V4(1, 0, 0, 1), Addr::V4(8, 8, 8, 8),
        Addr::V4(126, 255, 255, 255), Addr::V4(128, 0, 0, 0), Addr::V4(223, 255, 255, 255)})
    EXPECT_TRUE(IsPeer(addr, {kLocals, 1})) << std::hex << addr.v4();
}

// The edges of small subnets: 30 bits have two hosts, 31 have two and no broadcast address
// (RFC 3021), 32 have nobody but us.
TEST(AddressTest, TheEndsOfASubnetAreNoHosts) {
  const auto peer = [](uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return IsPeer(Addr::V4(a, b, c, d), kLocals);
  };
  EXPECT_FALSE(peer(192, 168, 7, 4));
  EXPECT_FALSE(peer(192, 168, 7, 5)) << "our own";
  EXPECT_TRUE(peer(192, 168, 7, 6));
  EXPECT_FALSE(peer(192, 168, 7, 7));
  EXPECT_TRUE(peer(192, 168, 7, 8)) << "of the next subnet nothing is known";
  EXPECT_FALSE(peer(172, 16, 0, 0)) << "our own";
  EXPECT_TRUE(peer(172, 16, 0, 1));
  EXPECT_TRUE(peer(203, 0, 113, 8));
  EXPECT_FALSE(peer(203, 0, 113, 9)) << "our own";
  EXPECT_TRUE(IsGroup(Addr::V4(192, 168, 7, 7), kLocals));
  EXPECT_FALSE(IsGroup(Addr::V4(172, 16, 0, 1), kLocals));
  EXPECT_FALSE(IsGroup(Addr::V4(203, 0, 113, 9), kLocals));
}

TEST(AddressTest, AMaskHasItsBitsInFront) {
  EXPECT_EQ(NetMaskV4(0), 0u);
  EXPECT_EQ(NetMaskV4(1), 0x8000'0000u);
  EXPECT_EQ(NetMaskV4(24), 0xffff'ff00u);
  EXPECT_EQ(NetMaskV4(32), 0xffff'ffffu);
}

// A host has none of these as its address, in any profile.
TEST(AddressTest, AConfigTakesNoAddressThatAHostCannotHave) {
  for (const auto& [addr, what] : kNoPeers) {
    if (addr == kHere) continue;
    EXPECT_STREQ(SmallConfig(Config().With(addr, 24)).Invalid(), "addresses") << what;
  }
  for (const uint32_t bits : {0u, 33u, 255u})
    EXPECT_STREQ(SmallConfig(Config().With(kHere, bits)).Invalid(), "addresses") << bits;
  EXPECT_STREQ(SmallConfig(Config().With(Addr{{0x20010db8, 0, 0, 1}}, 32)).Invalid(),
               "addresses");
  EXPECT_EQ(SmallConfig(Config().With(Addr::V4(10, 0, 0, 0), 31)).Invalid(), nullptr);
  EXPECT_EQ(SmallConfig(Config().With(Addr::V4(10, 0, 0, 255), 32)).Invalid(), nullptr);
}

// The flow of the scene, and a stranger's, from an address and to one.
void ExpectSilence(State state, const Addr& from, const Addr& to, const char* what) {
  for (const unsigned flags : kFlags) {
    Scene scene(state);
    const auto before = Snapshot(scene.world.stack());
    for (const Port port : {scene.peer.flow.local_port, Port{5}, kHttp}) {
      TcpPacket packet = scene.peer.Make(flags, Text(0, 4));
      packet.flow.local = from;
      packet.flow.peer = to;
      packet.flow.local_port = port;
      ASSERT_NE(scene.world.Inject(packet).drop, Drop::kNone) << what;
      ASSERT_TRUE(scene.world.Take().empty()) << what << " gets an answer";
    }
    ASSERT_EQ(Snapshot(scene.world.stack()), before) << what;
    ASSERT_EQ(AuditText(scene.world.stack()), "");
  }
}

// Incident 25. MUST-63, R1122-3.2.1.3: neither state nor answer, with or without a listener.
TEST(SilenceTest, ForASourceThatCannotBe) {
  for (const State state : {State::kClosed, State::kListen, State::kEstablished})
    for (const auto& [addr, what] : kNoPeers) ExpectSilence(state, addr, kHere, what);
}

// Incident 25. MUST-57.
TEST(SilenceTest, ForADestinationThatIsNotOursAlone) {
  for (const State state : {State::kClosed, State::kListen, State::kEstablished}) {
    ExpectSilence(state, kThere, Addr::V4(255, 255, 255, 255), "limited broadcast");
    ExpectSilence(state, kThere, Addr::V4(10, 0, 0, 255), "broadcast of our subnet");
    ExpectSilence(state, kThere, Addr::V4(10, 0, 0, 0), "our subnet");
    ExpectSilence(state, kThere, Addr::V4(224, 0, 0, 1), "multicast");
    ExpectSilence(state, kThere, Addr::V4(10, 0, 0, 3), "another host");
    ExpectSilence(state, kThere, Addr::V4(127, 0, 0, 1), "loopback");
    ExpectSilence(state, kThere, Addr::V4(0, 0, 0, 0), "unspecified");
  }
}

// Incident 26: from us to us, on one port or two, on one of our addresses or two.
TEST(SilenceTest, ForASegmentFromOurselves) {
  Config config = SmallConfig(Config().With(kHere, 24).With(Addr::V4(10, 9, 0, 1), 16));
  World world(config);
  world.Listen();
  const auto before = Snapshot(world.stack());
  for (const Addr from : {kHere, Addr::V4(10, 9, 0, 1)})
    for (const Port port : {kHttp, Port{81}})
      for (const unsigned flags : kFlags) {
        TcpPacket land;
        land.flow = {from, kHere, port, kHttp};
        land.flags = flags;
        EXPECT_EQ(world.Inject(land), Verdict(Action::kDrop, Drop::kIpSource));
        EXPECT_TRUE(world.Take().empty());
      }
  EXPECT_EQ(Snapshot(world.stack()), before);
  EXPECT_TRUE(world.stack().next_deadline().never()) << "no timer is armed";
}

// MUST-46, Incident 26: nor do we connect to such an address. I-12: nothing comes of it.
TEST(SilenceTest, NobodyConnectsToAnAddressThatCannotBe) {
  World world;
  const SocketId socket = *world.stack().Socket(world.now());
  const auto before = Snapshot(world.stack());
  const auto connect = [&](const Addr& addr, Port port) {
    return world.stack().Connect(world.now(), socket, {addr, port});
  };
  for (const auto& [addr, what] : kNoPeers)
    EXPECT_EQ(connect(addr, kHttp), Errno::kNetUnreach) << what;
  EXPECT_EQ(connect(kThere, Port{0}), Errno::kInval);
  EXPECT_EQ(connect(Addr{{0x20010db8, 0, 0, 1}}, kHttp), Errno::kAfNoSupport);
  world.Poll();
  EXPECT_TRUE(world.Take().empty());
  EXPECT_EQ(Snapshot(world.stack()), before);
}

// Incident 24: port 0 is nobody's.
TEST(PortZeroTest, IsSilent) {
  for (const State state : {State::kClosed, State::kListen, State::kEstablished})
    for (const unsigned flags : kFlags) {
      Scene scene(state);
      const auto before = Snapshot(scene.world.stack());
      TcpPacket from = scene.peer.Make(flags), to = scene.peer.Make(flags);
      from.flow.local_port = Port{0};
      to.flow.peer_port = Port{0};
      for (const TcpPacket& packet : {from, to}) {
        EXPECT_EQ(scene.world.Inject(packet), Verdict(Action::kDrop, Drop::kTcpPortZero));
        EXPECT_TRUE(scene.world.Take().empty());
      }
      EXPECT_EQ(Snapshot(scene.world.stack()), before);
    }
}

// Incident 24. RFC 9293 §3.10.5: which states tell the peer; the RST has the flow's own
// addresses and ports, and the number that the peer waits for.
TEST(AbortTest, TheResetCarriesTheFlow) {
  const struct {
    State state;
    bool tells;
  } cases[] = {{State::kSynSent, false}, {State::kEstablished, true}, {State::kFinWait1, true},
               {State::kFinWait2, true}, {State::kCloseWait, true},   {State::kClosing, false},
               {State::kLastAck, false}};
  for (const auto& [state, tells] : cases) {
    Scene scene(state);
    ASSERT_EQ(scene.world.stack().Abort(scene.world.now(), scene.socket), Errno::kOk);
    scene.world.Poll();
    const std::vector<Seen> out = scene.world.TakeSegments();
    ASSERT_EQ(out.size(), tells ? 1u : 0u) << Name(state);
    if (!tells) continue;
    EXPECT_TRUE(out[0].has(kRst));
    EXPECT_EQ(out[0].flow, scene.peer.flow.Reversed());
    EXPECT_EQ(out[0].seq, scene.peer.ack);
  }
}

}  // namespace
}  // namespace handfast
