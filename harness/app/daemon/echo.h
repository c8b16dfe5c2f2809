// Echo and Discard: the services of RFC 862 and RFC 863.

#ifndef HARNESS_APP_DAEMON_ECHO_H_
#define HARNESS_APP_DAEMON_ECHO_H_

#include "harness/app/daemon/session.h"

namespace handfast {

// Sends back what comes. Whoever does not read is not read from.
class Echo final : public Session {
 public:
  Echo(Stack& stack, SocketId id) : Session(stack, id) { Want(kReadable); }

 private:
  void Work(Instant now) override;

  Pending pending_;
};

// Reads what comes, and says nothing.
class Discard final : public Session {
 public:
  Discard(Stack& stack, SocketId id) : Session(stack, id) { Want(kReadable); }

 private:
  void Work(Instant now) override;

  Pending pending_;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_ECHO_H_
