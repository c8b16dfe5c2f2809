// ICMP errors while a connection is being set up, and afterwards.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kTheirs{7777};
constexpr Addr kRouter = Addr::V4(10, 0, 0, 254);

struct Calling {
  explicit Calling(const Config& config) : world(config) {
    socket = *world.stack().Connect(world.now(), {kThere, kTheirs});
    world.Poll();
    syn = world.Take().at(0);
    world.Moved();
  }
  State state() const { return world.stack().Status(socket)->state; }

  World world;
  SocketId socket;
  Datagram syn;
};

// The SYN-ACK of a half-open connection, and its world.
struct Half {
  explicit Half(const Config& config) : world(config) {
    world.Listen();
    peer.SayAt(kSyn, 0);
    synack = world.Take().at(0);
    world.Moved();
  }
  World world;
  HandPeer peer{world, kHttp};
  Datagram synack;
};

// The same segment, some octets later.
Datagram Later(Datagram segment, uint32_t octets) {
  const uint32_t seq = LoadBe32(&segment[24]) + octets;
  StoreBe32(&segment[24], seq);
  return segment;
}

struct Row {
  uint8_t type, code;
  uint16_t mtu;
  Errno error;  // kOk: there is none
  bool half_open_goes;
  bool hard;
};

constexpr Row kRows[] = {
    {3, 0, 0, Errno::kNetUnreach, true, false},
    {3, 1, 0, Errno::kHostUnreach, true, false},
    {3, 2, 0, Errno::kNoProtoOpt, false, true},
    {3, 3, 0, Errno::kConnRefused, false, true},
    {3, 4, 600, Errno::kOk, false, false},
    {3, 5, 0, Errno::kOpNotSupp, false, false},
    {3, 6, 0, Errno::kNetUnreach, false, false},
    {3, 7, 0, Errno::kHostDown, false, false},
    {3, 8, 0, Errno::kNoNet, false, false},
    {3, 9, 0, Errno::kNetUnreach, false, false},
    {3, 10, 0, Errno::kHostUnreach, false, false},
    {3, 11, 0, Errno::kNetUnreach, false, false},
    {3, 12, 0, Errno::kHostUnreach, false, false},
    {3, 13, 0, Errno::kHostUnreach, false, false},
    {3, 15, 0, Errno::kHostUnreach, false, false},
    {3, 16, 0, Errno::kOk, false, false},
    {4, 0, 0, Errno::kOk, false, false},
    {5, 1, 0, Errno::kOk, false, false},
    {11, 0, 0, Errno::kHostUnreach, true, false},
    {12, 0, 0, Errno::kProto, true, false},
};

// E56, ICMP-02, ICMP-03.
TEST(IcmpSetupTest, AsLinuxDoesAnErrorEndsAnAttempt) {
  for (const Row& row : kRows) {
    Calling calling(LinuxConfig());
    calling.world.Inject(IcmpErrorAbout(calling.syn, kRouter, row.type, row.code, row.mtu));
    const bool ends = row.error != Errno::kOk;
    EXPECT_EQ(calling.state(), ends ? State::kClosed : State::kSynSent);
    EXPECT_EQ(calling.world.Moved(), ends ? "Tcp.AttemptFails+1" : "");
    ASSERT_EQ(calling.world.stack().SetInterest(calling.socket, kAllReady), Errno::kOk);
    EXPECT_EQ(calling.world.ToldOf(calling.socket),
              ends ? kReadable | kWritable | kHangup | kErrored : 0);
    EXPECT_EQ(calling.world.stack().TakeError(calling.world.now(), calling.socket), row.error)
        << int{row.type} << "/" << int{row.code};
    EXPECT_TRUE(calling.world.Take().empty());
  }
}

// C1, MUST-47, MUST-54, MUST-55, MUST-56, SHLD-25, SHLD-26, R6633: "not now" is remembered,
// and is the reason if nothing else comes; "never" ends the attempt. Incident 108.
// Incident 110.
TEST(IcmpSetupTest, ByDefaultOnlyAHardErrorEndsAnAttempt) {
  for (const Row& row : kRows) {
    Calling calling(SmallConfig());
    World& world = calling.world;
    ASSERT_EQ(world.stack().SetInterest(calling.socket, kAllReady), Errno::kOk);
    world.Inject(IcmpErrorAbout(calling.syn, kRouter, row.type, row.code, row.mtu));
    EXPECT_EQ(calling.state(), row.hard ? State::kClosed : State::kSynSent);
    const bool soft = !row.hard && row.error != Errno::kOk;
    EXPECT_EQ(world.ToldOf(calling.socket),
              row.hard ? kReadable | kWritable | kHangup | kErrored : (soft ? kAdvised : 0));
    world.Advance(255s);
    EXPECT_EQ(calling.state(), State::kClosed);
    EXPECT_EQ(world.stack().TakeError(world.now(), calling.socket),
              row.error == Errno::kOk ? Errno::kTimedOut : row.error);
  }
}

// The advice can be taken, and then is taken.
TEST(IcmpSetupTest, AdviceIsGivenOnce) {
  Calling calling(SmallConfig());
  World& world = calling.world;
  world.Inject(IcmpErrorAbout(calling.syn, kRouter, 3, 1));
  EXPECT_EQ(world.stack().Status(calling.socket)->soft_error, Errno::kHostUnreach);
  EXPECT_EQ(world.stack().TakeError(world.now(), calling.socket), Errno::kHostUnreach);
  EXPECT_EQ(world.stack().TakeError(world.now(), calling.socket), Errno::kOk);
  world.Advance(255s);
  EXPECT_EQ(world.stack().TakeError(world.now(), calling.socket), Errno::kTimedOut);
}

// E56, ICMP-02. R5927-4.1, I-82: only the SYN's own number counts.
TEST(IcmpSetupTest, AnErrorAboutWhatWasNotSentIsIgnored) {
  for (const uint32_t off : {0u - 1, 1u, 2u, 100u, 1u << 31}) {
    for (const Config& config : {LinuxConfig(), SmallConfig()}) {
      Calling calling(config);
      const Datagram icmp = IcmpErrorAbout(Later(calling.syn, off), kRouter, 3, 3);
      EXPECT_EQ(calling.world.Inject(icmp), Verdict(Action::kDrop, Drop::kIcmpSequence));
      EXPECT_EQ(calling.world.Moved(), "TcpExt.OutOfWindowIcmps+1");
      EXPECT_EQ(calling.state(), State::kSynSent);
    }
  }
}

// E56, ICMP-05.
TEST(IcmpSetupTest, AsLinuxDoesAnUnreachablePeerIsForgotten) {
  for (const Row& row : kRows) {
    Half half(LinuxConfig());
    half.world.Inject(IcmpErrorAbout(half.synack, kRouter, row.type, row.code, row.mtu));
    EXPECT_EQ(half.peer.state(), row.half_open_goes ? State::kNone : State::kSynReceived)
        << int{row.type} << "/" << int{row.code};
    EXPECT_EQ(half.world.Moved(), row.half_open_goes ? "TcpExt.ListenDrops+1" : "");
    EXPECT_TRUE(half.world.Take().empty());
  }
  Half half(LinuxConfig());
  half.world.Inject(IcmpErrorAbout(Later(half.synack, 1), kRouter, 3, 1));
  EXPECT_EQ(half.world.Moved(), "TcpExt.OutOfWindowIcmps+1");
  EXPECT_EQ(half.peer.state(), State::kSynReceived);
}

// C1: nor is a half-open connection ended by what anyone can send.
TEST(IcmpSetupTest, ByDefaultAHalfOpenConnectionIsKept) {
  for (const Row& row : kRows) {
    Half half(SmallConfig());
    half.world.Inject(IcmpErrorAbout(half.synack, kRouter, row.type, row.code, row.mtu));
    EXPECT_EQ(half.peer.state(), State::kSynReceived);
    EXPECT_EQ(half.peer.SayAt(kRst, 1), Verdict(Action::kForget));
  }
}

// R5927-5.2, ICMP-07, SHLD-26 as C1 has it. Incident 108: in a synchronized state every error
// is advice, even about what is in flight.
TEST(IcmpSetupTest, NoErrorEndsAnEstablishedConnection) {
  for (const Config& config : {LinuxConfig(), SmallConfig()}) {
    World world(config);
    const ListenerId listener = world.Listen();
    HandPeer peer(world, kHttp);
    ASSERT_TRUE(peer.Open(OptionList().Mss(1000)));
    const SocketId socket = *world.stack().Accept(world.now(), listener);
    ASSERT_TRUE(world.stack().Write(world.now(), socket, Text(0, 10)));
    world.Poll();
    const Datagram text = world.Take().at(0);
    for (const Row& row : kRows) {
      for (const uint32_t off : {0u - 1, 0u, 9u, 10u})
        world.Inject(IcmpErrorAbout(Later(text, off), kRouter, row.type, row.code, row.mtu));
      EXPECT_EQ(peer.state(), State::kEstablished);
    }
    peer.SayAt(kAck, 1, 11);
    EXPECT_EQ(world.stack().Status(socket)->unacknowledged, 0u);
  }
}

// ICMP-01, ICMP-08: neither nobody nor a listener hears of it.
TEST(IcmpSetupTest, AnErrorAboutNoFlowIsCounted) {
  Half half(LinuxConfig());
  TcpPacket stray = half.peer.At(kAck, 1, 1);
  stray.flow = half.peer.flow.Reversed();
  stray.flow.peer_port = Port{9};
  EXPECT_EQ(half.world.Inject(IcmpErrorAbout(stray.Seal(), kRouter, 3, 3)),
            Verdict(Action::kDrop, Drop::kIcmpNoOwner));
  EXPECT_EQ(half.world.stack().counters()[Counter::kIcmpInErrors], 1u);
  EXPECT_EQ(half.peer.state(), State::kSynReceived);
}

// Incident 92: errors come, are read and come again, in any order, and the attempt goes its
// way.
TEST(IcmpSetupTest, ReadingTheErrorChangesNothingElse) {
  for (unsigned order = 0; order < 16; ++order) {
    Calling calling(SmallConfig());
    World& world = calling.world;
    for (unsigned step = 0; step < 4; ++step) {
      if ((order >> step & 1) != 0)
        world.Inject(IcmpErrorAbout(calling.syn, kRouter, 3, 1));
      else
        (void)world.stack().TakeError(world.now(), calling.socket);
      world.Advance(100ms);
    }
    EXPECT_EQ(calling.state(), State::kSynSent);
    HandPeer peer(world, Port{0}, kTheirs, 5000);
    EXPECT_TRUE(peer.AnswerSyn(*Read(calling.syn)));
  }
}

// R5927-7.2. Incident 109: a SYN is small, and this one got through, so what a router claims
// about it is not believed, not even after a loss. (Claims about text: mtu_test.cc.)
TEST(IcmpSetupTest, AClaimAboutThePathOfASynIsNotBelieved) {
  constexpr uint16_t kMtus[] = {0, 1, 67, 68, 295, 575, 576, 1280, 1499, 1500, 65535};
  for (const uint16_t mtu : kMtus) {
    Calling calling(SmallConfig());
    World& world = calling.world;
    world.Inject(IcmpErrorAbout(calling.syn, kRouter, 3, 4, mtu));
    HandPeer peer(world, Port{0}, kTheirs, 5000);
    ASSERT_TRUE(peer.AnswerSyn(*Read(calling.syn)));
    ASSERT_TRUE(world.stack().Write(world.now(), calling.socket, Text(0, 2000)));
    world.Advance(3s);
    EXPECT_EQ(world.stack().Status(calling.socket)->send_mss, 1460u) << mtu;
  }
}

}  // namespace
}  // namespace handfast
