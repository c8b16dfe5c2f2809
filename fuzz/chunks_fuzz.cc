// chunks: two queues of octets hold what was put into them, whatever the other does, and no
// chunk is lost.

#include <array>
#include <deque>
#include <vector>

#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"
#include "stack/transfer/chunks.h"

using namespace handfast;

namespace {

constexpr uint32_t kChunks = 12;
constexpr uint32_t kOctets = 10;  // a chunk

class Match {
 public:
  Match() { store_.pool.Place(store_.chunks, store_.octets); }

  void Step(ByteReader& in) {
    const uint8_t what = in.Byte();
    const size_t which = what % 2;
    ByteQueue& queue = queues_[which];
    std::deque<uint8_t>& model = models_[which];
    switch (what / 2 % 5) {
      case 0: Put(which, in.Below(45)); break;
      case 1: PutChunk(1 + in.Below(kOctets)); break;
      case 2: Drop(which, in.Byte() % (queue.size + 1)); break;
      case 3: Copy(which, in); break;
      case 4:
        Clear(store_.pool, queue);
        model.clear();
        break;
    }
    HF_CLAIM(queue.size == model.size());
    const uint32_t held = ChunksOf(queues_[0]) + ChunksOf(queues_[1]);
    HF_CLAIM(store_.pool.used() == held);
    TheTrail().Add(uint64_t{held} << 32 | queue.size);
  }

 private:
  std::vector<uint8_t> Fresh(size_t count) {
    std::vector<uint8_t> octets(count);
    for (uint8_t& octet : octets) octet = next_++;
    return octets;
  }

  // One queue sends, the other receives; each leaves a quarter to the other.
  void Put(size_t which, uint32_t count) {
    const ChunkUse use = which == 0 ? ChunkUse::kSend : ChunkUse::kReceive;
    const std::vector<uint8_t> octets = Fresh(count);
    const uint32_t taken = Append(store_.pool, queues_[which], use, octets);
    const bool exhausted =
        store_.pool.used() == kChunks || store_.pool.used_for(use) >= kChunks - kChunks / 4;
    HF_CLAIM(taken == count || (taken < count && exhausted));
    models_[which].insert(models_[which].end(), octets.begin(), octets.begin() + taken);
  }

  // Text that came before its time, and is now in order.
  void PutChunk(uint32_t count) {
    const uint32_t chunk = store_.pool.Take(ChunkUse::kBeyond);
    if (chunk == kNoIndex) return;
    const std::vector<uint8_t> octets = Fresh(count);
    HF_CLAIM(store_.pool.Fill(chunk, octets) == count);
    AppendChunk(store_.pool, queues_[1], chunk);
    models_[1].insert(models_[1].end(), octets.begin(), octets.end());
  }

  void Drop(size_t which, uint32_t count) {
    DropFront(store_.pool, queues_[which], count);
    models_[which].erase(models_[which].begin(), models_[which].begin() + count);
  }

  void Copy(size_t which, ByteReader& in) const {
    const ByteQueue& queue = queues_[which];
    const uint32_t offset = in.Byte() % (queue.size + 1);
    std::vector<uint8_t> out(std::min<uint32_t>(in.Byte(), queue.size - offset));
    CopyOut(store_.pool, queue, offset, out);
    HF_CLAIM(std::equal(out.begin(), out.end(), models_[which].begin() + offset));
    TheTrail().Add(out);
  }

  uint32_t ChunksOf(const ByteQueue& queue) const {
    uint32_t count = 0;
    for (uint32_t i = queue.head; i != kNoIndex; i = store_.pool[i].next) ++count;
    return count;
  }

  struct {
    ChunkPool pool;
    std::array<Chunk, kChunks> chunks{};
    std::array<uint8_t, kChunks * kOctets> octets{};
  } store_;
  std::array<ByteQueue, 2> queues_;
  std::array<std::deque<uint8_t>, 2> models_;
  uint8_t next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  Match match;
  while (!in.empty()) match.Step(in);
  return 0;
}
