// Flood: a station that sends SYNs, each of another flow, and never answers what comes back.

#ifndef HARNESS_SIM_FLOOD_H_
#define HARNESS_SIM_FLOOD_H_

#include <cstdint>

#include "harness/sim/host.h"
#include "harness/sim/rng.h"
#include "harness/sim/wire.h"
#include "stack/wire/ethernet.h"

namespace handfast {

class Flood {
 public:
  static constexpr Addr kAddr = Addr::V4(10, 0, 0, 66);
  static constexpr Mac kMac{{2, 0, 0, 0, 0, 66}};

  // Against a port of a host of the lab.
  Flood(Lab& lab, size_t host, Port port, uint64_t seed);

  void Send(uint32_t syns);
  // Hears what has come by now; says where it lives to whom asks.
  void Turn();
  uint64_t sent() const { return sent_; }

 private:
  void Transmit(uint16_t type, Bytes payload, const Mac& to);

  SimLink link_;
  Mac target_mac_;
  Endpoint target_;
  SimRng rng_;
  uint64_t sent_ = 0;
};

}  // namespace handfast

#endif  // HARNESS_SIM_FLOOD_H_
