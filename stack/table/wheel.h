// Wheel: a hierarchical timing wheel (Varghese and Lauck 1987, scheme 7) of 1 ms ticks.
//
//     level 0   64 slots of one tick
//     level 1   64 slots of 64 ticks          a slot of level n spans 64^n ticks; when the
//     ...                                     cursor enters it, its timers move down
//     level 7   64 slots of 64^7 ticks
//
// A timer stands on the level of the highest base-64 digit in which its deadline differs
// from the cursor. Timers fire in the order of their deadlines, and those of one tick in
// the order in which they were armed: a slot is emptied into lower ones, in its order,
// before anything can be armed there directly.
//
//     Arm, Cancel    O(1)
//     Pop            O(1), and each timer moves down at most seven times in its life
//     Next           O(1) while a timer is due within 64 ticks, else O(timers in one slot)
//
// Links live in the timed objects: nodes(id) yields the TimerLink& of an id. Arming
// allocates nothing, and a copied stack keeps its timers.

#ifndef STACK_TABLE_WHEEL_H_
#define STACK_TABLE_WHEEL_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "stack/base/check.h"
#include "stack/base/slot.h"

namespace handfast {

struct TimerLink {
  static constexpr uint64_t kUnarmed = ~uint64_t{0};

  uint32_t next = kNoIndex;
  uint32_t prev = kNoIndex;
  uint64_t deadline = kUnarmed;  // tick

  constexpr bool armed() const { return deadline != kUnarmed; }
};

class Wheel {
 public:
  static constexpr uint64_t kNever = ~uint64_t{0};

  // Sets the cursor. REQUIRES: nothing is armed.
  void Start(uint64_t tick) {
    HF_CHECK(armed_ == 0);
    cursor_ = tick;
  }

  uint32_t armed() const { return armed_; }
  uint64_t cursor() const { return cursor_; }

  // Arms a timer, or arms it anew. A deadline that has passed is due at once.
  template <typename Nodes>
  void Arm(Nodes&& nodes, uint32_t id, uint64_t deadline) {
    HF_CHECK(deadline < uint64_t{1} << (kLevels * kBits));
    if (nodes(id).armed()) Cancel(nodes, id);
    nodes(id).deadline = deadline < cursor_ ? cursor_ : deadline;
    Link(nodes, id);
    ++armed_;
  }

  // REQUIRES: the timer is armed.
  template <typename Nodes>
  void Cancel(Nodes&& nodes, uint32_t id) {
    HF_CHECK(nodes(id).armed());
    Unlink(nodes, id);
    nodes(id) = TimerLink{};
    --armed_;
  }

  // Disarms and returns the first timer whose deadline is not after `now`, or kNoIndex.
  template <typename Nodes>
  uint32_t Pop(Nodes&& nodes, uint64_t now) {
    while (cursor_ <= now) {
      const uint32_t id = slots_[SlotOf(0, Digit(cursor_, 0))].head;
      if (id != kNoneStored) {
        Cancel(nodes, id - 1);
        return id - 1;
      }
      if (!Advance(nodes, now)) return kNoIndex;
    }
    return kNoIndex;
  }

  // The earliest deadline, or kNever.
  template <typename Nodes>
  uint64_t Next(Nodes&& nodes) const {
    for (uint32_t level = 0; level < kLevels; ++level) {
      const uint64_t later = LaterSlots(level);
      if (later == 0) continue;
      const auto digit = static_cast<uint32_t>(std::countr_zero(later));
      if (level == 0) return SlotStart(0, digit);
      uint64_t first = kNever;
      for (uint32_t id = slots_[SlotOf(level, digit)].head; id != kNoneStored;) {
        const TimerLink& node = nodes(id - 1);
        if (node.deadline < first) first = node.deadline;
        id = node.next + 1;
      }
      return first;
    }
    return kNever;
  }

 private:
  static constexpr uint32_t kBits = 6;
  static constexpr uint32_t kSlots = 1u << kBits;
  static constexpr uint32_t kLevels = 8;
  static constexpr uint32_t kNoneStored = 0;  // heads hold id + 1, so that zeroes are empty

  struct Ends {
    uint32_t head = kNoneStored;
    uint32_t tail = kNoneStored;
  };

  static uint32_t Digit(uint64_t tick, uint32_t level) {
    return static_cast<uint32_t>(tick >> (level * kBits)) & (kSlots - 1);
  }
  static uint32_t SlotOf(uint32_t level, uint32_t digit) { return level * kSlots + digit; }

  uint32_t LevelOf(uint64_t deadline) const {
    const uint64_t differs = deadline ^ cursor_;
    return differs == 0 ? 0 : static_cast<uint32_t>(63 - std::countl_zero(differs)) / kBits;
  }

  // Occupied slots of a level that are not before the cursor's.
  uint64_t LaterSlots(uint32_t level) const {
    return occupied_[level] & (~uint64_t{0} << Digit(cursor_, level));
  }

  uint64_t SlotStart(uint32_t level, uint32_t digit) const {
    const uint32_t shift = level * kBits;
    return ((cursor_ >> shift >> kBits << kBits) | digit) << shift;
  }

  // Moves the cursor to the next occupied slot, emptying it into lower levels, but not
  // beyond `now`. False when the cursor has come to `now` and nothing is due.
  template <typename Nodes>
  bool Advance(Nodes& nodes, uint64_t now) {
    for (uint32_t level = 0; level < kLevels; ++level) {
      const uint64_t later = LaterSlots(level);
      if (later == 0) continue;
      const auto digit = static_cast<uint32_t>(std::countr_zero(later));
      const uint64_t start = SlotStart(level, digit);
      if (start > now) break;
      cursor_ = start;
      if (level > 0) Descend(nodes, level, digit);
      return true;
    }
    cursor_ = now;
    return false;
  }

  template <typename Nodes>
  void Descend(Nodes& nodes, uint32_t level, uint32_t digit) {
    uint32_t id = slots_[SlotOf(level, digit)].head;
    slots_[SlotOf(level, digit)] = {};
    occupied_[level] &= ~(uint64_t{1} << digit);
    while (id != kNoneStored) {
      const uint32_t next = nodes(id - 1).next + 1;
      Link(nodes, id - 1);
      id = next;
    }
  }

  template <typename Nodes>
  void Link(Nodes& nodes, uint32_t id) {
    TimerLink& node = nodes(id);
    const uint32_t level = LevelOf(node.deadline);
    const uint32_t digit = Digit(node.deadline, level);
    Ends& ends = slots_[SlotOf(level, digit)];
    node.next = kNoIndex;
    node.prev = ends.tail - 1;
    if (ends.tail == kNoneStored)
      ends.head = id + 1;
    else
      nodes(ends.tail - 1).next = id;
    ends.tail = id + 1;
    occupied_[level] |= uint64_t{1} << digit;
  }

  template <typename Nodes>
  void Unlink(Nodes& nodes, uint32_t id) {
    const TimerLink node = nodes(id);
    const uint32_t level = LevelOf(node.deadline);
    const uint32_t digit = Digit(node.deadline, level);
    Ends& ends = slots_[SlotOf(level, digit)];
    if (node.prev == kNoIndex)
      ends.head = node.next + 1;
    else
      nodes(node.prev).next = node.next;
    if (node.next == kNoIndex)
      ends.tail = node.prev + 1;
    else
      nodes(node.next).prev = node.prev;
    if (ends.head == kNoneStored) occupied_[level] &= ~(uint64_t{1} << digit);
  }

  uint64_t cursor_ = 0;  // every timer with an earlier deadline has fired
  uint32_t armed_ = 0;
  [[maybe_unused]] uint32_t reserved_ = 0;  // no padding: copies compare byte by byte
  std::array<uint64_t, kLevels> occupied_{};
  std::array<Ends, size_t{kLevels} * kSlots> slots_{};
};

}  // namespace handfast

#endif  // STACK_TABLE_WHEEL_H_
