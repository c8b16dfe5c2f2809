#include "harness/app/daemon/netcat.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace handfast {

Netcat::Netcat(Stack& stack, SocketId id, Poller& poller, Outcome& outcome)
    : Relay(stack, id, poller), outcome_(outcome) {
  Want(kWritable);
}

void Netcat::Work(Instant now) {
  if (outcome_.connected) return Relay::Work(now);
  const Result<SocketStatus> status = stack_.Status(id_);
  if (!status || !IsSynchronized(status->state)) return;
  outcome_.connected = true;
  Start(STDIN_FILENO, STDOUT_FILENO);
}

void Netcat::Fail(Instant now, Errno error) {
  outcome_.error = Name(error);
  outcome_.over = true;
  Relay::Fail(now, error);
}

void Netcat::FailHost(Instant now, int error) {
  outcome_.error = strerrorname_np(error);
  Abort(now);
}

void Netcat::Abort(Instant now) {
  outcome_.over = true;
  Relay::Abort(now);
}

// Both have said all; it is well when the peer has acknowledged all, too.
void Netcat::Finish(Instant now) {
  const Result<SocketStatus> status = stack_.Status(id_);
  if (status && status->state != State::kClosed) return Want(kHangup);
  outcome_.over = true;
  Close(now);
}

ssize_t Netcat::ReadHost(MutableBytes room) {
  return read(STDIN_FILENO, room.data(), room.size());
}

// So much does not block where poll() says that a pipe is writable.
ssize_t Netcat::WriteHost(Bytes octets) {
  return write(STDOUT_FILENO, octets.data(), std::min<size_t>(octets.size(), PIPE_BUF));
}

// Whoever reads standard output learns of the end when this process is gone.
void Netcat::EndHost() {}

}  // namespace handfast
