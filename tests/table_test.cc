// Pools and the flow table at their limits: ten million flows, handles of long ago.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "harness/sim/rng.h"
#include "harness/world.h"
#include "stack/table/ehash.h"
#include "stack/table/pool.h"

namespace handfast {
namespace {

// A flow table and its buckets, in one block.
class BigTable {
 public:
  explicit BigTable(uint32_t objects) {
    const uint32_t buckets = Ehash::BucketsFor(objects);
    memory_.reset(new std::byte[64 + sizeof(Block) + size_t{buckets} * sizeof(Ehash::Bucket)]);
    std::byte* const at =
        memory_.get() + (64 - reinterpret_cast<uintptr_t>(memory_.get()) % 64);
    block_ = new (at) Block;
    auto* const first = new (at + sizeof(Block)) Ehash::Bucket[buckets]{};
    block_->ehash.Place({first, buckets});
  }
  Ehash& operator*() { return block_->ehash; }
  Ehash* operator->() { return &block_->ehash; }

 private:
  struct alignas(64) Block {
    Ehash ehash;
  };
  std::unique_ptr<std::byte[]> memory_;
  Block* block_;
};

// The keyed hash of the n-th flow of many clients of one server.
uint32_t TagOf(uint32_t n) {
  const Flow flow{kHere, Addr::V4(0x0a000000 + n / 60'000), kHttp,
                  Port{static_cast<uint16_t>(1024 + n % 60'000)}};
  return static_cast<uint32_t>(HashFlow<SipHash13>({0x1234, 0x5678}, flow));
}

uint32_t Find(Ehash& ehash, uint32_t n) {
  return ehash.Find(TagOf(n), [n](uint32_t ref) { return ref == n + 1; });
}

// How many buckets a search looks at in the worst case: from home to the place of what is
// there, and to the first room for what is not.
uint32_t LongestWalk(const Ehash& ehash) {
  uint32_t longest = 0, full = 0;
  for (uint32_t at = 0; at < ehash.buckets(); ++at) {
    const Ehash::Bucket& bucket = ehash.bucket(at);
    bool room = false;
    for (uint32_t cell = 0; cell < Ehash::kCells; ++cell) {
      if (bucket.refs[cell] == Ehash::kNoRef) {
        room = true;
        continue;
      }
      const uint32_t home = bucket.tags[cell] & (ehash.buckets() - 1);
      longest = std::max(longest, ((at - home) & (ehash.buckets() - 1)) + 1);
    }
    full = room ? 0 : full + 1;
    longest = std::max(longest, full + 1);
  }
  return longest;
}

// I-29: ten million come, are found, and a million go; no walk is long.
TEST(EhashTest, TenMillionFlowsComeAndGo) {
  constexpr uint32_t kFlows = 10'000'000, kSample = 35, kGone = 10;
  BigTable table(kFlows);
  for (uint32_t n = 0; n < kFlows; ++n) table->Insert(TagOf(n), n + 1);
  EXPECT_EQ(table->size(), kFlows);
  EXPECT_LE(LongestWalk(*table), 12u);
  uint32_t wrong = 0;
  for (uint32_t n = 0; n < kFlows; n += kSample) wrong += Find(*table, n) != n + 1;
  for (uint32_t n = kFlows; n < kFlows + 100'000; ++n)
    wrong += Find(*table, n) != Ehash::kNoRef;
  EXPECT_EQ(wrong, 0u);

  for (uint32_t n = 0; n < kFlows; n += kGone) table->Erase(TagOf(n), n + 1);
  EXPECT_EQ(table->size(), kFlows - kFlows / kGone);
  EXPECT_LE(LongestWalk(*table), 12u);
  for (uint32_t n = 0; n < kFlows; n += kSample)
    wrong += Find(*table, n) != (n % kGone == 0 ? Ehash::kNoRef : n + 1);
  EXPECT_EQ(wrong, 0u);
}

// At the load of a full stack (one half), after much coming and going.
TEST(EhashTest, AtHalfLoadWalksStayShort) {
  constexpr uint32_t kBuckets = 1 << 14, kFlows = kBuckets * Ehash::kCells / 2;
  BigTable table(kFlows - Ehash::kCells);
  ASSERT_EQ(table->buckets(), kBuckets);
  SimRng rng(1);
  std::vector<uint32_t> there;
  for (uint32_t n = 0; n < kFlows; ++n) there.push_back(n), table->Insert(TagOf(n), n + 1);
  for (uint32_t n = kFlows; n < 20 * kFlows; ++n) {
    uint32_t& victim = there[rng.Below(there.size())];
    table->Erase(TagOf(victim), victim + 1);
    table->Insert(TagOf(n), n + 1);
    victim = n;
  }
  EXPECT_LE(LongestWalk(*table), 4u * 14 + 8);
  for (const uint32_t n : there) ASSERT_EQ(Find(*table, n), n + 1);
}

// All in one bucket, which nobody can bring about who lacks the key: slow, and right.
TEST(EhashTest, EvenOneBucketForAllIsRight) {
  BigTable table(200);
  for (uint32_t ref = 1; ref <= 200; ++ref) table->Insert(7, ref);
  for (uint32_t ref = 1; ref <= 200; ++ref)
    ASSERT_EQ(table->Find(7, [ref](uint32_t other) { return other == ref; }), ref);
  for (uint32_t ref = 2; ref <= 200; ref += 2) table->Erase(7, ref);
  for (uint32_t ref = 1; ref <= 200; ++ref)
    ASSERT_EQ(table->Find(7, [ref](uint32_t other) { return other == ref; }),
              ref % 2 == 1 ? ref : Ehash::kNoRef);
}

TEST(EhashDeathTest, WhatIsNotThereIsNotErased) {
  BigTable table(8);
  table->Insert(3, 1);
  EXPECT_DEATH(table->Erase(3, 2), "");
  EXPECT_DEATH(table->Insert(3, Ehash::kNoRef), "");
}

struct Thing {
  SlotHead head;
  uint64_t value = 7;
};

struct Store {
  Pool<Thing> pool;
  std::array<Thing, 4> slots{};
  Store() { pool.Place(slots); }
};

// I-24, Incident 89: a handle is void from the end of its life on, however often its slot is
// used again.
TEST(PoolTest, AStaleHandleIsVoidForEver) {
  Store store;
  std::vector<Handle<Thing>> stale;
  for (int life = 0; life < 100'000; ++life) {
    const Slot<Thing> slot = store.pool.Take();
    const Handle<Thing> handle = store.pool.HandleOf(slot);
    ASSERT_EQ(store.pool.Find(handle), slot);
    store.pool.Free(slot);
    ASSERT_FALSE(store.pool.Find(handle));
    if (life % 1000 == 0) stale.push_back(handle);
    for (const Handle<Thing>& old : stale) ASSERT_FALSE(store.pool.Find(old));
  }
  EXPECT_EQ(store.pool.high_water(), 1u) << "one slot is used again and again";
}

// I-24: a slot whose generations are used up is given up, so that no handle of an earlier
// life becomes valid again.
TEST(PoolTest, ASlotRetiresBeforeItsHandlesRepeat) {
  Store store;
  const Slot<Thing> slot = store.pool.Take();
  const Handle<Thing> first = store.pool.HandleOf(slot);
  store.pool[slot].head.generation = 0xffff'fffd;  // some two thousand million lives later
  const Handle<Thing> late = store.pool.HandleOf(slot);
  store.pool.Free(slot);
  ASSERT_EQ(store.pool.Take(), slot);
  const Handle<Thing> last = store.pool.HandleOf(slot);
  EXPECT_EQ(last.generation, 0xffff'ffff);
  EXPECT_EQ(store.pool.Find(last), slot);
  store.pool.Free(slot);
  EXPECT_EQ(store.pool.used(), 0u);
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_EQ(store.pool.Take(), Slot<Thing>(i));
  EXPECT_TRUE(store.pool.full());
  EXPECT_FALSE(store.pool.Take());
  for (const Handle<Thing>& old : {first, late, last, Handle<Thing>{slot, 0}})
    EXPECT_FALSE(store.pool.Find(old));
}

TEST(PoolTest, GivesWhatItHasAndNoMore) {
  Store store;
  EXPECT_FALSE(store.pool.full());
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(store.pool.Take(), Slot<Thing>(i));
  EXPECT_TRUE(store.pool.full());
  EXPECT_FALSE(store.pool.Take());
  store.pool[Slot<Thing>(2)].value = 9;
  store.pool.Free(Slot<Thing>(2));
  store.pool.Free(Slot<Thing>(0));
  EXPECT_EQ(store.pool.used(), 2u);
  EXPECT_EQ(store.pool.Take(), Slot<Thing>(0)) << "the last that was given back is warm";
  EXPECT_EQ(store.pool.Take(), Slot<Thing>(2));
  EXPECT_EQ(store.pool[Slot<Thing>(2)].value, 7u) << "as new";
  Pool<Thing> none;
  none.Place({});
  EXPECT_TRUE(none.full());
  EXPECT_FALSE(none.Take());
}

TEST(PoolDeathTest, NothingIsGivenBackTwice) {
  Store store;
  const Slot<Thing> slot = store.pool.Take();
  store.pool.Free(slot);
  EXPECT_DEATH(store.pool.Free(slot), "");
  EXPECT_DEATH(store.pool.Free(Slot<Thing>(3)), "");
  EXPECT_DEATH(store.pool.Free(Slot<Thing>::None()), "");
}

// I-24: no call takes the id of a socket or listener that has gone, whoever has its slot now.
TEST(HandleTest, NoCallTakesAnIdOfLongAgo) {
  World world;
  std::vector<SocketId> sockets;
  std::vector<ListenerId> listeners;
  std::array<uint8_t, 4> buffer{};
  for (int life = 0; life < 3000; ++life) {
    const SocketId socket = *world.stack().Connect(world.now(), {kThere, Port{9}});
    const ListenerId listener = world.Listen();
    for (const SocketId old : sockets)
      ASSERT_EQ(world.stack().Status(old).error(), Errno::kBadF);
    for (const ListenerId old : listeners)
      ASSERT_EQ(world.stack().Accept(world.now(), old).error(), Errno::kBadF);
    ASSERT_EQ(world.stack().Abort(world.now(), socket), Errno::kOk);
    ASSERT_EQ(world.stack().Close(world.now(), listener), Errno::kOk);
    if (life % 100 == 0) sockets.push_back(socket), listeners.push_back(listener);
  }
  const SocketId tenant = *world.stack().Socket(world.now());
  const auto before = Snapshot(world.stack());
  for (const SocketId old : sockets) {
    EXPECT_EQ(old.slot, tenant.slot);
    Stack& stack = world.stack();
    const Instant now = world.now();
    EXPECT_EQ(stack.Bind(now, old, {kHere, Port{1}}), Errno::kBadF);
    EXPECT_EQ(stack.Connect(now, old, {kThere, Port{9}}), Errno::kBadF);
    EXPECT_EQ(stack.Listen(now, old, 1).error(), Errno::kBadF);
    EXPECT_EQ(stack.Read(now, old, buffer).error(), Errno::kBadF);
    EXPECT_EQ(stack.Write(now, old, buffer).error(), Errno::kBadF);
    EXPECT_EQ(stack.Shutdown(now, old, ShutdownHow::kBoth), Errno::kBadF);
    EXPECT_EQ(stack.Close(now, old), Errno::kBadF);
    EXPECT_EQ(stack.Abort(now, old), Errno::kBadF);
    EXPECT_EQ(stack.TakeError(now, old), Errno::kBadF);
    EXPECT_EQ(stack.SetOptions(now, old, SocketOptions{}), Errno::kBadF);
    EXPECT_EQ(stack.SetInterest(old, 0), Errno::kBadF);
  }
  for (const ListenerId old : listeners) {
    EXPECT_EQ(world.stack().SetBacklog(world.now(), old, 1), Errno::kBadF);
    EXPECT_EQ(world.stack().Close(world.now(), old), Errno::kBadF);
  }
  EXPECT_EQ(Snapshot(world.stack()), before);
}

}  // namespace
}  // namespace handfast
