// Sizes, numbers and times at the ends of their ranges, through the public face.
//
// I-12; incidents 60, 123, 130; MUST-38; F-20, F-22; LSTN-03, LSTN-06, E57.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/compare.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

// A backlog is compared without a sign, clamped, and each queue holds one more.
TEST(LimitsTest, ABacklogMayBeAnyNumber) {
  Config config = SmallConfig();
  config.somaxconn = 3;
  constexpr int kLeast = std::numeric_limits<int>::min();
  constexpr int kMost = std::numeric_limits<int>::max();
  const std::pair<int, uint32_t> kWant[] = {{0, 0},  {1, 1},      {3, 3},     {4, 3},
                                            {-1, 3}, {kLeast, 3}, {kMost, 3}, {100, 3}};
  for (const auto& [backlog, want] : kWant) {
    World world(config);
    Stack& stack = world.stack();
    const auto listener = stack.Listen(world.now(), {kHere, Port{80}}, backlog);
    ASSERT_TRUE(listener);
    EXPECT_EQ(stack.Status(*listener)->backlog, want) << backlog;
    for (uint16_t port = 1; port <= 8; ++port) HandPeer(world, Port{80}, Port{port}).Say(kSyn);
    EXPECT_EQ(stack.Status(*listener)->syn_queue, want + 1) << backlog;
    EXPECT_EQ(stack.SetBacklog(world.now(), *listener, kLeast), Errno::kOk);
    EXPECT_EQ(stack.Status(*listener)->backlog, 3u);
    EXPECT_EQ(AuditText(stack), "");
  }
}

// Memory that is only promised: as long as one likes, and zero.
class HugeSpan {
 public:
  explicit HugeSpan(size_t size) : size_(size) {
    at_ = mmap(nullptr, size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }
  ~HugeSpan() { munmap(at_, size_); }
  HugeSpan(const HugeSpan&) = delete;
  HugeSpan& operator=(const HugeSpan&) = delete;
  bool ok() const { return at_ != MAP_FAILED; }
  MutableBytes bytes() const { return {static_cast<uint8_t*>(at_), size_}; }

 private:
  size_t size_;
  void* at_;
};

TEST(LimitsTest, SpansMayBeLongerThanAnyBuffer) {
  const HugeSpan huge((size_t{1} << 32) + 5);
  if (!huge.ok()) GTEST_SKIP() << "4 GiB of address space are not to be had";
  StageOptions options;
  options.unread = 100;
  StageWorld world(Stage::kEstablished, options);
  Stack& stack = world.stack();
  const Instant now = world.world.now();
  const auto written = stack.Write(now, *world.socket, huge.bytes());
  ASSERT_TRUE(written);
  EXPECT_EQ(*written, stack.config().socket.send_buffer);
  const auto read = stack.Read(now, *world.socket, huge.bytes());
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, 100u);
  EXPECT_EQ(AuditText(stack), "");
}

// Nothing to write is written; nothing to read into reads nothing, and is no end.
TEST(LimitsTest, EmptySpansDoNothing) {
  for (const Stage stage : AllStages()) {
    StageWorld world(stage);
    if (!world.socket) continue;
    Stack& stack = world.stack();
    const Instant now = world.world.now();
    const OwnedStack before(stack);
    std::vector<uint8_t> octet(1);
    const auto full = stack.Read(now, *world.socket, octet);
    const auto empty = stack.Read(now, *world.socket, {});
    EXPECT_EQ(ErrorOf(empty), ErrorOf(full)) << Name(stage);
    EXPECT_TRUE(stack == *before) << Name(stage);
    const auto written = stack.Write(now, *world.socket, {});
    if (written) {
      EXPECT_EQ(*written, 0u) << Name(stage);
    }
    world.world.Poll();
    EXPECT_TRUE(world.world.Take().empty()) << Name(stage);
  }
  StageOptions options;
  options.unread = 10;
  StageWorld world(Stage::kCloseWait, options);
  const auto none = world.stack().Read(world.world.now(), *world.socket, {});
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, 0u);
  EXPECT_EQ(world.stack().Status(*world.socket)->unread, 10u);
}

// The burst has too little room: nothing is consumed, nothing lost, nothing changed.
TEST(LimitsTest, ABurstWithoutRoomStopsAllWork) {
  World world;
  Stack& stack = world.stack();
  ASSERT_TRUE(stack.Listen(world.now(), {kHere, Port{80}}, 5));
  ASSERT_TRUE(stack.Connect(world.now(), {kThere, Port{80}}));
  const Datagram syn = HandPeer(world, Port{80}).Make(kSyn).Seal();
  const Bytes view(syn);
  std::vector<uint8_t> memory(4096);
  std::vector<TxBurst::Entry> entries(4);
  const MutableBytes bytes(memory);
  const std::span<TxBurst::Entry> all(entries);
  const size_t mtu = stack.config().mtu;
  TxBurst bursts[] = {{{}, {}}, {bytes, {}}, {{}, all}, {bytes.first(mtu), all}};
  for (TxBurst& tx : bursts) {
    const OwnedStack before(stack);
    EXPECT_EQ(stack.Input(world.now(), {&view, 1}, tx), 0u);
    stack.Expire(world.now(), tx);
    EXPECT_TRUE(tx.empty());
    EXPECT_TRUE(stack == *before);
    EXPECT_EQ(stack.next_deadline(), world.now());
  }
  TxBurst room(bytes, all);
  EXPECT_EQ(stack.Input(world.now(), {&view, 1}, room), 1u);
  EXPECT_EQ(room.size(), 1u);
}

// F-22: an earlier time counts as the latest that was seen.
TEST(LimitsTest, TimeDoesNotRunBackwards) {
  StageWorld world(Stage::kEstablished);
  Stack& stack = world.stack();
  const auto backwards = [&stack] { return stack.counters()[Counter::kHandfastClockBackward]; };
  OwnedTxBurst tx(16, 1500);
  const Datagram probe = world.peer.Make(kAck | kPsh, Text(0, 10)).Seal();
  const Bytes view(probe);
  uint64_t count = 0;
  for (const Instant past : {Instant(0), world.world.now() - 1ns}) {
    OwnedStack honest(stack);
    ASSERT_EQ(honest->Input(world.world.now(), {&view, 1}, tx), 1u);
    ASSERT_EQ(stack.Input(past, {&view, 1}, tx), 1u);
    EXPECT_TRUE(SameButCounters(*honest, stack));
    EXPECT_EQ(backwards(), ++count);
    stack.Expire(past, tx);
    EXPECT_EQ(backwards(), ++count);
    ASSERT_TRUE(stack.Write(past, *world.socket, Text(0, 5)));
    EXPECT_EQ(backwards(), ++count);
    EXPECT_EQ(stack.next_deadline(), world.world.now());
    EXPECT_EQ(WrongRefusal(
                  stack, Errno::kIsConn,
                  [&](Stack& s) { return s.Connect(past, *world.socket, {kThere, Port{1}}); }),
              "");
    stack.Expire(world.world.now(), tx);
    EXPECT_EQ(AuditText(stack), "");
    tx.Clear();
  }
}

// And may jump by centuries.
TEST(LimitsTest, TimeMayJumpByCenturies) {
  for (const Stage stage : AllStages()) {
    StageWorld world(stage);
    Stack& stack = world.stack();
    OwnedTxBurst tx(64, 1500);
    const Instant late(uint64_t{1} << 63);
    stack.Expire(late, tx);
    EXPECT_EQ(AuditText(stack), "") << Name(stage);
    EXPECT_GE(stack.next_deadline(), late);
    for (Instant due = stack.next_deadline(); !due.never(); due = stack.next_deadline()) {
      tx.Clear();
      stack.Expire(due, tx);
      ASSERT_LT(due, late + 1h) << Name(stage);
    }
    EXPECT_EQ(AuditText(stack), "") << Name(stage);
  }
}

// All ports of the range in use: an error, and one becomes free when its holder goes.
TEST(LimitsTest, PortsMayRunOut) {
  Config config = SmallConfig();
  config.ephemeral = {5000, 5001};
  World world(config);
  Stack& stack = world.stack();
  const Instant now = world.now();
  const auto listener = stack.Listen(now, {kHere, Port{0}}, 1);
  const SocketId bound = *stack.Socket(now);
  ASSERT_EQ(stack.Bind(now, bound, {Addr::AnyV4(), Port{0}}), Errno::kOk);
  const SocketId third = *stack.Socket(now);
  EXPECT_EQ(WrongRefusal(stack, Errno::kAddrInUse,
                         [&](Stack& s) { return s.Bind(now, third, {kHere, Port{0}}); }),
            "");
  EXPECT_EQ(WrongRefusal(stack, Errno::kAddrInUse,
                         [&](Stack& s) { return ErrorOf(s.Listen(now, third, 1)); }),
            "");
  EXPECT_EQ(WrongRefusal(stack, Errno::kAddrInUse,
                         [&](Stack& s) { return ErrorOf(s.Listen(now, {kHere, Port{0}}, 1)); }),
            "");
  EXPECT_EQ(WrongRefusal(stack, Errno::kAddrNotAvail,
                         [&](Stack& s) { return s.Connect(now, third, {kThere, Port{1}}); }),
            "");
  EXPECT_EQ(WrongRefusal(stack, Errno::kAddrNotAvail,
                         [&](Stack& s) { return ErrorOf(s.Connect(now, {kThere, Port{1}})); }),
            "");
  ASSERT_EQ(stack.Close(now, *listener), Errno::kOk);
  EXPECT_EQ(stack.Connect(now, third, {kThere, Port{1}}), Errno::kOk);
  EXPECT_EQ(AuditText(stack), "");
}

// Without an address of ours there is nowhere to connect from.
TEST(LimitsTest, AStackWithoutAddressesConnectsNowhere) {
  Config config = SmallConfig();
  config.address_count = 0;
  World world(config);
  EXPECT_EQ(WrongRefusal(
                world.stack(), Errno::kAddrNotAvail,
                [&](Stack& s) { return ErrorOf(s.Connect(world.now(), {kThere, Port{1}})); }),
            "");
}

// A copy wants a block as large and as aligned as the original's, or touches none.
TEST(LimitsTest, ACopyIsRefusedABlockThatWillNotDo) {
  StageWorld world(Stage::kEstablished);
  const Stack& stack = world.stack();
  alignas(kTablesAlignment) static std::array<std::byte, 1 << 20> block;
  const std::span<std::byte> all(block);
  ASSERT_LT(stack.bytes(), block.size());
  block.fill(std::byte{0xa5});
  EXPECT_EQ(stack.CopyTo({}).error(), Errno::kNoMem);
  EXPECT_EQ(stack.CopyTo(all.first(stack.bytes() - 1)).error(), Errno::kNoMem);
  EXPECT_EQ(stack.CopyTo(all.subspan(1)).error(), Errno::kInval);
  EXPECT_TRUE(std::all_of(block.begin(), block.end(),
                          [](std::byte b) { return b == std::byte{0xa5}; }));
  const auto copy = stack.CopyTo(all);
  ASSERT_TRUE(copy);
  EXPECT_TRUE(**copy == stack);
}

}  // namespace
}  // namespace handfast
