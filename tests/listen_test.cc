// Segments for a port where somebody listens, or nobody; what is answered, and how.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kNobody{81};
constexpr unsigned kEcnSyn = kSyn | kEce | kCwr;
constexpr unsigned kAe = 0x100;  // the lowest of the reserved bits

constexpr const char* kSynAck = "S. 0 ack 1 win 64240 <mss 1460>";
constexpr const char* kEcnSynAck = "SE. 0 ack 1 win 64240 <mss 1460>";
constexpr const char* kRstOfAck = "R abs7000 win 0";

// One segment from a peer whose ISN is 5000, with ACK 7000 if it has one.
struct Row {
  unsigned flags;
  size_t length;
  const char* listening;  // the answer of a listener
  const char* closed;     // the answer of a port where nobody listens
};

constexpr Row kRows[] = {
    {0, 0, "", "R. abs0 ack 0 win 0"},
    {kFin, 0, "", "R. abs0 ack 1 win 0"},
    {kPsh, 0, "", "R. abs0 ack 0 win 0"},
    {kUrg, 0, "", "R. abs0 ack 0 win 0"},
    {kAck, 0, kRstOfAck, kRstOfAck},
    {kRst, 0, "", ""},
    {kRst | kAck, 0, "", ""},
    {kFin | kAck, 0, kRstOfAck, kRstOfAck},
    {kFin | kPsh | kUrg, 0, "", "R. abs0 ack 1 win 0"},
    {kEce | kCwr, 0, "", "R. abs0 ack 0 win 0"},
    {kSyn | kAck, 0, kRstOfAck, kRstOfAck},
    {kSyn | kRst, 0, "", ""},
    {kSyn | kFin, 0, "", "R. abs0 ack 2 win 0"},
    {kSyn | kFin | kAck, 0, kRstOfAck, kRstOfAck},
    {kSyn | kRst | kAck, 0, "", ""},
    {kSyn | kUrg, 0, kSynAck, "R. abs0 ack 1 win 0"},
    {kSyn | kPsh, 0, kSynAck, "R. abs0 ack 1 win 0"},
    {kEcnSyn, 0, kEcnSynAck, "R. abs0 ack 1 win 0"},
    {kSyn | kEce, 0, kSynAck, "R. abs0 ack 1 win 0"},
    {kSyn | kCwr, 0, kSynAck, "R. abs0 ack 1 win 0"},
    {kSyn | kAe, 0, kSynAck, "R. abs0 ack 1 win 0"},
    {kEcnSyn | kAe, 0, kEcnSynAck, "R. abs0 ack 1 win 0"},
    {0, 10, "", "R. abs0 ack 10 win 0"},
    {kSyn, 10, kSynAck, "R. abs0 ack 11 win 0"},
    {kSyn | kFin, 10, "", "R. abs0 ack 12 win 0"},
    {kAck, 5, kRstOfAck, kRstOfAck},
    {kFin, 5, "", "R. abs0 ack 6 win 0"},
    {kRst, 5, "", ""},
};

std::string CountersOf(const std::string& answer) {
  if (answer.empty()) return "";
  return answer[0] == 'R' ? "Tcp.OutRsts+1, Tcp.OutSegs+1" : "Tcp.OutSegs+1";
}

// E01, LIS-01..08, RSTR-01..04, RCV-04. RFC 9293 §3.5.2. Incident 21. Incident 68. Incident 69.
// Incident 127. A SYN's text is neither acknowledged nor kept (incident 104).
TEST(ListenTest, EachCombinationOfFlagsHasItsAnswer) {
  World world(LinuxConfig());
  world.Listen(64);
  uint16_t port = 20000;
  for (const Row& row : kRows) {
    for (const Port to : {kHttp, kNobody}) {
      HandPeer peer(world, to, Port{port++}, 5000);
      const std::string answer = to == kHttp ? row.listening : row.closed;
      const std::string which =
          ShowFlags(row.flags) + " with " + std::to_string(row.length) + " octets";
      peer.SayAt(row.flags, 0, 7000, row.length);
      EXPECT_EQ(peer.Heard(), answer) << which;
      EXPECT_EQ(world.Moved(), CountersOf(answer)) << which;
      const bool opens = answer[0] == 'S';
      EXPECT_EQ(peer.state(), opens ? State::kSynReceived : State::kNone) << which;
    }
  }
}

// E01, RCV-02, MUST-3. Incident 12.
TEST(ListenTest, ABadChecksumIsCountedAndHasNoEffect) {
  World world(LinuxConfig());
  world.Listen();
  for (const Port to : {kHttp, kNobody}) {
    for (const unsigned flags : {unsigned{kSyn}, unsigned{kAck}, unsigned{kRst}}) {
      HandPeer peer(world, to, Port{21000}, 5000);
      TcpPacket packet = peer.At(flags, 0, 7000);
      packet.bad_checksum = true;
      EXPECT_EQ(world.Inject(packet), Verdict(Action::kDrop, Drop::kTcpChecksum));
      EXPECT_EQ(peer.Heard(), "");
      EXPECT_EQ(world.Moved(), "Tcp.InCsumErrors+1, Tcp.InErrs+1");
      EXPECT_EQ(peer.state(), State::kNone);
    }
  }
}

// E67, RSTR-03, RSTR-04. The ECN field is not copied.
TEST(ListenTest, ARstTakesTheClassOfServiceButNoOptions) {
  struct {
    unsigned flags;
    uint8_t tos;
    size_t length;
    const char* answer;
  } const rows[] = {
      {kAck, 0xb9, 0, "R abs77 win 0 tos 0xb8"},
      {kSyn, 0x10, 0, "R. abs0 ack 1 win 0 tos 0x10"},
      {kFin | kAck, 0, 3, "R abs77 win 0"},
      {0, 0x03, 3, "R. abs0 ack 3 win 0"},
  };
  World world(LinuxConfig());
  for (const auto& row : rows) {
    HandPeer peer(world, kNobody, Port{22000}, 5000);
    TcpPacket packet = peer.At(row.flags, 0, 77, row.length);
    packet.tos = row.tos;
    packet.options.Timestamps(1, 2).Nop(2);
    world.Inject(packet);
    EXPECT_EQ(peer.Heard(), row.answer);
  }
}

// E85, RCV-01. Incident 10. A data offset below 5 is an error in the count, one beyond the
// end is not.
TEST(ListenTest, ADataOffsetThatCannotBeIsDropped) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket packet = peer.At(kSyn, 0);
  packet.data_offset = 4;
  EXPECT_EQ(world.Inject(packet), Verdict(Action::kDrop, Drop::kTcpDataOffset));
  EXPECT_EQ(world.Moved(), "Tcp.InErrs+1");
  packet.data_offset = 15;
  EXPECT_EQ(world.Inject(packet), Verdict(Action::kDrop, Drop::kTcpTooShort));
  EXPECT_EQ(world.Moved(), "");
  EXPECT_EQ(peer.Heard(), "");
}

// Incident 24. Differs from Linux: port 0 is answered there, by SYN-ACK and RST (E85).
TEST(ListenTest, PortZeroIsNobodys) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer from_zero(world, kHttp, Port{0});
  EXPECT_EQ(from_zero.SayAt(kSyn, 0), Verdict(Action::kDrop, Drop::kTcpPortZero));
  HandPeer to_zero(world, Port{0});
  EXPECT_EQ(to_zero.SayAt(kSyn, 0), Verdict(Action::kDrop, Drop::kTcpPortZero));
  EXPECT_EQ(from_zero.Heard() + to_zero.Heard(), "");
}

// MUST-57, MUST-63, CREQ-00, E85, E57. Incident 25. Incident 26. Differs from Linux: a SYN to a
// group counts as a listen drop there.
TEST(ListenTest, OnlyUnicastMeetsAListener) {
  const Addr broadcast = Addr::V4(10, 0, 0, 255), multicast = Addr::V4(224, 0, 0, 1),
             everywhere = Addr::V4(255, 255, 255, 255);
  World world(LinuxConfig());
  world.Listen();
  for (const Addr& source : {Addr::AnyV4(), everywhere, multicast, broadcast, kHere,
                             Addr::V4(127, 0, 0, 1), Addr::V4(240, 0, 0, 1)}) {
    HandPeer peer(world, kHttp, Port{80}, 1000, source);
    EXPECT_EQ(peer.SayAt(kSyn, 0), Verdict(Action::kDrop, Drop::kIpSource));
  }
  for (const Addr& destination : {broadcast, multicast, everywhere}) {
    HandPeer peer(world, kHttp);
    peer.flow.peer = destination;
    EXPECT_EQ(peer.SayAt(kSyn, 0), Verdict(Action::kDrop, Drop::kIpGroupDestination));
  }
  HandPeer stray(world, kHttp);
  stray.flow.peer = Addr::V4(10, 0, 0, 9);
  EXPECT_EQ(stray.SayAt(kSyn, 0), Verdict(Action::kDrop, Drop::kIpNotForUs));
  EXPECT_TRUE(world.Take().empty());
  EXPECT_EQ(world.Moved(), "");
}

// MUST-43. LSTN-02, HASH-05: the most specific listener takes the SYN.
TEST(ListenTest, AListenerOnOneAddressTakesNothingForAnother) {
  const Addr other = Addr::V4(10, 0, 0, 7);
  Config config = LinuxConfig();
  config.With(other, 24);
  World world(config);
  const auto one = world.stack().Listen(world.now(), {other, kHttp}, 5);
  ASSERT_TRUE(one);
  HandPeer peer(world, kHttp);
  peer.SayAt(kSyn, 0);
  EXPECT_EQ(peer.Heard(), "R. abs0 ack 1 win 0");
  peer.flow.peer = other;
  peer.SayAt(kSyn, 0);
  EXPECT_EQ(peer.Heard(), "S. 0 ack 1 win 64240 <mss 1460>");
  EXPECT_EQ(world.stack().Status(*one)->syn_queue, 1u);
}

// LSTN-03, LSTN-04, E57.
TEST(ListenTest, TheBacklogIsClampedWithoutSign) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  struct {
    int asked;
    uint32_t in_force;
  } const rows[] = {{-1, 4096}, {-100, 4096}, {0, 0},         {1, 1},
                    {5, 5},     {4096, 4096}, {100000, 4096}, {INT32_MIN, 4096}};
  for (const auto& row : rows) {
    ASSERT_EQ(world.stack().SetBacklog(world.now(), listener, row.asked), Errno::kOk);
    EXPECT_EQ(world.stack().Status(listener)->backlog, row.in_force) << row.asked;
  }
  Config config = LinuxConfig();
  config.somaxconn = 7;
  World small(config);
  EXPECT_EQ(small.stack().Status(small.Listen(100))->backlog, 7u);
}

// LSTN-01, E39: what was connected, or is being, does not listen. MUST-41: another listener
// disturbs no connection.
TEST(ListenTest, ListeningAgainIsAnErrorAndDisturbsNobody) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  ASSERT_TRUE(peer.Open());
  EXPECT_EQ(world.stack().Listen(world.now(), {Addr::AnyV4(), kHttp}, 5).error(),
            Errno::kAddrInUse);
  EXPECT_EQ(world.stack().Listen(world.now(), {kHere, kHttp}, 5).error(), Errno::kAddrInUse);
  EXPECT_TRUE(world.stack().Listen(world.now(), {Addr::AnyV4(), Port{8080}}, 5));
  EXPECT_EQ(peer.state(), State::kEstablished);
  const SocketId child = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(world.stack().Listen(world.now(), child, 5).error(), Errno::kInval);
  const auto connecting = world.stack().Connect(world.now(), {kThere, kHttp});
  EXPECT_EQ(world.stack().Listen(world.now(), *connecting, 5).error(), Errno::kInval);
}

// MUST-42: LISTEN on a port whose connections are in SYN-SENT and SYN-RECEIVED.
TEST(ListenTest, APortInUseByConnectionsCanBeListenedOn) {
  Config config = LinuxConfig();
  config.ephemeral = {80, 80};
  World world(config);
  ASSERT_TRUE(world.stack().Connect(world.now(), {kThere, Port{7777}}));
  ASSERT_TRUE(world.stack().Connect(world.now(), {kThere, Port{7778}}));
  world.Poll();
  HandPeer crossing(world, kHttp, Port{7778});
  crossing.SayAt(kSyn, 0);
  ASSERT_EQ(crossing.state(), State::kSynReceived);
  EXPECT_TRUE(world.stack().Listen(world.now(), {Addr::AnyV4(), kHttp}, 5));
  HandPeer peer(world, kHttp);
  EXPECT_EQ(peer.SayAt(kSyn, 0), Verdict(Action::kQueue));
}

}  // namespace
}  // namespace handfast
