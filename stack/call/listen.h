// listen(): passive OPEN (RFC 9293 §3.10.1; Linux: inet_listen).

#ifndef STACK_CALL_LISTEN_H_
#define STACK_CALL_LISTEN_H_

#include <algorithm>
#include <cstdint>

#include "stack/base/result.h"
#include "stack/sock/connection.h"

namespace handfast {

// EINVAL: the socket is or was connected.
constexpr Errno CheckListen(const Connection& conn) {
  const bool used = conn.state != State::kClosed || conn.flow.peer_port != Port{0};
  return used ? Errno::kInval : Errno::kOk;
}

// The backlog in force. A negative one is a huge one, as Linux compares without sign.
constexpr uint32_t ClampBacklog(int backlog, uint32_t somaxconn) {
  return std::min(static_cast<uint32_t>(backlog), somaxconn);
}

}  // namespace handfast

#endif  // STACK_CALL_LISTEN_H_
