// Which port connect() takes, and when there is none.

#include <gtest/gtest.h>

#include <set>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Endpoint kPeer{kThere, Port{7777}};
constexpr uint16_t kFirst = 30'000;

Config WithPorts(uint16_t count) {
  Config config = LinuxConfig();
  config.connections = 64;
  config.listeners = 64;
  config.ephemeral = {kFirst, static_cast<uint16_t>(kFirst + count - 1)};
  return config;
}

Port PortOf(const World& world, SocketId socket) {
  return world.stack().Status(socket)->flow.local_port;
}

// HCON-08, HCON-10, HCON-12, R6056-3.2, R6056-4-tuple, I-63. Differs from Linux: a range with
// an odd number of ports is used whole.
TEST(EphemeralPortTest, EachPortOfTheRangeServesOnceForAPeer) {
  for (uint16_t count = 1; count <= 40; ++count) {
    World world(WithPorts(count));
    std::set<Port> ports;
    std::vector<SocketId> sockets;
    for (uint16_t i = 0; i < count; ++i) {
      const auto socket = world.stack().Connect(world.now(), kPeer);
      ASSERT_TRUE(socket) << count << " " << i;
      sockets.push_back(*socket);
      const auto port = static_cast<uint16_t>(PortOf(world, *socket));
      EXPECT_GE(port, kFirst);
      EXPECT_LT(port, kFirst + count);
      ports.insert(Port{port});
    }
    EXPECT_EQ(ports.size(), count);
    EXPECT_EQ(world.stack().Connect(world.now(), kPeer).error(), Errno::kAddrNotAvail);
    EXPECT_TRUE(world.stack().Connect(world.now(), {kThere, Port{7778}})) << "another peer";
    EXPECT_TRUE(world.stack().Connect(world.now(), {Addr::V4(10, 0, 0, 3), kPeer.port}));
    const Port freed = PortOf(world, sockets[count / 2]);
    ASSERT_EQ(world.stack().Close(world.now(), sockets[count / 2]), Errno::kOk);
    const auto again = world.stack().Connect(world.now(), kPeer);
    ASSERT_TRUE(again);
    EXPECT_EQ(PortOf(world, *again), freed);
    world.Poll();
  }
}

// Incident 61, I-12, ACT-12: a call that fails leaves the socket as it was.
TEST(EphemeralPortTest, WithoutAFreePortNothingChanges) {
  World world(WithPorts(2));
  const SocketId first = *world.stack().Connect(world.now(), kPeer);
  ASSERT_TRUE(world.stack().Connect(world.now(), kPeer));
  const SocketId late = *world.stack().Socket(world.now());
  world.Poll();
  const uint64_t before = world.stack().Hash();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(world.stack().Connect(world.now() + 5s, late, kPeer), Errno::kAddrNotAvail);
  EXPECT_EQ(world.stack().Hash(), before);
  const Port freed = PortOf(world, first);
  ASSERT_EQ(world.stack().Close(world.now(), first), Errno::kOk);
  EXPECT_EQ(world.stack().Connect(world.now(), late, kPeer), Errno::kOk);
  EXPECT_EQ(PortOf(world, late), freed);
}

enum class Holder { kNone, kListener, kBound, kFlow, kTimeWait };

// Occupies one port of the range.
void Occupy(World& world, Port port, Holder holder) {
  Stack& stack = world.stack();
  if (holder == Holder::kNone) return;
  if (holder == Holder::kListener) {
    ASSERT_TRUE(stack.Listen(world.now(), {kHere, port}, 1));
    return;
  }
  const SocketId socket = *stack.Socket(world.now());
  ASSERT_EQ(stack.Bind(world.now(), socket, {Addr::AnyV4(), port}), Errno::kOk);
  if (holder == Holder::kBound) return;
  ASSERT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kOk);
  world.Poll();
  HandPeer peer(world, port, kPeer.port, 5000);
  ASSERT_TRUE(peer.AnswerSyn(*world.TakeOne()));
  world.Take();
  if (holder == Holder::kFlow) return;
  ASSERT_EQ(stack.Close(world.now(), socket), Errno::kOk);
  world.Poll();
  world.Take();
  peer.SayAt(kFin | kAck, 1, 2);
  ASSERT_EQ(peer.state(), State::kTimeWait);
  world.Take();
}

// Incident 130. HCON-06, HCON-07: four ports, each free, listened on, bound, in use for this
// peer, or in TIME-WAIT: exactly the free ones are taken.
TEST(EphemeralPortTest, ExactlyTheFreePortsAreTaken) {
  for (int kinds = 0; kinds < 625; ++kinds) {
    World world(WithPorts(4));
    std::set<Port> free, taken;
    for (int i = 0, rest = kinds; i < 4; ++i, rest /= 5) {
      const Port port{static_cast<uint16_t>(kFirst + i)};
      const auto holder = static_cast<Holder>(rest % 5);
      Occupy(world, port, holder);
      if (holder == Holder::kNone) free.insert(port);
    }
    for (;;) {
      const auto socket = world.stack().Connect(world.now(), kPeer);
      if (!socket) {
        EXPECT_EQ(socket.error(), Errno::kAddrNotAvail);
        break;
      }
      taken.insert(PortOf(world, *socket));
    }
    ASSERT_EQ(taken, free) << kinds;
  }
}

// HCON-01, HCON-07: a bound socket has but its port.
TEST(EphemeralPortTest, ABoundPortIsKeptOrRefused) {
  World world(WithPorts(4));
  Stack& stack = world.stack();
  const SocketId socket = *stack.Socket(world.now());
  ASSERT_EQ(stack.Bind(world.now(), socket, {Addr::AnyV4(), Port{5555}}), Errno::kOk);
  ASSERT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kOk);
  EXPECT_EQ(PortOf(world, socket), Port{5555});
  const SocketId second = *stack.Socket(world.now());
  EXPECT_EQ(stack.Bind(world.now(), second, {kHere, Port{5555}}), Errno::kAddrInUse);
  EXPECT_EQ(stack.Bind(world.now(), second, {kThere, Port{5556}}), Errno::kAddrNotAvail);
  EXPECT_EQ(stack.Bind(world.now(), second, {kHere, Port{5556}}), Errno::kOk);
  EXPECT_EQ(stack.Bind(world.now(), second, {kHere, Port{5557}}), Errno::kInval);
}

// E39, BIND-02. Differs from Linux: no socket is bound to a group address.
TEST(EphemeralPortTest, OnlyAnAddressOfOursCanBeBound) {
  struct {
    Addr addr;
    Errno error;
  } const rows[] = {{Addr::V4(203, 0, 113, 99), Errno::kAddrNotAvail},
                    {Addr::V4(224, 0, 0, 1), Errno::kAddrNotAvail},
                    {Addr::V4(10, 0, 0, 255), Errno::kAddrNotAvail},
                    {Addr{{0x20010db8, 0, 0, 1}}, Errno::kAfNoSupport},
                    {Addr::AnyV4(), Errno::kOk}};
  World world(LinuxConfig());
  const SocketId socket = *world.stack().Socket(world.now());
  for (const auto& row : rows)
    EXPECT_EQ(world.stack().Bind(world.now(), socket, {row.addr, Port{5555}}), row.error);
  EXPECT_EQ(world.stack().Bind(world.now(), socket, {Addr::AnyV4(), Port{5556}}),
            Errno::kInval);
}

// A bound socket whose flow a child of a listener has.
TEST(EphemeralPortTest, ABoundSocketDoesNotTakeAFlowThatIsInUse) {
  World world(WithPorts(4));
  Stack& stack = world.stack();
  const ListenerId listener = world.Listen(5, Port{5555});
  HandPeer peer(world, Port{5555}, kPeer.port);
  ASSERT_TRUE(peer.Open());
  const SocketId child = *stack.Accept(world.now(), listener);
  ASSERT_EQ(stack.Close(world.now(), listener), Errno::kOk);
  const SocketId socket = *stack.Socket(world.now());
  ASSERT_EQ(stack.Bind(world.now(), socket, {Addr::AnyV4(), Port{5555}}), Errno::kOk);
  EXPECT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kAddrNotAvail);
  peer.SayAt(kRst, 1);
  EXPECT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kOk);
  EXPECT_EQ(stack.Status(child)->state, State::kClosed);
}

// C4, R6056-3.3, HCON-03. Incident 31. Incident 32: which port comes next follows neither from
// the destination nor from the ports before.
TEST(EphemeralPortTest, PortsAreDrawnWithoutAPattern) {
  Config config = LinuxConfig();
  config.ephemeral = {1024, 65535};
  World world(config);
  std::set<uint16_t> ports;
  std::set<int> steps;
  int last = 0;
  for (int i = 0; i < 500; ++i) {
    const SocketId socket = *world.stack().Connect(world.now(), kPeer);
    const auto port = static_cast<uint16_t>(PortOf(world, socket));
    ports.insert(port);
    steps.insert(port - last);
    last = port;
    ASSERT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
  }
  EXPECT_GT(ports.size(), 490u);
  EXPECT_GT(steps.size(), 480u);
  const auto half = std::distance(ports.begin(), ports.lower_bound(33'280));
  EXPECT_NEAR(static_cast<double>(half), 250, 60);
}

}  // namespace
}  // namespace handfast
