// A TCP header, in place. Of() proves the bounds once; accessors never check again.
//
//   |          Source Port          |       Destination Port        |    0
//   |                        Sequence Number                        |    4
//   |                     Acknowledgment Number                     |    8
//   | Offset|  Reserved and flags   |            Window             |   12
//   |           Checksum            |         Urgent Pointer        |   16
//   |                     Options, then payload                     |   20

#ifndef STACK_WIRE_TCP_VIEW_H_
#define STACK_WIRE_TCP_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/units.h"
#include "stack/wire/be.h"
#include "stack/wire/drop.h"

namespace handfast {

enum TcpFlag : uint16_t {
  kFin = 0x001,
  kSyn = 0x002,
  kRst = 0x004,
  kPsh = 0x008,
  kAck = 0x010,
  kUrg = 0x020,
  kEce = 0x040,
  kCwr = 0x080,
  kReserved = 0xf00,  // three reserved bits, and AE (formerly NS)
};

// The twelve bits between data offset and window. Tests are masks, never equalities, so
// that a bit without meaning changes nothing.
class Flags {
 public:
  constexpr Flags() = default;
  constexpr explicit Flags(unsigned bits) : bits_(static_cast<uint16_t>(bits & 0xfff)) {}
  constexpr uint16_t bits() const { return bits_; }
  constexpr bool has(TcpFlag flag) const { return (bits_ & flag) != 0; }
  constexpr bool has_all(unsigned mask) const { return (bits_ & mask) == mask; }
  constexpr bool has_none(unsigned mask) const { return (bits_ & mask) == 0; }
  constexpr Flags With(TcpFlag flag) const { return Flags(unsigned{bits_} | flag); }
  friend constexpr bool operator==(Flags, Flags) = default;

 private:
  uint16_t bits_ = 0;
};

class TcpView {
 public:
  static constexpr size_t kMinHeader = 20;
  static constexpr size_t kMaxOptions = 40;

  // Why no accessor below may be used, or kNone.
  static constexpr Drop Check(Bytes bytes) {
    if (bytes.size() < kMinHeader) return Drop::kTcpTooShort;
    const size_t header = HeaderLength(bytes);
    if (header < kMinHeader) return Drop::kTcpDataOffset;
    return header > bytes.size() ? Drop::kTcpTooShort : Drop::kNone;
  }

  // REQUIRES: Check(bytes) == Drop::kNone.
  constexpr explicit TcpView(Bytes bytes) : bytes_(bytes) {}

  constexpr Port source() const { return Port{LoadBe16(&bytes_[0])}; }
  constexpr Port destination() const { return Port{LoadBe16(&bytes_[2])}; }
  constexpr Seq seq() const { return Seq(LoadBe32(&bytes_[4])); }
  constexpr Seq ack() const { return Seq(LoadBe32(&bytes_[8])); }
  constexpr Flags flags() const { return Flags(LoadBe16(&bytes_[12])); }
  constexpr uint16_t window() const { return LoadBe16(&bytes_[14]); }
  constexpr uint16_t checksum() const { return LoadBe16(&bytes_[16]); }
  constexpr uint16_t urgent() const { return LoadBe16(&bytes_[18]); }
  constexpr Bytes options() const {
    return bytes_.subspan(kMinHeader, HeaderLength(bytes_) - kMinHeader);
  }
  constexpr Bytes payload() const { return bytes_.subspan(HeaderLength(bytes_)); }

 private:
  static constexpr size_t HeaderLength(Bytes bytes) { return (bytes[12] >> 4) * size_t{4}; }

  Bytes bytes_;
};

}  // namespace handfast

#endif  // STACK_WIRE_TCP_VIEW_H_
