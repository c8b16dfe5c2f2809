// The words of an address: Port, Addr, Endpoint, Flow.

#ifndef STACK_BASE_UNITS_H_
#define STACK_BASE_UNITS_H_

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace handfast {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

enum class Port : uint16_t {};

// An IPv6 address, or an IPv4 one in its mapped form ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
// Words are in host order, the most significant first. The default is "::", which stands
// for "none"; `AnyV4()` is 0.0.0.0.
struct Addr {
  std::array<uint32_t, 4> words{};

  static constexpr Addr V4(uint32_t host_order) { return Addr{{0, 0, 0xffff, host_order}}; }
  static constexpr Addr V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return V4(uint32_t{a} << 24 | uint32_t{b} << 16 | uint32_t{c} << 8 | d);
  }
  static constexpr Addr AnyV4() { return V4(0); }

  constexpr bool is_v4() const { return words[0] == 0 && words[1] == 0 && words[2] == 0xffff; }
  // REQUIRES: is_v4().
  constexpr uint32_t v4() const { return words[3]; }
  constexpr bool is_any() const {
    return words[3] == 0 && words[0] == 0 && words[1] == 0 &&
           (words[2] == 0 || words[2] == 0xffff);
  }

  // Two words at a time: flows are compared for every segment.
  friend constexpr bool operator==(const Addr& a, const Addr& b) {
    using Halves = std::array<uint64_t, 2>;
    const auto x = std::bit_cast<Halves>(a), y = std::bit_cast<Halves>(b);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
  }
};

struct Endpoint {
  Addr addr;
  Port port{};

  friend constexpr bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Both ends of a connection, as this stack sees them.
struct Flow {
  Addr local;
  Addr peer;
  Port local_port{};
  Port peer_port{};

  constexpr Flow Reversed() const { return {peer, local, peer_port, local_port}; }
  friend constexpr bool operator==(const Flow&, const Flow&) = default;
};

static_assert(sizeof(Flow) == 36);

}  // namespace handfast

#endif  // STACK_BASE_UNITS_H_
