// Request: a half-open connection, SYN received, SYN-ACK sent (Linux: request_sock).
//
// It lives in the flow table like any other flow; the "SYN queue" of a listener is the list
// of its requests.

#ifndef STACK_SOCK_REQUEST_H_
#define STACK_SOCK_REQUEST_H_

#include <cstdint>

#include "stack/base/seq.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/sock/negotiated.h"
#include "stack/table/list.h"
#include "stack/table/pool.h"
#include "stack/table/wheel.h"

namespace handfast {

struct Request {
  SlotHead head;
  TimerLink timer;  // the next SYN-ACK, or the end
  Flow flow;
  uint32_t listener = kNoIndex;

  ListLink siblings;  // requests of the same listener
  Seq iss;
  Seq irs;
  uint32_t tag = 0;        // of the flow, in the flow table
  uint32_t ts_recent = 0;  // TSval of the SYN
  uint32_t ts_offset = 0;
  uint32_t tsval_first = 0;  // of our first and latest SYN-ACK
  uint32_t tsval_last = 0;
  uint32_t answered_ms = 0;  // of the last rate-limited answer, after synack_at; 0: none yet
  Instant synack_at;         // when the first SYN-ACK left
  uint16_t peer_mss = 0;
  uint16_t window = 0;  // as in the SYN-ACK, not scaled
  uint8_t scales = 0;   // shift of the peer's windows << 4 | of ours
  Negotiated negotiated;
  uint8_t timeouts = 0;      // of the SYN-ACK timer since the last SYN
  uint8_t retransmits = 0;   // SYN-ACKs beyond the first, saturating
  bool acked = false;        // a valid third segment met a full accept queue
  uint8_t tos = 0;           // of the SYN
  uint8_t reserved[6] = {};  // for a saved SYN and an MD5 key

  constexpr Seq rcv_nxt() const { return irs + 1; }
  constexpr uint8_t snd_scale() const { return scales >> 4; }
  constexpr uint8_t rcv_scale() const { return scales & 15; }
};

static_assert(sizeof(Request) == 128, "two cache lines, links and generation counted");

}  // namespace handfast

#endif  // STACK_SOCK_REQUEST_H_
