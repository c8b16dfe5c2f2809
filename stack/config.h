// Config: every limit of a stack, in one place.
//
// All memory is taken when the stack is made; Bytes() says how much. What exceeds a limit
// meanwhile is refused by a stated rule: SYNs are dropped, calls fail with ENFILE or
// ENOBUFS, text stays with its sender.

#ifndef STACK_CONFIG_H_
#define STACK_CONFIG_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "stack/secret/port.h"
#include "stack/sock/policy.h"
#include "stack/sock/socket_options.h"
#include "stack/wire/address.h"
#include "stack/wire/parse.h"

namespace handfast {

struct Config {
  static constexpr uint32_t kMaxAddresses = 8;
  static constexpr uint32_t kMaxObjects = 1u << 29;  // of one kind
  static constexpr uint32_t kMinMtu = 128;           // room for all headers and the MSS floor
  static constexpr uint32_t kMinBuffer = 256;
  static constexpr uint32_t kMaxBuffer = 1u << 30;

  // Objects.
  uint32_t listeners = 64;
  uint32_t requests = 4096;     // half-open connections, of all listeners
  uint32_t connections = 4096;  // sockets in any other state than LISTEN and TIME-WAIT
  uint32_t time_waits = 4096;   // beyond it the oldest makes room; 0: no TIME-WAIT
  uint32_t chunks = 8192;       // of text, for all connections: one for each way at least
  uint32_t chunk_bytes = 2048;  // 64 .. 65535

  // The link. `addresses` are ours; the first `address_count` count.
  uint32_t mtu = 1500;  // octets of an IP datagram, kMinMtu .. 65535
  uint32_t address_count = 0;
  std::array<LocalAddr, kMaxAddresses> addresses{};

  // Sockets.
  uint32_t somaxconn = 4096;  // the most that listen() gives as backlog
  PortRange ephemeral{1024, 65535};
  SocketOptions socket;  // what a new socket starts with

  Policy policy;
  bool verify_checksums = true;  // false where the link has verified them
  OnMalformedOptions malformed_options = OnMalformedOptions::kDrop;
  uint8_t reserved[6] = {};

  // The named ones (stack/sock/policy.h).
  static Config Default() { return Config{}; }
  static Config Linux();
  static Config Strict();

  // Adds an address of ours. One too many is counted only: Invalid() tells of it.
  Config& With(Addr addr, uint32_t prefix_bits);

  LocalAddrs locals() const { return LocalAddrs(addresses).first(address_count); }

  // The name of the first field whose value is out of range, or nullptr.
  const char* Invalid() const;

  // Octets of memory that a stack of this config takes. REQUIRES: Invalid() == nullptr.
  size_t Bytes() const;
};

}  // namespace handfast

#endif  // STACK_CONFIG_H_
