// The Internet checksum (RFC 1071).
//
// A sum is kept as 64 bits of native-order halves; only Fold() makes 16 bits of it. The
// checksum is independent of byte order, so nothing is swapped until it is stored.

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
    for (; n >= 8; p += 8, n -= 8) {
      uint64_t word;
      std::memcpy(&word, p, 8);
      AddWord(word);
    }
    if (n != 0) {
      uint64_t word = 0;
      std::memcpy(&word, p, n);
      AddWord(word);
    }
  }

  // Adds a 16-bit word in host order.
  void Add16(uint16_t word) { AddWord(Native(word)); }

  void Add32(uint32_t word) {
    Add16(static_cast<uint16_t>(word >> 16));
    Add16(static_cast<uint16_t>(word));
  }

  void Add(const Addr& addr) {
    if (addr.is_v4()) return Add32(addr.v4());
    for (const uint32_t word : addr.words) Add32(word);
  }

  // The field to put into a header, in host order; 0 when a header that includes its
  // right checksum was added.
  uint16_t Fold() const {
    uint64_t sum = (sum_ & 0xffff'ffff) + (sum_ >> 32);
    sum = (sum & 0xffff'ffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return Native(static_cast<uint16_t>(~sum));
  }

 private:
  static constexpr uint16_t Native(uint16_t word) {
    if constexpr (std::endian::native == std::endian::big) return word;
    return static_cast<uint16_t>(word << 8 | word >> 8);
  }

  void AddWord(uint64_t word) {
    sum_ += word;
    sum_ += sum_ < word ? 1 : 0;  // the end-around carry
  }

  uint64_t sum_ = 0;
};

// The pseudo-header of RFC 9293 §3.1, in both families the same six fields.
inline Checksum PseudoHeader(const Addr& source, const Addr& destination, uint8_t protocol,
                             uint32_t length) {
  Checksum sum;
  sum.Add(source);
  sum.Add(destination);
  sum.Add16(protocol);
  sum.Add32(length);
  return sum;
}

}  // namespace handfast

#endif  // STACK_WIRE_CHECKSUM_H_
