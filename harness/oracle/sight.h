// Sight: who owns which flow in a stack, read from its tables one by one.

#ifndef HARNESS_ORACLE_SIGHT_H_
#define HARNESS_ORACLE_SIGHT_H_

#include <string>

#include "harness/oracle/model.h"
#include "stack/stack.h"

namespace handfast::oracle {

struct Sight {
  struct Open {
    State state = State::kNone;
    Negotiated negotiated;
    uint8_t snd_scale = 0;
    uint8_t rcv_scale = 0;
    uint16_t peer_mss = 0;
    uint32_t iss = 0;
    uint32_t irs = 0;
  };

  FlowSet half_open;
  FlowMap<Open> connections;
  FlowMap<TimeWait> time_waits;
  std::string twice;  // a flow with two owners, if there is one
};

Sight Look(const Stack& stack);

// "10.0.0.1:80 10.0.0.3:40000"; ours first.
std::string Show(const Flow& flow);

}  // namespace handfast::oracle

#endif  // HARNESS_ORACLE_SIGHT_H_
