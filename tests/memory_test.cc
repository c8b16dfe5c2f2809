// After construction nothing is allocated; when everything was closed, everything is free.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "harness/audit.h"
#include "harness/world.h"

namespace {
std::atomic<uint64_t> g_allocations{0};

void* Allocate(size_t size, size_t alignment) {
  ++g_allocations;
  void* const block =
      std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (block == nullptr) std::abort();
  return block;
}

// Not inline: seen through, the pair of these looks to g++ like a mistake.
[[gnu::noinline]] void Release(void* block) { std::free(block); }
}  // namespace

void* operator new(size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* block) noexcept { Release(block); }
void operator delete(void* block, size_t) noexcept { Release(block); }
void operator delete(void* block, std::align_val_t) noexcept { Release(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { Release(block); }

namespace handfast {
namespace {

// Two stacks exchange datagrams by hand, with no memory but what they were given.
class Pair {
 public:
  Pair()
      : a_(SmallConfig(Config().With(Addr::V4(10, 0, 0, 1), 24)), Secrets{{1, 1}}),
        b_(SmallConfig(Config().With(Addr::V4(10, 0, 0, 2), 24)), Secrets{{2, 2}}) {}

  Stack& a() { return *a_; }
  Stack& b() { return *b_; }
  Instant now{1'000'000'000};

  // Until both are silent.
  void Exchange() {
    for (bool busy = true; busy;) {
      busy = Carry(*a_, *b_);
      busy |= Carry(*b_, *a_);
    }
  }

 private:
  bool Carry(Stack& from, Stack& to) {
    from.Expire(now, out_);
    const size_t count = out_.size();
    for (size_t i = 0; i < count; ++i) {
      const Bytes view = out_[i];
      answers_.Clear();
      if (to.Input(now, {&view, 1}, answers_) != 1) std::abort();
      for (size_t j = 0; j < answers_.size(); ++j) {
        const Bytes answer = answers_[j];
        back_.Clear();
        if (from.Input(now, {&answer, 1}, back_) != 1) std::abort();
        for (size_t k = 0; k < back_.size(); ++k) {
          const Bytes last = back_[k];
          if (to.Input(now, {&last, 1}, rest_) != 1) std::abort();
          rest_.Clear();
        }
      }
    }
    out_.Clear();
    return count > 0;
  }

  OwnedStack a_, b_;
  OwnedTxBurst out_{256, 1500}, answers_{256, 1500}, back_{256, 1500}, rest_{256, 1500};
};

TEST(MemoryTest, NothingIsAllocatedAfterConstruction) {
  Pair pair;
  std::array<uint8_t, 4096> buffer{};
  const uint64_t before = g_allocations;
  const auto listener = pair.b().Listen(pair.now, {Addr::AnyV4(), Port{80}}, 5);
  uint64_t heard = 0;
  for (int i = 0; i < 50 && listener; ++i) {
    const auto client = pair.a().Connect(pair.now, {Addr::V4(10, 0, 0, 2), Port{80}});
    pair.Exchange();
    const auto server = pair.b().Accept(pair.now, *listener);
    if (!client || !server) break;
    (void)pair.a().Write(pair.now, *client, buffer);
    pair.Exchange();
    if (const auto count = pair.b().Read(pair.now, *server, buffer)) heard += *count;
    (void)pair.a().Close(pair.now, *client);
    (void)pair.b().Close(pair.now, *server);
    pair.Exchange();
    pair.now = pair.now + 70s;
    pair.Exchange();
  }
  const uint64_t after = g_allocations;
  EXPECT_EQ(after - before, 0u);
  EXPECT_EQ(heard, 50u * 4096) << "the loop must really have run";
}

TEST(MemoryTest, TheCounterCounts) {
  const uint64_t before = g_allocations;
  int* volatile escaped = new int(5);  // or a compiler may leave it out
  delete escaped;
  EXPECT_GT(g_allocations, before);
}

TEST(MemoryTest, ABlockMayHoldAnythingBefore) {
  const Config config = SmallConfig();
  std::vector<std::byte> one(config.Bytes() + 64, std::byte{0xff});
  std::vector<std::byte> two(config.Bytes() + 64, std::byte{0});
  const auto aligned = [&](std::vector<std::byte>& block) {
    const size_t skip = (64 - reinterpret_cast<uintptr_t>(block.data()) % 64) % 64;
    return std::span(block).subspan(skip, config.Bytes());
  };
  const auto a = Stack::Make(aligned(one), config, Secrets{{1, 2}});
  const auto b = Stack::Make(aligned(two), config, Secrets{{1, 2}});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(**a, **b) << "no byte of the state may be left as it was found";
}

TEST(MemoryTest, ABlockThatIsTooSmallOrCrookedIsRefused) {
  const Config config = SmallConfig();
  alignas(64) static std::array<std::byte, 1 << 20> block;
  ASSERT_LE(config.Bytes(), block.size());
  EXPECT_EQ(Stack::Make(std::span(block).first(config.Bytes() - 1), config, {}).error(),
            Errno::kNoMem);
  EXPECT_EQ(Stack::Make(std::span(block).subspan(1), config, {}).error(), Errno::kInval);
  Config bad = config;
  bad.mtu = 67;
  EXPECT_EQ(Stack::Make(block, bad, {}).error(), Errno::kInval);
  EXPECT_STREQ(bad.Invalid(), "mtu");
}

}  // namespace
}  // namespace handfast
