// Byte queues in chunks against std::deque; and no chunk is ever lost.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "stack/transfer/chunks.h"

namespace handfast {
namespace {

constexpr uint32_t kChunks = 12;
constexpr uint32_t kOctets = 10;

struct Store {
  ChunkPool pool;
  std::array<Chunk, kChunks> chunks{};
  std::array<uint8_t, kChunks * kOctets> octets{};
  Store() {
    for (Chunk& chunk : chunks) chunk.next = 0;
    pool.Place(chunks, octets);
  }
};

uint32_t ChunksOf(const ChunkPool& pool, const ByteQueue& queue) {
  uint32_t count = 0;
  for (uint32_t i = queue.head; i != kNoIndex; i = pool[i].next) ++count;
  return count;
}

RC_GTEST_PROP(ChunksProps, QueuesHoldWhatWasPutIn, ()) {
  Store store;
  std::array<ByteQueue, 2> queues;
  std::array<std::deque<uint8_t>, 2> models;
  uint8_t next = 0;
  for (int step = *rc::gen::inRange(0, 150); step > 0; --step) {
    const auto q = *rc::gen::inRange<size_t>(0, 2);
    ByteQueue& queue = queues[q];
    std::deque<uint8_t>& model = models[q];
    // One queue sends, one receives.
    const ChunkUse use = q == 0 ? ChunkUse::kSend : ChunkUse::kReceive;
    const int what = *rc::gen::inRange(0, 10);
    if (what < 4) {
      std::vector<uint8_t> octets(*rc::gen::inRange<size_t>(0, 45));
      for (uint8_t& octet : octets) octet = next++;
      const uint32_t taken = Append(store.pool, queue, use, octets);
      const bool none_left = store.pool.used_for(use) + kChunks / 4 >= kChunks;
      RC_ASSERT((taken == octets.size() || none_left || store.pool.used() == kChunks));
      model.insert(model.end(), octets.begin(), octets.begin() + taken);
    } else if (what < 5) {
      if (use != ChunkUse::kReceive) continue;
      const uint32_t chunk = store.pool.Take(ChunkUse::kBeyond);
      if (chunk == kNoIndex) continue;
      std::vector<uint8_t> octets(*rc::gen::inRange<size_t>(1, kOctets + 1));
      for (uint8_t& octet : octets) octet = next++;
      RC_ASSERT(store.pool.Fill(chunk, octets) == octets.size());
      AppendChunk(store.pool, queue, chunk);
      model.insert(model.end(), octets.begin(), octets.end());
    } else if (what < 8) {
      const auto count = *rc::gen::inRange<uint32_t>(0, queue.size + 1);
      DropFront(store.pool, queue, count);
      model.erase(model.begin(), model.begin() + count);
    } else if (what < 9) {
      const auto offset = *rc::gen::inRange<uint32_t>(0, queue.size + 1);
      std::vector<uint8_t> out(*rc::gen::inRange<uint32_t>(0, queue.size - offset + 1));
      CopyOut(store.pool, queue, offset, out);
      RC_ASSERT(std::equal(out.begin(), out.end(), model.begin() + offset));
    } else if (*rc::gen::inRange(0, 4) == 0) {
      Clear(store.pool, queue);
      model.clear();
    }
    RC_ASSERT(queue.size == model.size());
    RC_ASSERT(store.pool.used_for(ChunkUse::kSend) == ChunksOf(store.pool, queues[0]));
    RC_ASSERT(store.pool.used_for(ChunkUse::kReceive) == ChunksOf(store.pool, queues[1]));
    RC_ASSERT(store.pool.used_for(ChunkUse::kBeyond) == 0u);
    RC_ASSERT(store.pool.used() ==
              ChunksOf(store.pool, queues[0]) + ChunksOf(store.pool, queues[1]));
  }
}

}  // namespace
}  // namespace handfast
