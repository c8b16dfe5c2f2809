// What an outsider must not guess: initial sequence numbers and ports.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "harness/world.h"
#include "stack/secret/isn.h"
#include "stack/secret/port.h"

namespace handfast {
namespace {

Flow AnyFlow() {
  return {Addr::V4(*rc::gen::arbitrary<uint32_t>()), Addr::V4(*rc::gen::arbitrary<uint32_t>()),
          Port{*rc::gen::arbitrary<uint16_t>()}, Port{*rc::gen::arbitrary<uint16_t>()}};
}

SipKey AnyKey() { return {*rc::gen::arbitrary<uint64_t>(), *rc::gen::arbitrary<uint64_t>()}; }

// RFC 6528 §3, MUST-8, I-47: one flow's numbers go on with the clock, one in 64 ns, whatever
// the key is and wherever they wrap.
RC_GTEST_PROP(SecretProps, TheIsnOfAFlowGoesOnWithTheClock, ()) {
  const SipKey key = AnyKey();
  const Flow flow = AnyFlow();
  const auto at = *rc::gen::inRange<uint64_t>(0, uint64_t{1} << 62);
  const auto later = *rc::gen::inRange<uint64_t>(0, 100'000'000'000);
  const uint32_t grown =
      InitialSeq(key, flow, Instant(at + later)) - InitialSeq(key, flow, Instant(at));
  const auto ticks = [](uint64_t ns) { return static_cast<uint32_t>(ns >> 6); };
  RC_ASSERT(grown == ticks(at + later) - ticks(at));
}

RC_GTEST_PROP(SecretProps, AnotherKeyOrFlowHasAnotherIsn, ()) {
  const SipKey key = AnyKey();
  const Flow flow = AnyFlow();
  Flow other = flow;
  other.peer_port = Port{static_cast<uint16_t>(static_cast<uint16_t>(flow.peer_port) ^
                                               *rc::gen::inRange<uint16_t>(1, 65535))};
  const SipKey other_key{key.k0 ^ *rc::gen::inRange<uint64_t>(1, ~uint64_t{0}), key.k1};
  const Instant at(1'000'000'000);
  // Once in 2^32 they are the same; among so few cases never.
  RC_ASSERT(InitialSeq(key, flow, at) != InitialSeq(key, other, at));
  RC_ASSERT(InitialSeq(key, flow, at) != InitialSeq(other_key, flow, at));
}

// R6056-3.2, I-15: with N ports free, N connections to one server can be opened, each from
// a port of its own, and no more; one that ended makes room for one.
RC_GTEST_PROP(SecretProps, AllPortsOfTheRangeAreUsedAndNoOther, ()) {
  const auto size = *rc::gen::inRange<uint16_t>(1, 50);
  const auto first = *rc::gen::inRange<uint16_t>(1, static_cast<uint16_t>(65535 - size));
  Config config = SmallConfig();
  config.connections = 64;
  config.ephemeral = {first, static_cast<uint16_t>(first + size - 1)};
  World world(config, *rc::gen::inRange<uint64_t>(1, 1000));
  world.set_audits(World::Audits::kNone);
  std::set<Port> ports;
  std::vector<SocketId> sockets;
  const auto connect = [&] { return world.stack().Connect(world.now(), {kThere, kHttp}); };
  for (uint16_t i = 0; i < size; ++i) {
    const Result<SocketId> socket = connect();
    RC_ASSERT(static_cast<bool>(socket));
    const Port port = world.stack().Status(*socket)->flow.local_port;
    RC_ASSERT(ports.insert(port).second);
    RC_ASSERT(Port{first} <= port && port <= Port{static_cast<uint16_t>(first + size - 1)});
    sockets.push_back(*socket);
  }
  RC_ASSERT(connect().error() == Errno::kAddrNotAvail);
  const size_t gone = *rc::gen::inRange<size_t>(0, sockets.size());
  const Port free = world.stack().Status(sockets[gone])->flow.local_port;
  RC_ASSERT(world.stack().Abort(world.now(), sockets[gone]) == Errno::kOk);
  const Result<SocketId> again = connect();
  RC_ASSERT(static_cast<bool>(again));
  RC_ASSERT(world.stack().Status(*again)->flow.local_port == free);
}

}  // namespace
}  // namespace handfast
