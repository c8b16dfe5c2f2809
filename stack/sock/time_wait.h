// TimeWait: what remains of a connection for 2 MSL after its end (RFC 9293 §3.6).
//
// All of them live equally long, so the order in which they entered is the order in which
// they leave: one list, and one timer for its head.

#ifndef STACK_SOCK_TIME_WAIT_H_
#define STACK_SOCK_TIME_WAIT_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/sock/negotiated.h"
#include "stack/table/list.h"
#include "stack/table/pool.h"

namespace handfast {

struct TimeWait {
  SlotHead head;
  ListLink order;
  Flow flow;
  uint32_t tag = 0;
  Instant expires;
  Instant answered_at = Instant::Never();  // the last rate-limited answer
  Seq snd_nxt;
  Seq rcv_nxt;
  uint32_t ts_recent = 0;
  uint32_t ts_offset = 0;
  uint16_t window = 0;  // as in the last ACK, scaled
  Negotiated negotiated;
  uint8_t tos = 0;
  uint8_t reserved[4] = {};  // for an MD5 key
};

static_assert(sizeof(TimeWait) == 96, "links and generation counted");

}  // namespace handfast

#endif  // STACK_SOCK_TIME_WAIT_H_
