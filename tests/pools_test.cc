// Pools that run empty, by calls and by the wire: what is refused, what goes on, and that all
// comes back.
//
// I-08, I-12, I-14, I-21, I-74; incidents 46, 47, 48, 53, 56, 60; F-19, F-20.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/compare.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

constexpr Port kWeb{80};

// Peers on ports of their own.
std::vector<HandPeer> Peers(World& world, size_t count) {
  std::vector<HandPeer> peers;
  for (size_t i = 0; i < count; ++i)
    peers.emplace_back(world, kWeb, Port{static_cast<uint16_t>(1000 + i)});
  return peers;
}

// F-20, listeners.
TEST(PoolsTest, WithoutAListenerListenIsEnfile) {
  for (const uint32_t count : {0u, 1u, 3u}) {
    Config config = SmallConfig();
    config.listeners = count;
    World world(config);
    Stack& stack = world.stack();
    std::vector<ListenerId> all;
    for (uint16_t port = 1; port <= count; ++port)
      all.push_back(*stack.Listen(world.now(), {kHere, Port{port}}, 1));
    EXPECT_EQ(WrongRefusal(stack, Errno::kNFile,
                           [&](Stack& s) {
                             return ErrorOf(s.Listen(world.now(), {kHere, Port{99}}, 1));
                           }),
              "");
    EXPECT_TRUE(stack.Connect(world.now(), {kThere, kWeb})) << "others go on";
    for (const ListenerId id : all) EXPECT_EQ(stack.Close(world.now(), id), Errno::kOk);
    EXPECT_EQ(AuditText(stack), "");
  }
}

// F-20, half-open connections: SYNs are dropped and counted, those under way go on, and a
// place that becomes free is used.
TEST(PoolsTest, WithoutARequestASynIsDropped) {
  for (const uint32_t count : {0u, 1u, 3u}) {
    Config config = SmallConfig();
    config.requests = count;
    World world(config);
    Stack& stack = world.stack();
    ASSERT_TRUE(stack.Listen(world.now(), {kHere, kWeb}, 10));
    std::vector<HandPeer> peers = Peers(world, count + 1);
    for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(peers[i].Say(kSyn), Verdict(Action::kQueue));
    std::vector<Seen> synacks = world.TakeSegments();
    const OwnedStack before(stack);
    EXPECT_EQ(peers[count].Say(kSyn), Verdict(Action::kDrop, Drop::kNoMemory));
    EXPECT_TRUE(SameButCounters(*before, stack));
    EXPECT_EQ(stack.counters()[Counter::kTcpExtListenDrops], 1u);
    EXPECT_TRUE(world.Take().empty());
    if (count == 0) continue;
    peers[0].Hear(synacks[0]);
    EXPECT_EQ(peers[0].Say(kAck), Verdict(Action::kEstablish));
    peers[count].seq -= 1;
    EXPECT_EQ(peers[count].Say(kSyn), Verdict(Action::kQueue));
    EXPECT_EQ(AuditText(stack), "");
  }
}

// F-20, connections: the last ACK finds no place and is dropped; the request waits, and the
// next segment of its peer completes it once there is room. Incident 48.
TEST(PoolsTest, WithoutAConnectionTheLastAckWaits) {
  Config config = SmallConfig();
  config.connections = 2;
  World world(config);
  Stack& stack = world.stack();
  const ListenerId listener = *stack.Listen(world.now(), {kHere, kWeb}, 10);
  const SocketId first = *stack.Socket(world.now());
  const SocketId second = *stack.Connect(world.now(), {kThere, Port{7}});
  world.Poll();
  ASSERT_EQ(world.Take().size(), 1u);
  EXPECT_EQ(WrongRefusal(stack, Errno::kNFile,
                         [&](Stack& s) { return ErrorOf(s.Socket(world.now())); }),
            "");
  EXPECT_EQ(
      WrongRefusal(stack, Errno::kNFile,
                   [&](Stack& s) { return ErrorOf(s.Connect(world.now(), {kThere, kWeb})); }),
      "");
  HandPeer peer(world, kWeb);
  ASSERT_EQ(peer.Say(kSyn), Verdict(Action::kQueue));
  peer.Hear(*world.TakeOne());
  EXPECT_EQ(peer.Say(kAck), Verdict(Action::kHold, Drop::kNoMemory));
  EXPECT_EQ(stack.Status(listener)->syn_queue, 1u);
  EXPECT_EQ(AuditText(stack), "");
  ASSERT_EQ(stack.Close(world.now(), first), Errno::kOk);
  EXPECT_EQ(peer.Say(kAck | kPsh, Text(0, 10)), Verdict(Action::kEstablish));
  EXPECT_EQ(stack.Status(listener)->accept_queue, 1u);
  ASSERT_EQ(stack.Abort(world.now(), second), Errno::kOk);
  EXPECT_EQ(AuditText(stack), "");
}

// F-20, TIME-WAIT: the oldest makes room; without any place there is none. I-49 says that it
// is counted.
TEST(PoolsTest, TheOldestTimeWaitMakesRoom) {
  for (const uint32_t count : {0u, 1u, 2u}) {
    Config config = SmallConfig();
    config.time_waits = count;
    World world(config);
    Stack& stack = world.stack();
    const ListenerId listener = *stack.Listen(world.now(), {kHere, kWeb}, 10);
    std::vector<HandPeer> peers = Peers(world, 3);
    for (HandPeer& peer : peers) {
      ASSERT_TRUE(peer.Open());
      const SocketId socket = *stack.Accept(world.now(), listener);
      ASSERT_EQ(stack.Close(world.now(), socket), Errno::kOk);
      world.Poll();
      peer.Hear(*world.TakeOne());
      peer.Say(kFin | kAck);
      EXPECT_EQ(world.Take().size(), 1u) << "the FIN is acknowledged all the same";
      EXPECT_EQ(AuditText(stack), "");
    }
    EXPECT_EQ(stack.tables().time_waits.used(), count);
    EXPECT_EQ(stack.counters()[Counter::kTcpExtTCPTimeWaitOverflow], 3 - count);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_EQ(OwnerOf(stack, peers[i].flow.Reversed()) == Owner::kTimeWait, i >= 3 - count);
    world.Advance(61s);
    EXPECT_EQ(stack.tables().time_waits.used(), 0u);
  }
}

// F-20, memory for text: what cannot be stored is not acknowledged, and sent again; what was
// acknowledged is delivered. Incidents 56, 60.
TEST(PoolsTest, WithoutChunksTextWaitsWithItsSender) {
  Config config = SmallConfig();
  config.chunks = 4;
  config.chunk_bytes = 64;
  StageOptions options;
  options.config = config;
  StageWorld world(Stage::kEstablished, options);
  Stack& stack = world.stack();
  const Instant now = world.world.now();
  uint32_t acknowledged = 0;
  for (int i = 0; i < 20; ++i) {
    world.peer.seq = world.peer.isn + 1 + acknowledged;  // the peer repeats what was not taken
    const Verdict verdict = world.peer.Say(kAck | kPsh, Text(acknowledged, 50));
    world.world.Advance(100ms);
    for (const Seen& seen : world.world.TakeSegments())
      acknowledged = seen.ack - (world.peer.isn + 1);
    EXPECT_EQ(stack.Status(*world.socket)->unread, acknowledged);
    EXPECT_EQ(verdict.drop, i < 4 ? Drop::kNone : Drop::kBuffer) << i;
    EXPECT_EQ(AuditText(stack), "");
  }
  EXPECT_EQ(acknowledged, 3u * 64) << "a quarter of the chunks is for sending";
  EXPECT_EQ(stack.counters()[Counter::kTcpExtTCPRcvQDrop], 16u);
  world.peer.seq += 300;
  EXPECT_EQ(world.peer.Say(kAck | kPsh, Text(0, 50)), Verdict(Action::kAccept, Drop::kBuffer))
      << "nor is there room for text beyond a gap";
  std::vector<uint8_t> buffer(2000);
  const auto count = stack.Read(now, *world.socket, buffer);
  ASSERT_TRUE(count);
  buffer.resize(*count);
  EXPECT_EQ(buffer, Text(0, acknowledged)) << "what was acknowledged is there";

  uint64_t written = 0;
  for (;;) {
    const OwnedStack before(stack);
    const auto taken = stack.Write(now, *world.socket, Text(written, 100));
    if (!taken) {
      EXPECT_EQ(taken.error(), Errno::kNoBufs);
      EXPECT_TRUE(stack == *before);
      break;
    }
    written += *taken;
    ASSERT_LT(written, 1000u);
  }
  EXPECT_EQ(AuditText(stack), "");
  ASSERT_EQ(stack.Abort(now, *world.socket), Errno::kOk);
  world.world.Poll();
  EXPECT_EQ(stack.tables().chunks.used(), 0u);
}

// A little of everything that takes from a pool, in steps that may each be refused: a
// listener, peers that connect, talk and leave, and a connection of our own.
class Bustle {
 public:
  explicit Bustle(const Config& config) : world_(config), peers_(Peers(world_, 3)) {}

  // Each step does its part or is refused. How many did it.
  int Run() {
    int done = 0;
    done += Step([&] { return Listen(); });
    for (HandPeer& peer : peers_) done += Step([&] { return Syn(peer); });
    for (HandPeer& peer : peers_) done += Step([&] { return Ack(peer); });
    for (int i = 0; i < 3; ++i) done += Step([&] { return Accept(); });
    for (HandPeer& peer : peers_) done += Step([&] { return Say(peer); });
    done += Step([&] { return Connect(); });
    for (const SocketId id : sockets_) done += Step([&] { return Write(id); });
    for (const SocketId id : sockets_) done += Step([&] { return Read(id); });
    for (const SocketId id : sockets_) done += Step([&] { return Close(id); });
    for (HandPeer& peer : peers_) done += Step([&] { return Fin(peer); });
    if (listener_) done += Step([&] { return Close(*listener_); });
    return done;
  }

  // All is given back, when everybody has gone and all time has run out.
  std::string Rest() {
    world_.Advance(24h);
    world_.Take();
    return AuditEmpty(world_.stack());
  }

  const std::string& wrong() const { return wrong_; }

 private:
  template <typename Work>
  int Step(Work&& work) {
    const bool done = work();
    for (const Seen& seen : world_.TakeSegments())
      for (HandPeer& peer : peers_)
        if (peer.flow == seen.flow.Reversed()) peer.Hear(seen);
    if (wrong_.empty()) wrong_ = AuditText(world_.stack());
    return done ? 1 : 0;
  }

  Stack& stack() { return world_.stack(); }
  bool Listen() {
    const auto id = stack().Listen(world_.now(), {kHere, kWeb}, 8);
    if (id) listener_ = *id;
    return static_cast<bool>(id);
  }
  bool Syn(HandPeer& peer) { return peer.Say(kSyn).action == Action::kQueue; }
  bool Ack(HandPeer& peer) { return peer.Say(kAck).action == Action::kEstablish; }
  bool Accept() {
    if (!listener_) return false;
    const auto id = stack().Accept(world_.now(), *listener_);
    if (id) sockets_.push_back(*id);
    return static_cast<bool>(id);
  }
  bool Say(HandPeer& peer) {
    return peer.Say(kAck | kPsh, Text(0, 100)) == Verdict(Action::kAccept);
  }
  bool Connect() {
    const auto id = stack().Connect(world_.now(), {kThere, Port{9}});
    world_.Poll();
    if (id) sockets_.push_back(*id);
    return static_cast<bool>(id);
  }
  bool Write(SocketId id) {
    const bool taken = static_cast<bool>(stack().Write(world_.now(), id, Text(0, 100)));
    world_.Poll();
    return taken;
  }
  bool Read(SocketId id) {
    std::vector<uint8_t> buffer(200);
    return static_cast<bool>(stack().Read(world_.now(), id, buffer));
  }
  template <typename Id>
  bool Close(Id id) {
    const bool closed = stack().Close(world_.now(), id) == Errno::kOk;
    world_.Poll();
    return closed;
  }
  bool Fin(HandPeer& peer) { return peer.Say(kFin | kAck).action == Action::kAccept; }

  World world_;
  std::vector<HandPeer> peers_;
  std::optional<ListenerId> listener_;
  std::vector<SocketId> sockets_;
  std::string wrong_;
};

// F-19 and incident 60: the n-th taking of each pool fails, and all later ones, for each n.
// Nothing breaks, nothing is left over, and more room never does less.
TEST(PoolsTest, EachPoolMayRunOutAtEachStep) {
  uint32_t Config::* const kPools[] = {&Config::listeners, &Config::requests,
                                       &Config::connections, &Config::time_waits,
                                       &Config::chunks};
  Bustle ample(SmallConfig());
  const int all = ample.Run();
  EXPECT_EQ(all, 28) << "all but writing and reading while connecting";
  EXPECT_EQ(ample.wrong(), "");
  EXPECT_EQ(ample.Rest(), "");
  for (uint32_t Config::* const pool : kPools) {
    int before = 0;
    for (uint32_t n = 0; n <= 16; ++n) {
      Config config = SmallConfig();
      config.*pool = n;
      if (config.Invalid() != nullptr) continue;
      Bustle bustle(config);
      const int done = bustle.Run();
      EXPECT_EQ(bustle.wrong(), "") << n;
      EXPECT_EQ(bustle.Rest(), "") << n;
      EXPECT_GE(done, before) << n;
      before = done;
    }
    EXPECT_EQ(before, all);
  }
}

}  // namespace
}  // namespace handfast
