// Pool<T>: a fixed number of T in slots, with a free list.
//
// Taking and giving back cost O(1) and touch one slot; a slot that was never used is never
// touched. Each slot counts its lives: a generation is odd while the slot is in use, and a
// Handle that was made in one life is void in all later ones. After 2^31 lives, when handles
// would repeat, the slot retires.
//
// REQUIRES of T: default constructible, trivially copyable, with a member `SlotHead head`; of
// a multiple of eight octets.

#ifndef STACK_TABLE_POOL_H_
#define STACK_TABLE_POOL_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "stack/base/check.h"
#include "stack/base/near.h"
#include "stack/base/slot.h"

namespace handfast {

struct SlotHead {
  uint32_t generation = 0;
  uint32_t link = kNoIndex;  // the free list's; its holder's while the slot is in use
};

// What the outside holds instead of a pointer. The default names nothing.
template <typename T>
struct Handle {
  Slot<T> slot;
  uint32_t generation = 0;
  friend constexpr bool operator==(const Handle&, const Handle&) = default;
};

template <typename T>
class Pool {
 public:
  // REQUIRES: `slots` is zeroed memory in the same block as this pool.
  void Place(std::span<T> slots) { slots_.Place(slots); }

  uint32_t capacity() const { return slots_.size(); }
  uint32_t used() const { return used_; }
  bool full() const { return used_ + retired_ == capacity(); }
  // Slots at and above this index were never used.
  uint32_t high_water() const { return fresh_; }

  // A default T in a slot of its own, or none when the pool is full.
  Slot<T> Take() {
    uint32_t index = free_;
    if (index != kEmpty) {
      --index;
      free_ = slots_[index].head.link;
      Prefetch(free_ - 1);  // whoever takes one will soon take another
    } else if (fresh_ < capacity()) {
      index = fresh_++;
    } else {
      return Slot<T>::None();
    }
    T& slot = slots_[index];
    const uint32_t generation = slot.head.generation + 1;
    Renew(slot, std::make_index_sequence<sizeof(T) / kPiece>());
    slot.head.generation = generation;
    ++used_;
    return Slot<T>(index);
  }

  // REQUIRES: live(slot).
  void Free(Slot<T> slot) {
    HF_CHECK(live(slot));
    SlotHead& head = slots_[slot.index()].head;
    --used_;
    if (++head.generation == 0) return void(++retired_);
    head.link = free_;
    free_ = slot.index() + 1;
  }

  bool live(Slot<T> slot) const {
    return slot.index() < fresh_ && (slots_[slot.index()].head.generation & 1) != 0;
  }

  T& operator[](Slot<T> slot) { return slots_[slot.index()]; }
  const T& operator[](Slot<T> slot) const { return slots_[slot.index()]; }

  Handle<T> HandleOf(Slot<T> slot) const {
    return {slot, slots_[slot.index()].head.generation};
  }

  // None when the handle's object is gone, also when its slot has a new tenant.
  Slot<T> Find(Handle<T> handle) const {
    if (!live(handle.slot)) return Slot<T>::None();
    return slots_[handle.slot.index()].head.generation == handle.generation ? handle.slot
                                                                            : Slot<T>::None();
  }

  // Fetches the slot into the cache. Any index will do: nothing is read.
  void Prefetch(uint32_t index) const {
    const auto at = reinterpret_cast<uintptr_t>(slots_.span().data()) + index * sizeof(T);
    for (size_t line = 0; line < sizeof(T); line += 64)
      __builtin_prefetch(reinterpret_cast<const void*>(at + line), 1);
  }

 private:
  // By pieces that fit a register: compilers clear or copy a large object with a string
  // instruction, which takes longer to start than all of this.
  static constexpr size_t kPiece = 8;
  static_assert(sizeof(T) % kPiece == 0);
  template <size_t... kIndex>
  static void Renew(T& slot, std::index_sequence<kIndex...>) {
    static constexpr T kNew{};
    auto* const to = reinterpret_cast<std::byte*>(&slot);
    const auto* const from = reinterpret_cast<const std::byte*>(&kNew);
    (std::memcpy(to + kIndex * kPiece, from + kIndex * kPiece, kPiece), ...);
  }

  static constexpr uint32_t kEmpty = 0;  // free_ is an index plus one, so that zeroes are empty

  Near<T> slots_;
  uint32_t free_ = kEmpty;
  uint32_t fresh_ = 0;
  uint32_t used_ = 0;
  uint32_t retired_ = 0;
};

}  // namespace handfast

#endif  // STACK_TABLE_POOL_H_
