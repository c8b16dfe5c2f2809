// Receiving: text and FIN of an acceptable segment (RFC 9293 §3.10.7.4, Seventh and Eighth).

#ifndef STACK_TRANSFER_RECEIVE_H_
#define STACK_TRANSFER_RECEIVE_H_

#include <array>
#include <cstdint>

#include "stack/base/time.h"
#include "stack/sock/connection.h"
#include "stack/sock/policy.h"
#include "stack/transfer/chunks.h"
#include "stack/wire/emit.h"
#include "stack/wire/segment.h"

namespace handfast {

enum class AckWhen : uint8_t {
  kNot,      // nothing to acknowledge
  kDelayed,  // within Policy::delayed_ack
  kNow,
};

struct ReceiveEffect {
  AckWhen ack = AckWhen::kNot;
  uint32_t delivered = 0;   // octets that the user can read now and could not before
  bool fin = false;         // the peer's FIN is in sequence now
  Drop drop = Drop::kNone;  // why nothing of the segment was kept, if so
};

// Keeps what of the segment lies in the window and was not received before. Text that is
// not stored for lack of memory is not acknowledged; acknowledged text is never dropped.
// `mss` is the largest segment that the peer may send.
ReceiveEffect ReceiveText(Connection& conn, ChunkPool& chunks, const Segment& seg,
                          uint32_t mss);

// Gives up the text beyond RCV.NXT; its sender will repeat it.
void DropBeyond(Connection& conn, ChunkPool& chunks);

// The blocks beyond RCV.NXT, the latest first (RFC 2018 §4). How many.
uint8_t SackBlocks(const Connection& conn, const ChunkPool& chunks,
                   std::array<SackBlock, 4>& out);

// TS.Recent by the rule of RFC 7323 §4.3, for a segment that was judged acceptable.
void TakeTimestamp(Connection& conn, const Segment& seg, Instant now);

}  // namespace handfast

#endif  // STACK_TRANSFER_RECEIVE_H_
