// An IPv4 header, in place. Check() proves the bounds and the header checksum once.
//
//   |Version|  IHL  |      TOS      |          Total Length         |    0
//   |         Identification        |Flags|      Fragment Offset    |    4
//   |  Time to Live |    Protocol   |         Header Checksum       |    8
//   |                       Source Address                          |   12
//   |                    Destination Address                        |   16

#ifndef STACK_WIRE_IPV4_VIEW_H_
#define STACK_WIRE_IPV4_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/units.h"
#include "stack/wire/be.h"
#include "stack/wire/checksum.h"
#include "stack/wire/drop.h"

namespace handfast {

inline constexpr uint8_t kProtocolIcmp = 1;
inline constexpr uint8_t kProtocolTcp = 6;

class Ipv4View {
 public:
  static constexpr size_t kMinHeader = 20;

  // Why no accessor below may be used, or kNone. Bytes after the total length (padding of
  // a short Ethernet frame) are allowed and are not part of the datagram.
  static Drop Check(Bytes bytes) {
    if (bytes.empty() || bytes[0] >> 4 != 4)
      return bytes.empty() ? Drop::kIpTooShort : Drop::kIpVersion;
    if (bytes.size() < kMinHeader) return Drop::kIpTooShort;
    const size_t header = HeaderLength(bytes);
    if (header < kMinHeader) return Drop::kIpHeaderLength;
    const size_t total = LoadBe16(&bytes[2]);
    if (total < header) return Drop::kIpHeaderLength;
    if (total > bytes.size()) return Drop::kIpTooShort;
    Checksum sum;
    sum.Add(bytes.first(header));
    return sum.Fold() == 0 ? Drop::kNone : Drop::kIpChecksum;
  }

  // REQUIRES: Check(bytes) == Drop::kNone.
  explicit Ipv4View(Bytes bytes) : bytes_(bytes.first(LoadBe16(&bytes[2]))) {}

  uint8_t tos() const { return bytes_[1]; }
  uint16_t id() const { return LoadBe16(&bytes_[4]); }
  bool dont_fragment() const { return (bytes_[6] & 0x40) != 0; }
  bool is_fragment() const { return (LoadBe16(&bytes_[6]) & 0x3fff) != 0; }
  uint8_t ttl() const { return bytes_[8]; }
  uint8_t protocol() const { return bytes_[9]; }
  Addr source() const { return Addr::V4(LoadBe32(&bytes_[12])); }
  Addr destination() const { return Addr::V4(LoadBe32(&bytes_[16])); }
  Bytes options() const {
    return bytes_.subspan(kMinHeader, HeaderLength(bytes_) - kMinHeader);
  }
  Bytes payload() const { return bytes_.subspan(HeaderLength(bytes_)); }
  Bytes bytes() const { return bytes_; }

  // The sum of the pseudo-header of what the datagram carries (RFC 9293 §3.1).
  Checksum PseudoHeader() const {
    Checksum sum;
    sum.Add(bytes_.subspan(12, 8));  // both addresses
    sum.Add16(protocol());
    sum.Add16(static_cast<uint16_t>(payload().size()));
    return sum;
  }

  // A loose or strict source route among the options (RFC 791 §3.1). Other options are
  // ignored (RFC 9293 MUST-50); a malformed list ends the search.
  bool has_source_route() const {
    const Bytes list = options();
    for (size_t i = 0; i < list.size();) {
      const uint8_t kind = list[i];
      if (kind == 0) return false;
      if (kind == 1) {
        ++i;
        continue;
      }
      if (kind == kLooseRoute || kind == kStrictRoute) return true;
      if (i + 1 >= list.size() || list[i + 1] < 2) return false;
      i += list[i + 1];
    }
    return false;
  }

 private:
  static constexpr uint8_t kLooseRoute = 131;
  static constexpr uint8_t kStrictRoute = 137;
  static size_t HeaderLength(Bytes bytes) { return (bytes[0] & 15) * size_t{4}; }

  Bytes bytes_;
};

}  // namespace handfast

#endif  // STACK_WIRE_IPV4_VIEW_H_
