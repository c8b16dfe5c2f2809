// Forward: a connection that goes on to a TCP port elsewhere, by way of the kernel's sockets.
//
// What the peer says waits until the host is connected. A host that refuses, or does not
// answer in time, is a RST to the peer; so is a RST of the host, and the other way round.

#ifndef HARNESS_APP_DAEMON_FORWARD_H_
#define HARNESS_APP_DAEMON_FORWARD_H_

#include <netinet/in.h>

#include "harness/app/daemon/relay.h"

namespace handfast {

class Forward final : public Relay {
 public:
  // Begins to connect. A session that failed at once is done().
  Forward(Instant now, Stack& stack, SocketId id, Poller& poller, const sockaddr_in& target);
  ~Forward() override { CloseHost(); }

  void OnHost(Instant now, int fd, short events) override;

 private:
  void Work(Instant now) override;
  ssize_t ReadHost(MutableBytes room) override;
  ssize_t WriteHost(Bytes octets) override;
  void EndHost() override;
  void CloseHost() override;
  void ResetHost() override;

  int fd_;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_FORWARD_H_
