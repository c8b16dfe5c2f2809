// Which addresses may talk to us, and which may not (RFC 1122 §3.2.1.3, RFC 9293 MUST-57
// and MUST-63).

#ifndef STACK_WIRE_ADDRESS_H_
#define STACK_WIRE_ADDRESS_H_

#include <cstdint>
#include <span>

#include "stack/base/units.h"

namespace handfast {

// One of our own addresses, and how many of its leading bits name the subnet.
struct LocalAddr {
  Addr addr;
  uint32_t prefix_bits = 32;
  friend constexpr bool operator==(const LocalAddr&, const LocalAddr&) = default;
};

using LocalAddrs = std::span<const LocalAddr>;

constexpr uint32_t NetMaskV4(uint32_t prefix_bits) {
  return prefix_bits == 0 ? 0 : ~uint32_t{0} << (32 - prefix_bits);
}

constexpr bool IsOwn(const Addr& addr, LocalAddrs locals) {
  for (const LocalAddr& local : locals)
    if (local.addr == addr) return true;
  return false;
}

constexpr bool IsOnLink(const Addr& addr, const LocalAddr& local) {
  return addr.is_v4() && local.addr.is_v4() &&
         ((addr.v4() ^ local.addr.v4()) & NetMaskV4(local.prefix_bits)) == 0;
}

// Multicast, limited broadcast, or the broadcast address of one of our subnets. A subnet of
// 31 or 32 bits has no broadcast address (RFC 3021).
constexpr bool IsGroup(const Addr& addr, LocalAddrs locals) {
  if (!addr.is_v4()) return addr.words[0] >> 24 == 0xff;
  if (addr.v4() >> 28 == 0xe || addr.v4() == 0xffff'ffff) return true;
  for (const LocalAddr& local : locals)
    if (local.prefix_bits < 31 && IsOnLink(addr, local) &&
        (addr.v4() | NetMaskV4(local.prefix_bits)) == 0xffff'ffff)
      return true;
  return false;
}

// The address of one of our subnets: zeros where a host has its number, so that it is none's
// (RFC 1122 §3.2.1.3).
constexpr bool IsSubnet(const Addr& addr, LocalAddrs locals) {
  for (const LocalAddr& local : locals)
    if (local.prefix_bits < 31 && IsOnLink(addr, local) &&
        (addr.v4() & ~NetMaskV4(local.prefix_bits)) == 0)
      return true;
  return false;
}

// A unicast address that another host on the wire can have: not ours, not "this network"
// (0/8), loopback (127/8), multicast, class E (240/4), a subnet's or a broadcast address.
constexpr bool IsPeer(const Addr& addr, LocalAddrs locals) {
  if (!addr.is_v4() || IsOwn(addr, locals)) return false;
  if (IsGroup(addr, locals) || IsSubnet(addr, locals)) return false;
  const uint32_t high = addr.v4() >> 24;
  return high != 0 && high != 127 && high < 224;
}

}  // namespace handfast

#endif  // STACK_WIRE_ADDRESS_H_
