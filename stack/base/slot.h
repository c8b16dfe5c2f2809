// Slot<T>: where a T stands in its pool. A typed 32-bit index; the state has no pointers.

#ifndef STACK_BASE_SLOT_H_
#define STACK_BASE_SLOT_H_

#include <cstdint>

namespace handfast {

inline constexpr uint32_t kNoIndex = 0xffff'ffff;

template <typename T>
class Slot {
 public:
  constexpr Slot() = default;
  constexpr explicit Slot(uint32_t index) : index_(index) {}
  static constexpr Slot None() { return Slot(); }

  constexpr uint32_t index() const { return index_; }
  constexpr explicit operator bool() const { return index_ != kNoIndex; }
  friend constexpr bool operator==(Slot, Slot) = default;

 private:
  uint32_t index_ = kNoIndex;
};

}  // namespace handfast

#endif  // STACK_BASE_SLOT_H_
