// The public face, used wrongly: each call answers with the errno that its comment names, and
// leaves the stack as it was, bit for bit.
//
// I-12, I-24; incidents 61, 78, 89, 123; MUST-46; F-22; E39.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/compare.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

template <typename Call>
void ExpectError(World& world, Errno want, const std::string& what, Call&& call) {
  const Instant now = world.now();
  EXPECT_EQ(WrongRefusal(world.stack(), want, [&](Stack& s) { return call(s, now); }), "")
      << what;
}

using SocketCall = std::function<Errno(Stack&, Instant, SocketId)>;
using ListenerCall = std::function<Errno(Stack&, Instant, ListenerId)>;
template <typename Call>
struct Named {
  const char* name;
  Call call;
};

// Every call that takes a socket.
std::vector<Named<SocketCall>> SocketCalls() {
  static std::vector<uint8_t> buffer(10);
  using S = Stack;
  using I = Instant;
  using Id = SocketId;
  return {
      {"Bind", [](S& s, I t, Id id) { return s.Bind(t, id, {kHere, Port{7}}); }},
      {"Listen", [](S& s, I t, Id id) { return ErrorOf(s.Listen(t, id, 1)); }},
      {"Connect", [](S& s, I t, Id id) { return s.Connect(t, id, {kThere, Port{7}}); }},
      {"Read", [](S& s, I t, Id id) { return ErrorOf(s.Read(t, id, buffer)); }},
      {"Write", [](S& s, I t, Id id) { return ErrorOf(s.Write(t, id, buffer)); }},
      {"Shutdown", [](S& s, I t, Id id) { return s.Shutdown(t, id, ShutdownHow::kBoth); }},
      {"Close", [](S& s, I t, Id id) { return s.Close(t, id); }},
      {"Abort", [](S& s, I t, Id id) { return s.Abort(t, id); }},
      {"TakeError", [](S& s, I t, Id id) { return s.TakeError(t, id); }},
      {"SetOptions", [](S& s, I t, Id id) { return s.SetOptions(t, id, {}); }},
      {"SetInterest", [](S& s, I, Id id) { return s.SetInterest(id, kAllReady); }},
      {"Status", [](S& s, I, Id id) { return ErrorOf(s.Status(id)); }},
      {"GetOptions", [](S& s, I, Id id) { return ErrorOf(s.GetOptions(id)); }},
  };
}

// Every call that takes a listener.
std::vector<Named<ListenerCall>> ListenerCalls() {
  using S = Stack;
  using I = Instant;
  using Id = ListenerId;
  return {
      {"SetBacklog", [](S& s, I t, Id id) { return s.SetBacklog(t, id, 1); }},
      {"Accept", [](S& s, I t, Id id) { return ErrorOf(s.Accept(t, id)); }},
      {"Close", [](S& s, I t, Id id) { return s.Close(t, id); }},
      {"SetOptions", [](S& s, I t, Id id) { return s.SetOptions(t, id, {}); }},
      {"SetInterest", [](S& s, I, Id id) { return s.SetInterest(id, kAllReady); }},
      {"Status", [](S& s, I, Id id) { return ErrorOf(s.Status(id)); }},
      {"GetOptions", [](S& s, I, Id id) { return ErrorOf(s.GetOptions(id)); }},
  };
}

// Handles that name nothing, or nothing any more: of a slot that was given back, with a new
// tenant or without; never made; made by another stack.
template <typename T>
std::vector<Handle<T>> BadHandles(Handle<T> stale, Handle<T> living) {
  Handle<T> older = living, newer = living, high = living, beyond = living;
  older.generation -= 2;
  newer.generation += 2;
  high.generation += 1;
  beyond.slot = Slot<T>(1000);
  Handle<T> last = living;
  last.slot = Slot<T>(kNoIndex - 1);
  Handle<T> unused = living;
  unused.slot = Slot<T>(living.slot.index() + 1);
  return {{}, stale, older, newer, high, beyond, last, unused, {living.slot, 0}};
}

TEST(MisuseTest, AHandleThatNamesNothingIsEbadfForEveryCall) {
  World world;
  Stack& stack = world.stack();
  const SocketId stale = *stack.Socket(world.now());
  ASSERT_EQ(stack.Close(world.now(), stale), Errno::kOk);
  const SocketId living = *stack.Socket(world.now());
  ASSERT_EQ(stale.slot, living.slot) << "the stale handle must have a new tenant";
  const ListenerId stale_listener = *stack.Listen(world.now(), {kHere, Port{1}}, 1);
  ASSERT_EQ(stack.Close(world.now(), stale_listener), Errno::kOk);
  const ListenerId listener = *stack.Listen(world.now(), {kHere, Port{2}}, 1);
  ASSERT_EQ(stale_listener.slot, listener.slot);
  for (const SocketId id : BadHandles(stale, living))
    for (const auto& [name, call] : SocketCalls())
      ExpectError(world, Errno::kBadF, name,
                  [&call, id](Stack& s, Instant t) { return call(s, t, id); });
  for (const ListenerId id : BadHandles(stale_listener, listener))
    for (const auto& [name, call] : ListenerCalls())
      ExpectError(world, Errno::kBadF, name,
                  [&call, id](Stack& s, Instant t) { return call(s, t, id); });
}

// A connection that nobody has accepted yet, or that was closed and is not over yet, lives,
// but its handle is nobody's.
TEST(MisuseTest, AConnectionWithoutAUserHasNoHandle) {
  StageWorld orphan(Stage::kFinWait1);
  ASSERT_EQ(orphan.stack().Close(orphan.world.now(), *orphan.socket), Errno::kOk);
  ASSERT_EQ(OwnerOf(orphan.stack(), orphan.flow()), Owner::kConnection);
  for (const auto& [name, call] : SocketCalls())
    ExpectError(orphan.world, Errno::kBadF, name,
                [&call, &orphan](Stack& s, Instant t) { return call(s, t, *orphan.socket); });

  StageWorld queued(Stage::kListen);
  HandPeer peer(queued.world, kStagePort);
  ASSERT_TRUE(peer.Open());
  const auto& connections = queued.stack().tables().connections;
  const SocketId guess = connections.HandleOf(Slot<Connection>(0));
  ASSERT_TRUE(connections.Find(guess));
  for (const auto& [name, call] : SocketCalls())
    ExpectError(queued.world, Errno::kBadF, name,
                [&call, guess](Stack& s, Instant t) { return call(s, t, guess); });
}

TEST(MisuseTest, OptionsOutOfRangeAreEinval) {
  StageWorld world(Stage::kEstablished);
  for (const uint32_t octets : {0u, 1u, 255u, (1u << 30) + 1, 0x7fff'ffffu, 0xffff'ffffu}) {
    for (uint32_t SocketOptions::* const field :
         {&SocketOptions::receive_buffer, &SocketOptions::send_buffer}) {
      SocketOptions options;
      options.*field = octets;
      const std::string what = "a buffer of " + std::to_string(octets);
      ExpectError(world.world, Errno::kInval, what,
                  [&](Stack& s, Instant t) { return s.SetOptions(t, *world.socket, options); });
      ExpectError(world.world, Errno::kInval, what, [&](Stack& s, Instant t) {
        return s.SetOptions(t, *world.listener, options);
      });
    }
  }
  SocketOptions linger;
  linger.linger = static_cast<Linger>(3);
  ExpectError(world.world, Errno::kInval, "linger",
              [&](Stack& s, Instant t) { return s.SetOptions(t, *world.socket, linger); });
  for (const uint8_t bits : {uint8_t{kAllReady + 1}, uint8_t{0x80}, uint8_t{0xff}}) {
    ExpectError(world.world, Errno::kInval, "interest",
                [&](Stack& s, Instant) { return s.SetInterest(*world.socket, bits); });
    ExpectError(world.world, Errno::kInval, "interest",
                [&](Stack& s, Instant) { return s.SetInterest(*world.listener, bits); });
  }
  for (const int how : {3, 4, 255})
    ExpectError(world.world, Errno::kInval, "shutdown", [&](Stack& s, Instant t) {
      return s.Shutdown(t, *world.socket, static_cast<ShutdownHow>(how));
    });
}

// MUST-46: no OPEN to what cannot be another host. Ports and families likewise.
TEST(MisuseTest, PlacesThatCannotBeAreRefused) {
  World world;
  const SocketId fresh = *world.stack().Socket(world.now());
  const SocketId bound = *world.stack().Socket(world.now());
  ASSERT_EQ(world.stack().Bind(world.now(), bound, {kHere, Port{5}}), Errno::kOk);
  const struct {
    const char* what;
    Endpoint peer;
    Errno error;
  } kPeers[] = {
      {"own address", {kHere, Port{80}}, Errno::kNetUnreach},
      {"limited broadcast", {Addr::V4(255, 255, 255, 255), Port{80}}, Errno::kNetUnreach},
      {"broadcast of the subnet", {Addr::V4(10, 0, 0, 255), Port{80}}, Errno::kNetUnreach},
      {"multicast", {Addr::V4(224, 0, 0, 1), Port{80}}, Errno::kNetUnreach},
      {"last of multicast", {Addr::V4(239, 255, 255, 255), Port{80}}, Errno::kNetUnreach},
      {"class E", {Addr::V4(240, 0, 0, 1), Port{80}}, Errno::kNetUnreach},
      {"any", {Addr::AnyV4(), Port{80}}, Errno::kNetUnreach},
      {"this network", {Addr::V4(0, 1, 2, 3), Port{80}}, Errno::kNetUnreach},
      {"loopback", {Addr::V4(127, 0, 0, 1), Port{80}}, Errno::kNetUnreach},
      {"none", {Addr{}, Port{80}}, Errno::kAfNoSupport},
      {"IPv6", {Addr{{0x20010db8, 0, 0, 1}}, Port{80}}, Errno::kAfNoSupport},
      {"port 0", {kThere, Port{0}}, Errno::kInval},
  };
  for (const auto& [what, peer, error] : kPeers) {
    for (const SocketId id : {fresh, bound})
      ExpectError(world, error, what,
                  [id, to = peer](Stack& s, Instant t) { return s.Connect(t, id, to); });
    ExpectError(world, error, what,
                [to = peer](Stack& s, Instant t) { return ErrorOf(s.Connect(t, to)); });
  }
  const struct {
    const char* what;
    Addr addr;
    Errno error;
  } kLocals[] = {
      {"another host", kThere, Errno::kAddrNotAvail},
      {"broadcast", Addr::V4(10, 0, 0, 255), Errno::kAddrNotAvail},
      {"multicast", Addr::V4(224, 0, 0, 1), Errno::kAddrNotAvail},
      {"loopback", Addr::V4(127, 0, 0, 1), Errno::kAddrNotAvail},
      {"none", Addr{}, Errno::kAfNoSupport},
      {"IPv6", Addr{{0x20010db8, 0, 0, 1}}, Errno::kAfNoSupport},
  };
  for (const auto& [what, addr, error] : kLocals) {
    const Endpoint local{addr, Port{80}};
    ExpectError(world, error, what,
                [&](Stack& s, Instant t) { return s.Bind(t, fresh, local); });
    ExpectError(world, error, what,
                [&](Stack& s, Instant t) { return ErrorOf(s.Listen(t, local, 1)); });
  }
}

// Two calls in one fail as one: neither a socket nor the trace of one is left.
TEST(MisuseTest, AListenThatCannotBindLeavesNothing) {
  World world;
  const Endpoint web{Addr::AnyV4(), Port{80}};
  ASSERT_TRUE(world.stack().Listen(world.now(), web, 1));
  ExpectError(world, Errno::kAddrInUse, "port in use",
              [&](Stack& s, Instant t) { return ErrorOf(s.Listen(t, web, 1)); });
  for (uint16_t port = 1; world.stack().tables().listeners.used() < 4; ++port)
    ASSERT_TRUE(world.stack().Listen(world.now(), {kHere, Port{port}}, 1));
  for (const Port port : {Port{90}, Port{0}})
    ExpectError(world, Errno::kNFile, "all listeners in use",
                [&](Stack& s, Instant t) { return ErrorOf(s.Listen(t, {kHere, port}, 1)); });
  const SocketId socket = *world.stack().Socket(world.now());
  ExpectError(world, Errno::kNFile, "all listeners in use",
              [&](Stack& s, Instant t) { return ErrorOf(s.Listen(t, socket, 1)); });
  EXPECT_EQ(AuditText(world.stack()), "");
}

// Timers that are due, output that waits, text unread or unsent, a time ahead of the stack's or
// behind it: whatever the circumstances, a call that fails leaves all as it was.
TEST(MisuseTest, NoCircumstanceMakesAFailingCallLeaveATrace) {
  uint64_t refusals = 0;
  for (const Stage stage : AllStages()) {
    for (const size_t octets : {size_t{0}, size_t{100}}) {
      StageOptions options;
      const bool all_sent = stage == Stage::kFinWait2 || stage == Stage::kTimeWait;
      options.unread = octets;
      options.unsent = all_sent ? 0 : octets;
      options.config.socket.linger = Linger::kTimed;
      StageWorld world(stage, options);
      if (!world.socket) continue;
      SocketOptions loose = options.config.socket;
      loose.no_delay = true;  // lets output wait
      ASSERT_EQ(world.stack().SetOptions(world.world.now(), *world.socket, loose), Errno::kOk);
      for (const Duration off : {Duration(-1s), Duration(0), Duration(1ms), Duration(700ms),
                                 Duration(10s), Duration(1h)}) {
        for (const auto& [name, call] : SocketCalls()) {
          const OwnedStack before(world.stack());
          OwnedStack copy = before;
          if (call(*copy, world.world.now() + off, *world.socket) == Errno::kOk) continue;
          EXPECT_TRUE(copy == before) << name << " in " << Name(stage);
          ++refusals;
        }
      }
    }
  }
  EXPECT_GT(refusals, 400u);
}

}  // namespace
}  // namespace handfast
