#include "stack/transfer/chunks.h"

#include <algorithm>
#include <cstring>

#include "stack/base/check.h"

namespace handfast {

void ChunkPool::Place(std::span<Chunk> chunks, std::span<uint8_t> bytes) {
  chunks_.Place(chunks);
  bytes_.Place(bytes);
  chunk_bytes_ = chunks.empty() ? 0 : static_cast<uint32_t>(bytes.size() / chunks.size());
}

bool ChunkPool::Allows(ChunkUse use) const {
  const uint32_t reserve = (capacity() + 3) / 4;
  if (use == ChunkUse::kSend) return used_for(use) < capacity() - reserve;
  const uint32_t received = used_for(ChunkUse::kReceive) + used_for(ChunkUse::kBeyond);
  return received < (use == ChunkUse::kReceive ? capacity() - reserve : capacity() / 2);
}

uint32_t ChunkPool::Take(ChunkUse use) {
  if (!Allows(use)) return kNoIndex;
  uint32_t index = kNoIndex;
  if (free_ != 0) {
    index = free_ - 1;
    free_ = chunks_[index].next;
  } else if (fresh_ < capacity()) {
    index = fresh_++;
  } else {
    return kNoIndex;
  }
  chunks_[index] = Chunk{};
  chunks_[index].use = use;
  ++used_;
  ++used_for_[static_cast<uint32_t>(use)];
  return index;
}

void ChunkPool::Free(uint32_t index) {
  HF_CHECK(used_ > 0);
  --used_for_[static_cast<uint32_t>(chunks_[index].use)];
  chunks_[index].next = free_;
  chunks_[index].begin = chunks_[index].end = 0;
  free_ = index + 1;
  --used_;
}

void ChunkPool::Reuse(uint32_t index, ChunkUse use) {
  --used_for_[static_cast<uint32_t>(chunks_[index].use)];
  ++used_for_[static_cast<uint32_t>(use)];
  chunks_[index].use = use;
}

Bytes ChunkPool::Content(uint32_t index) const {
  const Chunk& chunk = chunks_[index];
  return bytes_.span().subspan(size_t{index} * chunk_bytes_ + chunk.begin, chunk.size());
}

uint32_t ChunkPool::Fill(uint32_t index, Bytes bytes) {
  Chunk& chunk = chunks_[index];
  const uint32_t count = std::min(Room(index), static_cast<uint32_t>(bytes.size()));
  if (count == 0) return 0;
  std::memcpy(&bytes_[size_t{index} * chunk_bytes_ + chunk.end], bytes.data(), count);
  chunk.end = static_cast<uint16_t>(chunk.end + count);
  return count;
}

namespace {

void LinkBehind(ChunkPool& pool, ByteQueue& queue, uint32_t chunk) {
  pool[chunk].next = kNoIndex;
  (queue.tail == kNoIndex ? queue.head : pool[queue.tail].next) = chunk;
  queue.tail = chunk;
}

}  // namespace

uint32_t Append(ChunkPool& pool, ByteQueue& queue, ChunkUse use, Bytes bytes) {
  uint32_t taken = 0;
  while (taken < bytes.size()) {
    if (queue.tail == kNoIndex || pool.Room(queue.tail) == 0) {
      const uint32_t chunk = pool.Take(use);
      if (chunk == kNoIndex) break;
      LinkBehind(pool, queue, chunk);
    }
    taken += pool.Fill(queue.tail, bytes.subspan(taken));
  }
  queue.size += taken;
  return taken;
}

void AppendChunk(ChunkPool& pool, ByteQueue& queue, uint32_t chunk) {
  const uint32_t size = pool[chunk].size();
  queue.size += size;
  if (queue.tail != kNoIndex && pool.Room(queue.tail) >= size) {
    pool.Fill(queue.tail, pool.Content(chunk));
    pool.Free(chunk);
  } else {
    pool.Reuse(chunk, ChunkUse::kReceive);
    LinkBehind(pool, queue, chunk);
  }
}

void CopyOut(const ChunkPool& pool, const ByteQueue& queue, uint32_t offset, MutableBytes out) {
  HF_CHECK(out.size() <= queue.size && offset <= queue.size - out.size());
  uint32_t chunk = queue.head;
  size_t done = 0;
  while (done < out.size()) {
    const Bytes content = pool.Content(chunk);
    if (offset < content.size()) {
      const Bytes part =
          content.subspan(offset).first(std::min(content.size() - offset, out.size() - done));
      std::memcpy(out.data() + done, part.data(), part.size());
      done += part.size();
      offset = 0;
    } else {
      offset -= static_cast<uint32_t>(content.size());
    }
    chunk = pool[chunk].next;
  }
}

void DropFront(ChunkPool& pool, ByteQueue& queue, uint32_t count) {
  HF_CHECK(count <= queue.size);
  queue.size -= count;
  while (count > 0) {
    Chunk& chunk = pool[queue.head];
    const uint32_t size = chunk.size();
    if (count < size) {
      chunk.begin = static_cast<uint16_t>(chunk.begin + count);
      return;
    }
    count -= size;
    const uint32_t done = queue.head;
    queue.head = chunk.next;
    pool.Free(done);
  }
  if (queue.size == 0) Clear(pool, queue);
}

void Clear(ChunkPool& pool, ByteQueue& queue) {
  while (queue.head != kNoIndex) {
    const uint32_t next = pool[queue.head].next;
    pool.Free(queue.head);
    queue.head = next;
  }
  queue = {};
}

}  // namespace handfast
