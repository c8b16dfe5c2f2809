// SocketOptions: what a user may set on a socket; children inherit their listener's.

#ifndef STACK_SOCK_SOCKET_OPTIONS_H_
#define STACK_SOCK_SOCKET_OPTIONS_H_

#include <cstdint>

namespace handfast {

enum class Linger : uint8_t {
  kOff,    // close() lets the transfer end in the background
  kAbort,  // close() resets (SO_LINGER with 0 s)
  kTimed,  // close() gives the background so long, then resets
};

struct SocketOptions {
  static constexpr uint32_t kForever = 0xffff'ffff;

  uint32_t receive_buffer = 128 << 10;  // octets, 256 .. 1 GiB
  uint32_t send_buffer = 128 << 10;     // octets, 256 .. 1 GiB
  // How long sent data may stay unacknowledged, in ms; 0 leaves it to Policy::data_retries
  // (RFC 9293 §3.8.3: R2), kForever never gives up.
  uint32_t user_timeout_ms = 0;
  uint16_t linger_seconds = 0;  // with Linger::kTimed
  Linger linger = Linger::kOff;
  bool no_delay = false;  // true turns Nagle's algorithm off (RFC 9293 MUST-17)

  friend constexpr bool operator==(const SocketOptions&, const SocketOptions&) = default;
};

static_assert(sizeof(SocketOptions) == 16);

}  // namespace handfast

#endif  // STACK_SOCK_SOCKET_OPTIONS_H_
