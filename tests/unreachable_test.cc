// What becomes of connections to a neighbour that nobody has ever heard of: ARP is asked three
// times, a second apart, then the link gives up (RFC 1122 §2.3.2; Linux: arp_error_report).

#include <gtest/gtest.h>

#include "harness/sim/host.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Endpoint kNobody{Addr::V4(10, 0, 0, 77), Port{80}};

Errno ErrorOf(const Stack& stack, SocketId id) { return stack.Status(id)->error; }

// EX-24: host unreachable fails connect() at once where soft errors do, by EHOSTUNREACH.
TEST(UnreachableTest, ConnectFailsWhenNobodyAnswersArp) {
  Lab lab(1);
  Stack& stack = lab.AddHost(Config::Linux()).stack();
  const SocketId id = *stack.Connect(lab.now(), kNobody);
  lab.Run(2999ms);
  EXPECT_EQ(stack.Status(id)->state, State::kSynSent);
  lab.Run(1ms);
  EXPECT_EQ(stack.Status(id)->state, State::kClosed);
  EXPECT_EQ(ErrorOf(stack, id), Errno::kHostUnreach);
  EXPECT_TRUE(stack.has_events());
  EXPECT_EQ(stack.counters()[Counter::kTcpAttemptFails], 1u);
  EXPECT_EQ(stack.counters()[Counter::kIcmpInMsgs], 0u) << "it was no message";
  EXPECT_EQ(stack.counters()[Counter::kIpInReceives], 0u);
}

// MUST-56: trouble that may pass is remembered, and becomes the reason in the end.
TEST(UnreachableTest, ByDefaultTheAttemptGoesOnAndTheReasonIsKept) {
  Lab lab(1);
  Stack& stack = lab.AddHost().stack();
  const SocketId id = *stack.Connect(lab.now(), kNobody);
  lab.Run(3s);
  EXPECT_EQ(stack.Status(id)->state, State::kSynSent);
  EXPECT_EQ(stack.Status(id)->soft_error, Errno::kHostUnreach);
  lab.Run(600s);
  EXPECT_EQ(stack.Status(id)->state, State::kClosed);
  EXPECT_EQ(ErrorOf(stack, id), Errno::kHostUnreach);
}

TEST(UnreachableTest, ANeighbourThatAnswersInTimeIsReached) {
  Lab lab(1);
  Stack& stack = lab.AddHost(Config::Linux()).stack();
  const Endpoint second{Addr::V4(10, 0, 0, 2), Port{80}};
  const SocketId id = *stack.Connect(lab.now(), second);
  lab.Run(1500ms);
  Stack& server = lab.AddHost(Config::Linux()).stack();
  ASSERT_TRUE(server.Listen(lab.now(), second, 1));
  lab.Run(2s);
  EXPECT_EQ(stack.Status(id)->state, State::kEstablished);
}

// Waiting datagrams of others, and what was given up, do not keep a place from new ones.
TEST(UnreachableTest, FailuresLeaveNothingBehind) {
  Lab lab(1);
  Stack& stack = lab.AddHost(Config::Linux()).stack();
  for (int round = 0; round < 5; ++round) {
    for (uint8_t i = 0; i < 20; ++i) {  // more than may wait
      const Endpoint nobody{Addr::V4(10, 0, 0, static_cast<uint8_t>(100 + i)), Port{80}};
      const SocketId id = *stack.Connect(lab.now(), nobody);
      lab.Run(1ms);
      ASSERT_EQ(stack.Close(lab.now(), id), Errno::kOk) << "its SYN still waits";
    }
    const SocketId id = *stack.Connect(lab.now(), kNobody);
    lab.Run(20s);
    EXPECT_EQ(ErrorOf(stack, id), Errno::kHostUnreach) << round;
    ASSERT_EQ(stack.Close(lab.now(), id), Errno::kOk);
  }
  EXPECT_EQ(stack.tables().connections.used(), 0u);
}

// A host that slept through the last second of the question finds the answer in its link.
TEST(UnreachableTest, AnAnswerThatCameInTimeCountsHoweverLateTheTurn) {
  SimClock clock(Instant(1'000'000'000));
  Wire wire(clock, 1);
  SimHost sleeper(clock, wire, 1, Config::Linux(), SimRng(1));
  SimHost other(clock, wire, 2, Config::Linux(), SimRng(2));
  const SocketId id = *sleeper.stack().Connect(clock.now(), {other.addr(), Port{80}});
  sleeper.pump().Turn();  // asks
  for (int question = 2; question <= 3; ++question) {
    clock.AdvanceTo(clock.now() + 1s);
    sleeper.pump().Turn();
  }
  clock.AdvanceTo(clock.now() + 500ms);
  while (other.pump().Turn()) {
  }
  clock.AdvanceTo(clock.now() + 10s);
  sleeper.pump().Turn();
  EXPECT_EQ(sleeper.stack().Status(id)->state, State::kSynSent);
  EXPECT_EQ(sleeper.ethernet().Find(other.addr()), other.ethernet().config().mac);
}

// R5961-3.2, RFC 5927 §4: what is not in flight is not believed, whoever says it.
TEST(UnreachableTest, OnlyWhatIsInFlightCounts) {
  World world(SmallConfig(Config::Linux()));
  Stack& stack = world.stack();
  const SocketId id = *stack.Connect(world.now(), {kThere, Port{80}});
  world.Poll();
  Datagram syn = world.Take().at(0);
  Datagram stale = syn;
  stale[27] ^= 1;  // the sequence number
  stack.NoteUnreachable(world.now(), stale);
  stack.NoteUnreachable(world.now(), Bytes(syn).first(27));
  EXPECT_EQ(stack.Status(id)->state, State::kSynSent);
  EXPECT_EQ(stack.counters()[Counter::kTcpExtOutOfWindowIcmps], 0u);
  stack.NoteUnreachable(world.now(), syn);
  EXPECT_EQ(ErrorOf(stack, id), Errno::kHostUnreach);
}

}  // namespace
}  // namespace handfast
