// ByteReader: a fuzzer's bytes, taken one value at a time.
//
// Total: where the bytes have run out, values are 0. So every byte string means something,
// and a longer one begins as the shorter one did.

#ifndef HARNESS_FUZZ_BYTE_READER_H_
#define HARNESS_FUZZ_BYTE_READER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "stack/base/units.h"

namespace handfast {

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  size_t size() const { return left_.size(); }

  uint8_t Byte() {
    const Bytes byte = Take(1);
    return byte.empty() ? uint8_t{0} : byte[0];
  }
  uint16_t Word() {
    const unsigned high = Byte();
    return static_cast<uint16_t>(high << 8 | Byte());
  }
  uint32_t Long() {
    const uint32_t high = Word();
    return high << 16 | Word();
  }
  // One byte's worth of [0, n). REQUIRES: 0 < n <= 256.
  uint32_t Below(uint32_t n) { return Byte() % n; }
  bool Flip() { return (Byte() & 1) != 0; }
  template <typename T, size_t kCount>
  const T& OneOf(const T (&choices)[kCount]) {
    static_assert(kCount <= 256);
    return choices[Below(kCount)];
  }
  // So many bytes, or all that are left.
  Bytes Take(size_t count) {
    const Bytes taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes left_;
};

}  // namespace handfast

#endif  // HARNESS_FUZZ_BYTE_READER_H_
