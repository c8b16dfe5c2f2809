// Normal: datagrams shown without what differs from run to run: sequence numbers count from
// their ISN, timestamps from the first of their direction.

#ifndef HARNESS_SIM_NORMAL_H_
#define HARNESS_SIM_NORMAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "harness/packet.h"

namespace handfast {

// Learns from what it is shown. Where a SYN was lost before it was shown, the first number
// stands for the one behind it. Of several incarnations of a flow it takes the
// latest to which a number can belong: none may say more than kMost octets.
class Normal {
 public:
  std::string Show(Bytes datagram);

 private:
  // Source address, source port, destination port.
  using Direction = std::tuple<uint32_t, Port, Port>;
  static Direction Of(const Flow& flow) {
    return {flow.local.v4(), flow.local_port, flow.peer_port};
  }

  static constexpr uint32_t kMost = 1u << 16;
  uint32_t Relative(const Direction& direction, uint32_t number);

  std::map<Direction, std::vector<uint32_t>> isns_;  // the latest last
  std::map<Direction, uint32_t> ts_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_NORMAL_H_
