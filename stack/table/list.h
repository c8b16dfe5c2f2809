// List: a first-in, first-out list that runs through the objects of a pool.
//
// A member of T carries the links, so an object is in a list at most once, entering cannot
// fail, and leaving from the middle is O(1).

#ifndef STACK_TABLE_LIST_H_
#define STACK_TABLE_LIST_H_

#include <cstdint>

#include "stack/base/check.h"
#include "stack/base/slot.h"
#include "stack/table/pool.h"

namespace handfast {

struct ListLink {
  static constexpr uint32_t kUnlinked = kNoIndex - 1;
  uint32_t next = kUnlinked;
  uint32_t prev = kUnlinked;
  constexpr bool linked() const { return next != kUnlinked; }
};

template <typename T, ListLink T::* kLink>
class List {
 public:
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Slot<T> front() const { return Slot<T>(head_); }
  static Slot<T> Next(const Pool<T>& pool, Slot<T> slot) {
    return Slot<T>((pool[slot].*kLink).next);
  }

  // REQUIRES: the object is in no list of this link.
  void PushBack(Pool<T>& pool, Slot<T> slot) {
    ListLink& link = pool[slot].*kLink;
    HF_CHECK(!link.linked());
    link = {kNoIndex, tail_};
    (tail_ == kNoIndex ? head_ : (pool[Slot<T>(tail_)].*kLink).next) = slot.index();
    tail_ = slot.index();
    ++size_;
  }

  // REQUIRES: the object is in this list.
  void Remove(Pool<T>& pool, Slot<T> slot) {
    ListLink& link = pool[slot].*kLink;
    HF_CHECK(link.linked() && size_ > 0);
    (link.prev == kNoIndex ? head_ : (pool[Slot<T>(link.prev)].*kLink).next) = link.next;
    (link.next == kNoIndex ? tail_ : (pool[Slot<T>(link.next)].*kLink).prev) = link.prev;
    link = {};
    --size_;
  }

  // The first, taken out; none when empty.
  Slot<T> PopFront(Pool<T>& pool) {
    const Slot<T> slot = front();
    if (slot) Remove(pool, slot);
    return slot;
  }

 private:
  uint32_t head_ = kNoIndex;
  uint32_t tail_ = kNoIndex;
  uint32_t size_ = 0;
};

}  // namespace handfast

#endif  // STACK_TABLE_LIST_H_
