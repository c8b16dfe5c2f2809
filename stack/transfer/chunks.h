// ChunkPool: the one store of text, shared by all connections, in chunks of equal size.
//
// A queue is a chain of chunks. A chunk belongs to one queue or is free; when none is to be
// had, storing fails and the caller's text stays unacknowledged.
//
// Sending and receiving must not starve one another: two hosts whose pools are full of text
// to send would wait for each other for ever. So each leaves a quarter of the pool to the
// other, and text beyond RCV.NXT, which may be dropped again, takes half at the most.

#ifndef STACK_TRANSFER_CHUNKS_H_
#define STACK_TRANSFER_CHUNKS_H_

#include <array>
#include <cstdint>
#include <span>

#include "stack/base/near.h"
#include "stack/base/seq.h"
#include "stack/base/slot.h"
#include "stack/base/units.h"
#include "stack/sock/connection.h"

namespace handfast {

enum class ChunkUse : uint32_t { kSend, kReceive, kBeyond };

struct Chunk {
  uint32_t next = kNoIndex;
  Seq seq;             // of the first octet, in the chain beyond RCV.NXT
  uint16_t begin = 0;  // the octets held are [begin, end) of the chunk's
  uint16_t end = 0;
  ChunkUse use = ChunkUse::kSend;
  constexpr uint32_t size() const { return uint32_t{end} - begin; }
};

class ChunkPool {
 public:
  // REQUIRES: zeroed memory in the same block as this; bytes for chunks of 1..65535 octets.
  void Place(std::span<Chunk> chunks, std::span<uint8_t> bytes);

  uint32_t capacity() const { return chunks_.size(); }
  uint32_t used() const { return used_; }
  uint32_t chunk_bytes() const { return chunk_bytes_; }

  uint32_t used_for(ChunkUse use) const { return used_for_[static_cast<uint32_t>(use)]; }

  // An empty chunk, or kNoIndex when there is none for this use.
  uint32_t Take(ChunkUse use);
  void Free(uint32_t index);
  // What was beyond RCV.NXT is not any more.
  void Reuse(uint32_t index, ChunkUse use);

  Chunk& operator[](uint32_t index) { return chunks_[index]; }
  const Chunk& operator[](uint32_t index) const { return chunks_[index]; }

  Bytes Content(uint32_t index) const;
  uint32_t Room(uint32_t index) const { return chunk_bytes_ - chunks_[index].end; }
  // Adds as much of `bytes` as fits behind the chunk's content. How much that was.
  uint32_t Fill(uint32_t index, Bytes bytes);

 private:
  bool Allows(ChunkUse use) const;

  Near<Chunk> chunks_;
  Near<uint8_t> bytes_;
  uint32_t chunk_bytes_ = 0;
  uint32_t free_ = 0;  // index + 1 of the first free chunk; 0: none was given back
  uint32_t fresh_ = 0;
  uint32_t used_ = 0;
  std::array<uint32_t, 3> used_for_{};
  [[maybe_unused]] uint32_t reserved_ = 0;  // no padding: copies compare byte by byte
};

// Queues of octets. What Append cannot store it leaves; it returns how much it took.
uint32_t Append(ChunkPool& pool, ByteQueue& queue, ChunkUse use, Bytes bytes);
// Puts a received chunk with content at the end, merged into the last one if it fits.
void AppendChunk(ChunkPool& pool, ByteQueue& queue, uint32_t chunk);
// REQUIRES: offset + out.size() <= queue.size.
void CopyOut(const ChunkPool& pool, const ByteQueue& queue, uint32_t offset, MutableBytes out);
// Removes the first `count` octets. REQUIRES: count <= queue.size.
void DropFront(ChunkPool& pool, ByteQueue& queue, uint32_t count);
void Clear(ChunkPool& pool, ByteQueue& queue);

}  // namespace handfast

#endif  // STACK_TRANSFER_CHUNKS_H_
