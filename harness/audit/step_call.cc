// Invariants of calls, and of time.

#include <algorithm>

#include "harness/audit/step.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

// The socket that a handle names, as it was before; nullptr when the handle is void.
const Connection* SocketBefore(const Step& step) {
  const Pool<Connection>& pool = step.before.connections;
  const Slot<Connection> slot = pool.Find(*step.call->socket);
  return slot && pool[slot].has(Connection::kOwned) ? &pool[slot] : nullptr;
}

// --- A call that fails changes nothing, but that an error that waited is told once.

void FailureIsPure(const Step& step, Report& report) {
  const Errno error = step.call->error;
  if (error == Errno::kOk) return;
  if (step.call->socket.has_value()) {
    const Connection* const conn = SocketBefore(step);
    if (conn != nullptr && conn->error == error) return;
  }
  if (!step.note.Equals(step.stack)) report.Fail("a call failed, and left a trace");
}

// --- A void handle is EBADF, and only that is.

void HandlesAreTold(const Step& step, Report& report) {
  const Answered& call = *step.call;
  if (!call.socket.has_value() && !call.listener.has_value()) return;
  const bool valid = call.socket.has_value() ? SocketBefore(step) != nullptr
                                             : bool(step.before.listeners.Find(*call.listener));
  if ((call.error == Errno::kBadF) == valid)
    report.Fail(valid ? "a valid handle is told to be void" : "a void handle was taken");
}

// --- Text that was acknowledged and that nobody will read is no secret: the peer is told.

void LossIsTold(const Step& step, Report& report) {
  if (step.call->error != Errno::kOk || !step.call->socket.has_value()) return;
  const Connection* const conn = SocketBefore(step);
  if (conn == nullptr || conn->receive.size == 0 || conn->state == State::kClosed) return;
  const Slot<Connection> slot = step.call->socket->slot;
  const Connection& after = step.after.connections[slot];
  const bool there = step.after.connections.Find(*step.call->socket) == slot;
  if (there && !after.has(Connection::kOwned) && after.state != State::kClosed)
    report.Fail("a socket was closed with text unread, and its peer is not told");
}

// --- What was due was done.

void NothingStaysDue(const Step& step, Report& report) {
  if (!step.burst->HasRoom(1, step.after.config.mtu)) return;
  if (!step.after.output.empty()) report.Fail("output stays, though there is room");
  if (step.stack.next_deadline() <= step.after.now) report.Fail("something stays due");
}

// --- Each time-out waits twice as long as the one before it, up to the limit.

void TimeoutsDouble(const Step& step, Slot<Connection> slot, const Connection& before,
                    const Connection* after, Report& report) {
  if (step.kind != Step::Kind::kExpire || after == nullptr) return;
  if (after->state != before.state || !IsSynchronized(before.state)) return;
  if (after->backoff <= before.backoff) return;
  const auto most = static_cast<uint64_t>(step.after.config.policy.rto_max / 1us);
  const uint32_t i = slot.index();
  report.Equal(after->rto_us, std::min<uint64_t>(uint64_t{before.rto_us} * 2, most),
               "the RTO after a time-out of connection", i);
  const bool patient = after->options.user_timeout_ms == 0 ||
                       after->options.user_timeout_ms == SocketOptions::kForever;
  const Instant next = step.after.now + std::chrono::microseconds(after->rto_us);
  if (patient && after->resend_at < next)
    report.Fail("connection", i, "asks again before its RTO");
}

}  // namespace

std::span<const StepInvariant> CallInvariants() {
  static constexpr StepInvariant kRows[] = {
      {.id = "I-04", .sentence = "What was due was done.", .expire = NothingStaysDue},
      {.id = "I-12", .sentence = "A call that fails changes nothing.", .call = FailureIsPure},
      {.id = "I-19",
       .sentence = "Who closes with text unread resets: the peer took it for delivered.",
       .call = LossIsTold},
      {.id = "I-24",
       .sentence = "A handle whose object is gone is EBADF, and no other is.",
       .call = HandlesAreTold},
      {.id = "I-72",
       .sentence = "Each time-out waits twice as long as the one before, up to the limit.",
       .connection = TimeoutsDouble},
  };
  return kRows;
}

}  // namespace handfast
