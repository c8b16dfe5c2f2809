// bind(): may this socket have this local address? (Linux: __inet_bind.)

#ifndef STACK_CALL_BIND_H_
#define STACK_CALL_BIND_H_

#include "stack/base/result.h"
#include "stack/base/units.h"
#include "stack/sock/connection.h"
#include "stack/wire/address.h"

namespace handfast {

// Whether two holders of one port could get the same segments.
constexpr bool AddressesOverlap(const Addr& a, const Addr& b) {
  return a == b || a.is_any() || b.is_any();
}

// EAFNOSUPPORT: not an IPv4 address. EADDRNOTAVAIL: neither "any" nor ours. EINVAL: the
// socket has a port, or had a peer.
constexpr Errno CheckBind(const Connection& conn, const Addr& addr, LocalAddrs locals) {
  if (!addr.is_v4()) return Errno::kAfNoSupport;
  if (!addr.is_any() && !IsOwn(addr, locals)) return Errno::kAddrNotAvail;
  if (conn.state != State::kClosed || conn.flow.local_port != Port{0}) return Errno::kInval;
  return Errno::kOk;
}

}  // namespace handfast

#endif  // STACK_CALL_BIND_H_
