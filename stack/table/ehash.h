// Ehash: the table of flows. Open addressing in buckets of one cache line.
//
//     tag tag tag tag tag tag tag tag │ ref ref ref ref ref ref ref ref     64 octets
//
// A tag is 32 bits of the keyed hash of an object's key; its low bits name the home bucket.
// A ref is the caller's, not 0, and says where the object stands. An object lives in its
// home bucket, or, while all buckets from there on are full, in the next one with room. The
// cells of a bucket fill from the front. Erasing closes the gap, and moves back what lives
// further on than it need, so there are no tombstones and a miss ends at the first empty cell.

#ifndef STACK_TABLE_EHASH_H_
#define STACK_TABLE_EHASH_H_

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "stack/base/check.h"
#include "stack/base/near.h"

namespace handfast {

class Ehash {
 public:
  static constexpr uint32_t kCells = 8;  // in a bucket
  static constexpr uint32_t kNoRef = 0;

  struct alignas(64) Bucket {
    std::array<uint32_t, kCells> tags{};
    std::array<uint32_t, kCells> refs{};
  };

  // Buckets for so many objects at a load of at most one half.
  static constexpr uint32_t BucketsFor(uint32_t objects) {
    return std::bit_ceil((objects + kCells / 2 - 1) / (kCells / 2) + 1);
  }

  // REQUIRES: `buckets` is zeroed, a power of two in number, in the same block as this.
  void Place(std::span<Bucket> buckets) {
    HF_CHECK((buckets.size() & (buckets.size() - 1)) == 0);
    buckets_.Place(buckets);
  }

  uint32_t size() const { return size_; }
  uint32_t buckets() const { return buckets_.size(); }
  const Bucket& bucket(uint32_t index) const { return buckets_[index]; }

  void Prefetch(uint32_t tag) const { __builtin_prefetch(&buckets_[Home(tag)]); }

  // A guess for prefetching: the first ref of the home bucket with this tag, or kNoRef.
  uint32_t Peek(uint32_t tag) const {
    const Bucket& bucket = buckets_[Home(tag)];
    for (uint32_t i = 0; i < kCells && bucket.refs[i] != kNoRef; ++i)
      if (bucket.tags[i] == tag) return bucket.refs[i];
    return kNoRef;
  }

  // The ref with this tag for which matches(ref), or kNoRef.
  template <typename Matches>
  uint32_t Find(uint32_t tag, Matches&& matches) const {
    const uint32_t home = Home(tag);
    for (uint32_t steps = 0; steps < buckets_.size(); ++steps) {
      const Bucket& bucket = buckets_[(home + steps) & Mask()];
      for (uint32_t i = 0; i < kCells; ++i) {
        const uint32_t ref = bucket.refs[i];
        if (ref == kNoRef) return kNoRef;
        if (bucket.tags[i] == tag && matches(ref)) return ref;
      }
    }
    return kNoRef;
  }

  // REQUIRES: ref != kNoRef, not in the table; the table has room.
  void Insert(uint32_t tag, uint32_t ref) {
    HF_CHECK(ref != kNoRef && size_ < buckets_.size() * kCells);
    const Cell place = FindCell(Home(tag), kNoRef);
    buckets_[place.bucket].tags[place.cell] = tag;
    buckets_[place.bucket].refs[place.cell] = ref;
    ++size_;
  }

  // Puts another object of the same key in the place of one: a lookup finds the one or the
  // other, never both or neither. REQUIRES: `ref` is in the table under this tag.
  void Replace(uint32_t tag, uint32_t ref, uint32_t by) {
    HF_CHECK(by != kNoRef);
    const Cell place = FindCell(Home(tag), ref);
    buckets_[place.bucket].refs[place.cell] = by;
  }

  // REQUIRES: `ref` is in the table under this tag.
  void Erase(uint32_t tag, uint32_t ref) {
    const Cell gone = FindCell(Home(tag), ref);
    uint32_t room = gone.bucket;  // lacks a cell that it had
    const bool was_full = !HasRoom(room);
    CloseGap(buckets_[room], gone.cell);
    --size_;
    if (!was_full) return;
    for (uint32_t at = (room + 1) & Mask(); at != room; at = (at + 1) & Mask()) {
      const bool last = HasRoom(at);  // nothing beyond it is displaced past it
      if (MoveBack(at, room)) room = at;
      if (last) return;
    }
  }

 private:
  struct Cell {
    uint32_t bucket;
    uint32_t cell;
  };

  uint32_t Mask() const { return buckets_.size() - 1; }
  uint32_t Home(uint32_t tag) const { return tag & Mask(); }

  bool HasRoom(uint32_t bucket) const { return buckets_[bucket].refs.back() == kNoRef; }

  // The first cell with this ref, from the bucket `home` on.
  Cell FindCell(uint32_t home, uint32_t ref) const {
    for (uint32_t steps = 0; steps < buckets_.size(); ++steps) {
      const uint32_t at = (home + steps) & Mask();
      for (uint32_t i = 0; i < kCells; ++i)
        if (buckets_[at].refs[i] == ref) return {at, i};
    }
    HF_CHECK(false);
    return {0, 0};
  }

  // The last cell of the bucket takes the place of this one.
  static void CloseGap(Bucket& bucket, uint32_t cell) {
    uint32_t last = cell;
    while (last + 1 < kCells && bucket.refs[last + 1] != kNoRef) ++last;
    bucket.tags[cell] = bucket.tags[last];
    bucket.refs[cell] = bucket.refs[last];
    bucket.refs[last] = kNoRef;
  }

  // Moves a cell of bucket `at` whose home is not after `room` into the free last cell of
  // that bucket. False when there is none.
  bool MoveBack(uint32_t at, uint32_t room) {
    Bucket& from = buckets_[at];
    for (uint32_t i = 0; i < kCells && from.refs[i] != kNoRef; ++i) {
      const uint32_t displaced = (at - Home(from.tags[i])) & Mask();
      if (displaced < ((at - room) & Mask())) continue;
      buckets_[room].tags.back() = from.tags[i];
      buckets_[room].refs.back() = from.refs[i];
      CloseGap(from, i);
      return true;
    }
    return false;
  }

  Near<Bucket> buckets_;
  uint32_t size_ = 0;
  [[maybe_unused]] uint32_t reserved_ = 0;  // no padding: copies compare byte by byte
};

static_assert(sizeof(Ehash::Bucket) == 64);

}  // namespace handfast

#endif  // STACK_TABLE_EHASH_H_
