// Octet: a number of TCP without its circle.
//
// A sequence number names an octet of an endless stream, a timestamp a tick of an endless
// clock; the wire carries 32 bits of either. Here both are counted from the beginning, in
// 64 bits, so that =< is =<, and a number on the wire is compared by asking which octets it
// can mean. Nothing is shared with stack/base/seq.h, which this is there to check.

#ifndef HARNESS_REFERENCE_OCTETS_H_
#define HARNESS_REFERENCE_OCTETS_H_

#include <cstdint>

namespace handfast::reference {

using Octet = int64_t;
inline constexpr Octet kCircle = Octet{1} << 32;

// How many octets of its lap lie before this one: what the wire carries of it.
constexpr uint32_t OnWire(Octet octet) {
  return static_cast<uint32_t>((octet % kCircle + kCircle) % kCircle);
}

// The first octet from `from` on that `wire` can mean.
constexpr Octet FirstFrom(Octet from, uint32_t wire) {
  const Octet this_lap = from - OnWire(from) + wire;
  return this_lap >= from ? this_lap : this_lap + kCircle;
}

// Can `wire` mean an octet x with first =< x =< last?
constexpr bool MeansOneOf(uint32_t wire, Octet first, Octet last) {
  return FirstFrom(first, wire) <= last;
}

// RFC 7323 §3: s < t if 0 < t - s < 2^31.
constexpr bool Earlier(uint32_t wire, Octet than) {
  return MeansOneOf(wire, than - kCircle / 2 + 1, than - 1);
}

static_assert(OnWire(-1) == 0xffff'ffff && OnWire(kCircle + 7) == 7);
static_assert(FirstFrom(kCircle - 2, 5) == kCircle + 5 && FirstFrom(5, 5) == 5);
static_assert(MeansOneOf(2, kCircle - 3, kCircle + 2) && !MeansOneOf(3, kCircle, kCircle + 2));
static_assert(Earlier(0xffff'ffff, kCircle) && !Earlier(0, kCircle));
static_assert(!Earlier(0x8000'0000, kCircle) && Earlier(0x8000'0001, kCircle));

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_OCTETS_H_
