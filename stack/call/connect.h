// connect(): active OPEN (RFC 9293 §3.10.1; Linux: tcp_v4_connect).

#ifndef STACK_CALL_CONNECT_H_
#define STACK_CALL_CONNECT_H_

#include "stack/base/result.h"
#include "stack/base/units.h"
#include "stack/sock/connection.h"
#include "stack/wire/address.h"

namespace handfast {

// EALREADY: connecting. EISCONN: it is, or was, connected; a socket connects once.
// EAFNOSUPPORT: not an IPv4 address. ENETUNREACH: no address of another host (MUST-46).
// EINVAL: port 0.
constexpr Errno CheckConnect(const Connection& conn, const Endpoint& peer, LocalAddrs locals) {
  if (conn.state == State::kSynSent || conn.state == State::kSynReceived)
    return Errno::kAlready;
  if (conn.state != State::kClosed || conn.flow.peer_port != Port{0}) return Errno::kIsConn;
  if (!peer.addr.is_v4()) return Errno::kAfNoSupport;
  if (!IsPeer(peer.addr, locals)) return Errno::kNetUnreach;
  if (peer.port == Port{0}) return Errno::kInval;
  return Errno::kOk;
}

}  // namespace handfast

#endif  // STACK_CALL_CONNECT_H_
