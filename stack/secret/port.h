// Ephemeral ports: where in the range the search for a free port starts.
//
// RFC 6056's algorithms 3 and 4 step from a place that the destination determines, which
// lets a server recognise a client by its ports (CVE-2022-32296). Here each search starts
// at an independent draw of a keyed function: of the flow, and of a number that is never
// used twice. The key is renewed every ten seconds (Stack::Rekey).

#ifndef STACK_SECRET_PORT_H_
#define STACK_SECRET_PORT_H_

#include <cstdint>

#include "stack/base/siphash.h"
#include "stack/base/units.h"

namespace handfast {

// Inclusive. REQUIRES: 0 < first <= last.
struct PortRange {
  uint16_t first = 1024;
  uint16_t last = 65535;
  constexpr uint32_t size() const { return uint32_t{last} - first + 1; }
  friend constexpr bool operator==(const PortRange&, const PortRange&) = default;
};

// Uniform over [0, range.size()). `flow.local_port` is not looked at.
constexpr uint32_t PortOffset(SipKey key, Flow flow, uint32_t draw, PortRange range) {
  flow.local_port = Port{0};
  const uint64_t hash = HashFlow<SipHash24>(key, flow, draw) >> 32;
  return static_cast<uint32_t>(hash * range.size() >> 32);
}

}  // namespace handfast

#endif  // STACK_SECRET_PORT_H_
