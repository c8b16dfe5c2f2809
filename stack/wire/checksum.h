// The Internet checksum (RFC 1071).
//
// A sum is kept as 64 bits of native-order words, which no datagram can overflow; only Fold()
// makes 16 bits of it. The checksum is independent of byte order, so nothing is swapped until
// it is stored.

#ifndef STACK_WIRE_CHECKSUM_H_
#define STACK_WIRE_CHECKSUM_H_

#include <bit>
#include <cstdint>
#include <cstring>

#include "stack/base/units.h"

namespace handfast {

class Checksum {
 public:
  // Adds the bytes as a string that starts at an even offset; an odd end is padded with 0.
  void Add(Bytes bytes) {
    const uint8_t* p = bytes.data();
    size_t n = bytes.size();
    for (; n >= 8; p += 8, n -= 8) sum_ += Load<uint32_t>(p) + uint64_t{Load<uint32_t>(p + 4)};
    if ((n & 4) != 0) sum_ += Load<uint32_t>(p), p += 4;
    if ((n & 2) != 0) sum_ += Load<uint16_t>(p), p += 2;
    if ((n & 1) != 0) sum_ += Native(static_cast<uint16_t>(*p << 8));
  }

  // Adds a 16-bit word in host order.
  void Add16(uint16_t word) { sum_ += Native(word); }

  // The field to put into a header, in host order; 0 when a header that includes its
  // right checksum was added.
  uint16_t Fold() const {
    uint64_t sum = (sum_ & 0xffff'ffff) + (sum_ >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return Native(static_cast<uint16_t>(~sum));
  }

 private:
  static constexpr uint16_t Native(uint16_t word) {
    if constexpr (std::endian::native == std::endian::big) return word;
    return static_cast<uint16_t>(word << 8 | word >> 8);
  }

  template <typename Word>
  static Word Load(const uint8_t* p) {
    Word word;
    std::memcpy(&word, p, sizeof word);
    return word;
  }

  uint64_t sum_ = 0;
};

}  // namespace handfast

#endif  // STACK_WIRE_CHECKSUM_H_
