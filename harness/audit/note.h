// StackNote: a stack as it was, without the text in its chunks. Cheap enough for every step.

#ifndef HARNESS_AUDIT_NOTE_H_
#define HARNESS_AUDIT_NOTE_H_

#include <cstddef>
#include <cstring>
#include <vector>

#include "stack/stack.h"

namespace handfast {

class StackNote {
 public:
  void Take(const Stack& stack) {
    size_ = SizeWithoutText(stack);
    lines_.resize(size_ / sizeof(Line));
    std::memcpy(lines_.data(), &stack, size_);
  }

  // The text of chunks may not be looked at. REQUIRES: Take() was called.
  const Tables& tables() const { return reinterpret_cast<const Stack*>(block())->tables(); }

  // Has nothing changed? Text only changes together with the chunk that holds it.
  bool Equals(const Stack& stack) const { return std::memcmp(block(), &stack, size_) == 0; }
  // The same, counters and clock left out.
  bool EqualsButCounters(const Stack& stack) const {
    const Tables& t = stack.tables();
    const auto* const start = reinterpret_cast<const std::byte*>(&stack);
    const auto offset = [&](const void* field) {
      return static_cast<size_t>(static_cast<const std::byte*>(field) - start);
    };
    const size_t clock = offset(&t.now);
    const size_t rest = offset(&t.counters) + sizeof t.counters;
    return std::memcmp(block(), start, clock) == 0 &&
           std::memcmp(block() + rest, start + rest, size_ - rest) == 0;
  }

 private:
  struct alignas(kTablesAlignment) Line {
    std::byte octets[kTablesAlignment];
  };

  // Text stands at the end of the block (stack/tables.h).
  static size_t SizeWithoutText(const Stack& stack) {
    const Config& config = stack.config();
    const size_t text = size_t{config.chunks} * config.chunk_bytes;
    return stack.bytes() - (text + sizeof(Line) - 1) / sizeof(Line) * sizeof(Line);
  }

  const std::byte* block() const { return reinterpret_cast<const std::byte*>(lines_.data()); }

  std::vector<Line> lines_;
  size_t size_ = 0;
};

}  // namespace handfast

#endif  // HARNESS_AUDIT_NOTE_H_
