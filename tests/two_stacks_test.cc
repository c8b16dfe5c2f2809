// Two stacks with nothing but a hand between them that delivers, loses, reorders and forges.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kHerePort{1111};
constexpr Port kTherePort{2222};

Config At(Addr addr) {
  Config config;
  config.With(addr, 24);
  return SmallConfig(config);
}

// Two hosts; what one sends waits until it is delivered to the other.
class Pair {
 public:
  Pair() { Boot(0), Boot(1); }

  World& operator[](size_t side) { return *worlds_[side]; }
  // The host comes up, with an empty memory and other secrets than before.
  void Boot(size_t side) {
    const Instant now = worlds_[0] ? worlds_[0]->now() : Instant(1'000'000'000);
    worlds_[side] = std::make_unique<World>(At(side == 0 ? kHere : kThere), ++boots_, now);
  }

  // Calls the other side, from the side's own port to the other's.
  SocketId Call(size_t side) {
    Stack& stack = worlds_[side]->stack();
    const Instant now = worlds_[side]->now();
    const SocketId socket = *stack.Socket(now);
    EXPECT_EQ(stack.Bind(now, socket, {Addr::AnyV4(), PortOf(side)}), Errno::kOk);
    EXPECT_EQ(stack.Connect(now, socket, {AddrOf(1 - side), PortOf(1 - side)}), Errno::kOk);
    return socket;
  }

  // What has left since is now under way.
  void Collect() {
    for (const size_t side : {size_t{0}, size_t{1}}) {
      worlds_[side]->Poll();
      for (Datagram& datagram : worlds_[side]->Take())
        under_way_.push_back({side, std::move(datagram)});
    }
  }
  struct Moving {
    size_t from;
    Datagram datagram;
  };
  std::deque<Moving>& under_way() { return under_way_; }
  void Deliver(const Moving& moving) { worlds_[1 - moving.from]->Inject(moving.datagram); }

  // Delivers everything in order, with what follows from it, for so long.
  void Run(Duration duration, Duration step = 10ms) {
    for (Duration done = 0ms; done <= duration; done += step) {
      for (Collect(); !under_way_.empty(); Collect()) {
        const Moving moving = std::move(under_way_.front());
        under_way_.pop_front();
        ++segments_;
        if (forge_)
          forge_(moving, *this);
        else
          Deliver(moving);
      }
      for (const auto& world : worlds_) world->Advance(step);
    }
  }
  void set_forge(std::function<void(const Moving&, Pair&)> forge) { forge_ = std::move(forge); }
  size_t segments() const { return segments_; }

  static Addr AddrOf(size_t side) { return side == 0 ? kHere : kThere; }
  static Port PortOf(size_t side) { return side == 0 ? kHerePort : kTherePort; }
  State StateAt(size_t side) const {
    return worlds_[side]->StateOf(
        {AddrOf(side), AddrOf(1 - side), PortOf(side), PortOf(1 - side)});
  }

 private:
  std::array<std::unique_ptr<World>, 2> worlds_;
  std::deque<Moving> under_way_;
  std::function<void(const Moving&, Pair&)> forge_;
  uint64_t boots_ = 0;
  size_t segments_ = 0;
};

void ExpectTalk(Pair& pair, const std::array<SocketId, 2>& sockets) {
  for (const size_t side : {size_t{0}, size_t{1}}) {
    ASSERT_TRUE(pair[side].stack().Write(pair[side].now(), sockets[side], Text(side, 700)));
    pair.Run(1s);
    std::vector<uint8_t> text(1000);
    World& other = pair[1 - side];
    text.resize(*other.stack().Read(other.now(), sockets[1 - side], text));
    EXPECT_EQ(text, Text(side, 700));
  }
}

// SYN, or something later; from here, or from there.
size_t KindOf(const Pair::Moving& moving) {
  return moving.from * 2 + (Read(moving.datagram)->flags == kSyn ? 0 : 1);
}

// One crossing of SYNs: whatever comes first by `order` is delivered first, the n-th that
// comes is lost.
void Cross(const std::array<size_t, 4>& order, size_t lost) {
  Pair pair;
  const std::array<SocketId, 2> sockets{pair.Call(0), pair.Call(1)};
  size_t delivered = 0;
  for (pair.Collect(); !pair.under_way().empty(); pair.Collect()) {
    auto& moving = pair.under_way();
    const auto next = std::min_element(moving.begin(), moving.end(), [&](auto& a, auto& b) {
      return order[KindOf(a)] < order[KindOf(b)];
    });
    const Pair::Moving one = *next;
    moving.erase(next);
    if (delivered++ != lost) pair.Deliver(one);
  }
  pair.Run(5s);
  std::array<SocketStatus, 2> status;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    status[side] = *pair[side].stack().Status(sockets[side]);
    EXPECT_EQ(status[side].state, State::kEstablished);
    EXPECT_EQ(status[side].error, Errno::kOk);
    EXPECT_EQ(pair[side].stack().counters()[Counter::kTcpActiveOpens], 1u);
    EXPECT_EQ(pair[side].stack().counters()[Counter::kTcpPassiveOpens], 0u);
  }
  EXPECT_EQ(status[0].negotiated, status[1].negotiated);
  EXPECT_TRUE(status[0].negotiated.has(Negotiated::kTimestamps));
  ExpectTalk(pair, sockets);
}

// MUST-10, I-53. Incident 74: both connect, in all orders of the four kinds of segments, with
// and without one loss.
TEST(TwoStacksTest, CrossedSynsMakeOneConnectionInAnyOrder) {
  std::array<size_t, 4> order{0, 1, 2, 3};
  do {
    for (const size_t lost : {99u, 0u, 1u, 2u, 3u, 4u, 5u}) Cross(order, lost);
  } while (!testing::Test::HasFailure() && std::next_permutation(order.begin(), order.end()));
}

struct Talk {
  Talk() {
    listener = pair[1].Listen(5, kTherePort);
    caller = pair.Call(0);
    pair.Run(1s);
    called = *pair[1].stack().Accept(pair[1].now(), listener);
  }
  Pair pair;
  ListenerId listener;
  SocketId caller, called;
};

// I-70. Incident 126: one way all numbers are a million too high. The two say little, and
// stop.
TEST(TwoStacksTest, ForgedNumbersDoNotStartAWar) {
  Talk talk;
  talk.pair.set_forge([](const Pair::Moving& moving, Pair& pair) {
    TcpPacket packet = PacketOf(*Read(moving.datagram));
    if (moving.from == 0) packet.seq += 1'000'000;
    pair[1 - moving.from].Inject(packet);
  });
  Stack& stack = talk.pair[0].stack();
  ASSERT_TRUE(stack.Write(talk.pair[0].now(), talk.caller, Text(0, 10)));
  ASSERT_TRUE(talk.pair[1].stack().Write(talk.pair[1].now(), talk.called, Text(0, 10)));
  const size_t before = talk.pair.segments();
  talk.pair.Run(60s);
  EXPECT_LE(talk.pair.segments() - before, 240u);
  EXPECT_GT(talk.pair.segments() - before, 10u);
  ASSERT_EQ(stack.Abort(talk.pair[0].now(), talk.caller), Errno::kOk);
  ASSERT_EQ(talk.pair[1].stack().Abort(talk.pair[1].now(), talk.called), Errno::kOk);
  talk.pair.Run(1s);
  const size_t quiet = talk.pair.segments();
  talk.pair.Run(60s);
  EXPECT_EQ(talk.pair.segments(), quiet);
}

// I-10. Incident 127: one stray ACK between stacks that know nothing: one RST, then silence.
TEST(TwoStacksTest, AStrayAckDrawsOneRst) {
  Pair pair;
  TcpPacket stray;
  stray.flow = {kThere, kHere, kTherePort, kHerePort};
  stray.flags = kAck;
  stray.ack = 5;
  pair[0].Inject(stray);
  pair.Run(10s);
  EXPECT_EQ(pair.segments(), 1u);
}

// RFC 9293 §A.2. Incident 128: both close at once, and each repeats its FIN; the first ones
// are lost, or only late.
TEST(TwoStacksTest, SimultaneousCloseWithRepeatedFinsEndsInTimeWait) {
  for (const bool lost : {true, false}) {
    Talk talk;
    Pair& pair = talk.pair;
    ASSERT_EQ(pair[0].stack().Close(pair[0].now(), talk.caller), Errno::kOk);
    ASSERT_EQ(pair[1].stack().Close(pair[1].now(), talk.called), Errno::kOk);
    const size_t before = pair.segments();
    pair.Collect();
    std::deque<Pair::Moving> first;
    first.swap(pair.under_way());
    ASSERT_EQ(first.size(), 2u);
    pair[0].Advance(201ms);
    pair[1].Advance(201ms);
    for (const Pair::Moving& moving : first)
      if (!lost) pair.Deliver(moving);
    pair.Run(1s);
    EXPECT_EQ(pair.StateAt(0), State::kTimeWait);
    EXPECT_EQ(pair.StateAt(1), State::kTimeWait);
    EXPECT_LE(pair.segments() - before + first.size(), lost ? 6u : 8u);
  }
}

// RFC 9293 §3.5.1. Incident 129: the caller's host restarts at any moment of a conversation and
// calls again from the same port; it is connected again soon, or told why not.
TEST(TwoStacksTest, ACallerThatRestartsConnectsAgain) {
  for (size_t restart_at = 0; restart_at < 40; ++restart_at) {
    Pair pair;
    const ListenerId listener = pair[1].Listen(5, kTherePort);
    SocketId caller = pair.Call(0);
    SocketId called;
    size_t seen = 0;
    pair.set_forge([&](const Pair::Moving& moving, Pair& both) {
      if (seen++ != restart_at) return both.Deliver(moving);
      both.Boot(0);
      caller = both.Call(0);
    });
    for (int turn = 0; turn < 400; ++turn) {
      World& here = pair[0];
      World& there = pair[1];
      if (const auto fresh = there.stack().Accept(there.now(), listener)) called = *fresh;
      std::vector<uint8_t> text(64);
      (void)there.stack().Read(there.now(), called, text);
      (void)there.stack().Write(there.now(), called, Text(0, 16));
      (void)here.stack().Read(here.now(), caller, text);
      (void)here.stack().Write(here.now(), caller, Text(0, 16));
      pair.Run(0ms);
    }
    ASSERT_GT(seen, restart_at);
    EXPECT_EQ(pair.StateAt(0), State::kEstablished) << restart_at;
    EXPECT_EQ(pair.StateAt(1), State::kEstablished) << restart_at;
    EXPECT_EQ(pair[0].stack().Status(caller)->error, Errno::kOk) << restart_at;
  }
}

}  // namespace
}  // namespace handfast
