// Near<T>: a span that stores where its elements lie relative to itself.
//
// A block of memory that holds a Near and its elements can be copied with memcpy and the
// copy is whole: its Near refers to its own elements.

#ifndef STACK_BASE_NEAR_H_
#define STACK_BASE_NEAR_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/base/check.h"

namespace handfast {

template <typename T>
class Near {
 public:
  Near() = default;
  Near(const Near&) = delete;
  Near& operator=(const Near&) = delete;

  // REQUIRES: `elements` lies in the same block as this object.
  void Place(std::span<T> elements) {
    distance_ =
        reinterpret_cast<std::byte*>(elements.data()) - reinterpret_cast<std::byte*>(this);
    size_ = elements.size();
  }

  uint32_t size() const { return static_cast<uint32_t>(size_); }

  // REQUIRES: index < size().
  T& operator[](size_t index) {
    HF_CHECK(index < size_);
    return data()[index];
  }
  const T& operator[](size_t index) const { return const_cast<Near&>(*this)[index]; }

  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {const_cast<Near*>(this)->data(), size_}; }

 private:
  // By integers: the elements are not part of this object, only of its block.
  T* data() {
    return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(this) +
                                static_cast<uintptr_t>(distance_));
  }

  ptrdiff_t distance_ = 0;
  size_t size_ = 0;
};

}  // namespace handfast

#endif  // STACK_BASE_NEAR_H_
