// The flow table against std::map, with tags that collide.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "stack/table/ehash.h"

namespace handfast {
namespace {

// A table and its buckets in one block, as the table demands.
struct Table {
  Ehash ehash;
  std::array<Ehash::Bucket, 8> buckets{};
  Table() { ehash.Place(buckets); }
};

// Keys are refs; a key's tag is taken from few values, most with homes next to one another
// or at the wrap.
uint32_t TagOf(uint32_t key) {
  constexpr uint32_t kTags[] = {0, 1, 1 + 8, 6, 7, 7 + 8, 7 + 64, 0x8000'0007};
  return kTags[key % std::size(kTags)];
}

RC_GTEST_PROP(EhashProps, FindsLikeAMap, ()) {
  Table table;
  std::map<uint32_t, uint32_t> model;  // key to ref
  uint32_t next_ref = 1000;
  const int steps = *rc::gen::inRange(0, 300);
  for (int step = 0; step < steps; ++step) {
    const auto key = *rc::gen::inRange<uint32_t>(0, 56);
    const auto found = model.find(key);
    if (found == model.end()) {
      if (model.size() == 60) continue;
      table.ehash.Insert(TagOf(key), key << 16 | ++next_ref);
      model[key] = key << 16 | next_ref;
    } else if (*rc::gen::inRange(0, 4) == 0) {
      table.ehash.Replace(TagOf(key), found->second, key << 16 | ++next_ref);
      found->second = key << 16 | next_ref;
    } else {
      table.ehash.Erase(TagOf(key), found->second);
      model.erase(found);
    }
    RC_ASSERT(table.ehash.size() == model.size());
    for (uint32_t k = 0; k < 56; ++k) {
      const uint32_t ref =
          table.ehash.Find(TagOf(k), [k](uint32_t candidate) { return candidate >> 16 == k; });
      const auto expected = model.find(k);
      RC_ASSERT(ref == (expected == model.end() ? Ehash::kNoRef : expected->second));
    }
  }
}

// Whoever stands outside his home stands behind full buckets only: a miss may stop at the
// first bucket with room.
RC_GTEST_PROP(EhashProps, NobodyStandsBehindABucketWithRoom, ()) {
  Table table;
  std::vector<uint32_t> keys;
  for (int step = *rc::gen::inRange(0, 200); step > 0; --step) {
    if (!keys.empty() && (keys.size() == 60 || *rc::gen::inRange(0, 3) == 0)) {
      const auto at = *rc::gen::inRange<size_t>(0, keys.size());
      table.ehash.Erase(TagOf(keys[at]), keys[at]);
      keys.erase(keys.begin() + static_cast<long>(at));
    } else {
      keys.push_back(static_cast<uint32_t>(step) + 1);
      table.ehash.Insert(TagOf(keys.back()), keys.back());
    }
  }
  for (uint32_t at = 0; at < 8; ++at) {
    const Ehash::Bucket& bucket = table.ehash.bucket(at);
    for (uint32_t cell = 0; cell < Ehash::kCells; ++cell) {
      if (bucket.refs[cell] == Ehash::kNoRef) continue;
      for (uint32_t b = bucket.tags[cell] & 7; b != at; b = (b + 1) & 7)
        for (const uint32_t ref : table.ehash.bucket(b).refs) RC_ASSERT(ref != Ehash::kNoRef);
    }
  }
}

TEST(EhashTest, TenMillionFlowsAtHalfLoadAreFoundWithoutLongWalks) {
  constexpr uint32_t kFlows = 10'000'000;
  const uint32_t buckets = Ehash::BucketsFor(kFlows);
  EXPECT_LE(uint64_t{kFlows}, uint64_t{buckets} * Ehash::kCells / 2);
  struct alignas(64) Block {
    Ehash ehash;
  };
  std::vector<std::byte> memory(sizeof(Block) + (size_t{buckets} + 2) * sizeof(Ehash::Bucket));
  const size_t skip = (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
  auto* const block = new (memory.data() + skip) Block;
  auto* const first = reinterpret_cast<Ehash::Bucket*>(memory.data() + skip + sizeof(Block));
  block->ehash.Place({first, buckets});
  const auto tag = [](uint64_t i) {  // any good hash
    i = (i + 1) * 0x9e3779b97f4a7c15;
    return static_cast<uint32_t>((i ^ (i >> 32)) * 0xd6e8feb86659fd93 >> 32);
  };
  for (uint32_t i = 0; i < kFlows; ++i) block->ehash.Insert(tag(i), i + 1);
  uint32_t missing = 0;
  for (uint32_t i = 0; i < kFlows; i += 97)
    missing += block->ehash.Find(tag(i), [i](uint32_t ref) { return ref == i + 1; }) != i + 1;
  EXPECT_EQ(missing, 0u);
  uint32_t run = 0, longest = 0;
  for (uint32_t i = 0; i < buckets; ++i) {
    bool room = false;
    for (const uint32_t ref : block->ehash.bucket(i).refs) room |= ref == Ehash::kNoRef;
    run = room ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  EXPECT_LE(longest, 24u) << "full buckets in a row";
}

}  // namespace
}  // namespace handfast
