// Normal: datagrams shown without what differs from run to run: sequence numbers count from
// their ISN, timestamps from the first of their direction.

#ifndef HARNESS_SIM_NORMAL_H_
#define HARNESS_SIM_NORMAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "harness/packet.h"

namespace handfast {

// Learns from what it is shown; SYNs first.
class Normal {
 public:
  std::string Show(Bytes datagram);

 private:
  // Source address, source port, destination port.
  using Direction = std::tuple<uint32_t, Port, Port>;
  static Direction Of(const Flow& flow) {
    return {flow.local.v4(), flow.local_port, flow.peer_port};
  }

  std::map<Direction, uint32_t> isn_, ts_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_NORMAL_H_
