// The life of a connection: its state, its timer, its places in lists, and its end.

#ifndef STACK_COMMIT_LIFE_H_
#define STACK_COMMIT_LIFE_H_

#include "stack/base/result.h"
#include "stack/base/slot.h"
#include "stack/sock/state.h"
#include "stack/tables.h"
#include "stack/tx.h"

namespace handfast {

// What a user may wait for.
enum ReadyBit : uint8_t {
  kReadable = 1,  // text, the end of it, or a connection to accept
  kWritable = 2,  // room in the send buffer; for connect(), that it is decided
  kHangup = 4,    // over, in both directions
  kErrored = 8,   // an error waits to be taken
  kAdvised = 16,  // trouble that may pass: an ICMP error, or R1 was reached
};
inline constexpr uint8_t kAllReady = 31;

uint8_t ReadyBits(const Connection& conn);
uint8_t ReadyBits(const Listener& listener);

// Takes an arrow of the state diagram. REQUIRES: there is one.
void Transit(Tables& t, Connection& conn, Event event);

// Puts a connection into the flow table. REQUIRES: nobody owns its flow.
void Hash(Tables& t, Slot<Connection> slot);

// To be called after each change: arms the timer for the earliest deadline, brings the
// ready lists up to date, and gives the slot back when the connection is over and nobody
// holds it.
void Settle(Tables& t, Slot<Connection> slot);
void Settle(Tables& t, Slot<Listener> slot);

// Something is to leave; the next Expire sends it.
void WantOutput(Tables& t, Slot<Connection> slot);

// The connection is over because of an error, which its user is told; what was to be sent
// is dropped, what was received can still be read. Counts as Linux's tcp_done.
void Fail(Tables& t, Connection& conn, Event event, Errno error);

// The same on our side, and a RST is to leave if the state demands one (RFC 9293 §3.10.5).
void AbortConnection(Tables& t, Slot<Connection> slot, Errno error);

// Becomes a TimeWait in the same place of the flow table. The oldest time-wait makes room
// when there is none.
void EnterTimeWait(Tables& t, Slot<Connection> slot);
void ReleaseTimeWait(Tables& t, Slot<TimeWait> slot);
// 2 MSL begin anew.
void RestartTimeWait(Tables& t, Slot<TimeWait> slot);

void ForgetRequest(Tables& t, Slot<Request> slot);

// The first millisecond that is not before `at`: the wheel's tick of a deadline.
constexpr uint64_t TickOf(Instant at) {
  return at.ns() / 1'000'000 + (at.ns() % 1'000'000 != 0);
}

// Arms the timer of a request.
void ArmRequest(Tables& t, Slot<Request> slot, Duration wait);

}  // namespace handfast

#endif  // STACK_COMMIT_LIFE_H_
