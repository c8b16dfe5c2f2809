// Negotiated: which options both ends of a flow have agreed upon.

#ifndef STACK_SOCK_NEGOTIATED_H_
#define STACK_SOCK_NEGOTIATED_H_

#include <cstdint>

namespace handfast {

struct Negotiated {
  enum Bit : uint8_t { kTimestamps = 1, kSack = 2, kWindowScale = 4, kEcn = 8 };

  uint8_t bits = 0;

  constexpr bool has(Bit bit) const { return (bits & bit) != 0; }
  constexpr void Set(Bit bit) { bits = static_cast<uint8_t>(bits | bit); }
  constexpr void Clear(Bit bit) { bits = static_cast<uint8_t>(bits & ~bit); }
  friend constexpr bool operator==(Negotiated, Negotiated) = default;
};

}  // namespace handfast

#endif  // STACK_SOCK_NEGOTIATED_H_
