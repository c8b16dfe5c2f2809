// Netcat: a connection of ours, between standard input and output and a peer.

#ifndef HARNESS_APP_DAEMON_NETCAT_H_
#define HARNESS_APP_DAEMON_NETCAT_H_

#include <string>

#include "harness/app/daemon/relay.h"

namespace handfast {

class Netcat final : public Relay {
 public:
  // How it ended, for as long as the session lasts and after. "" without an error.
  struct Outcome {
    bool over = false;
    bool connected = false;
    std::string error;  // "ECONNREFUSED"
  };

  // `id` is connecting. `outcome` outlives the session.
  Netcat(Stack& stack, SocketId id, Poller& poller, Outcome& outcome);

  void Abort(Instant now) override;

 private:
  void Work(Instant now) override;
  void Fail(Instant now, Errno error) override;
  void FailHost(Instant now, int error) override;
  void Finish(Instant now) override;
  ssize_t ReadHost(MutableBytes room) override;
  ssize_t WriteHost(Bytes octets) override;
  void EndHost() override;
  void CloseHost() override {}
  void ResetHost() override {}

  Outcome& outcome_;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_NETCAT_H_
