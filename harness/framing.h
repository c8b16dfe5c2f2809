// Framing: what one frame of a link is.

#ifndef HARNESS_FRAMING_H_
#define HARNESS_FRAMING_H_

#include <cstdint>

namespace handfast {

enum class Framing : uint8_t {
  kEthernet,  // an Ethernet frame, without preamble and FCS
  kIp,        // a bare IP datagram
};

}  // namespace handfast

#endif  // HARNESS_FRAMING_H_
