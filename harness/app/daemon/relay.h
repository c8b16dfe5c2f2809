// Relay: octets between a connection and descriptors of the host, both ways, with the ends
// of both ways and with resets.
//
//     peer ──Stack::Read──▶ Pending ──WriteHost──▶ host
//     peer ◀─Stack::Write── Pending ◀──ReadHost─── host
//
// Of each way one Pending is kept; whoever is slow is waited for.

#ifndef HARNESS_APP_DAEMON_RELAY_H_
#define HARNESS_APP_DAEMON_RELAY_H_

#include <sys/types.h>

#include "harness/app/daemon/session.h"
#include "harness/tap/poller.h"

namespace handfast {

class Relay : public Session {
 public:
  void OnHost(Instant now, int fd, short events) override;
  void Abort(Instant now) override;

 protected:
  Relay(Stack& stack, SocketId id, Poller& poller) : Session(stack, id), poller_(poller) {}

  // Begins: the connection and the descriptors are open. `in` may be `out`.
  void Start(int in, int out);
  bool started() const { return in_ >= 0; }

  void Work(Instant now) override;
  void Fail(Instant now, Errno error) override;

  // As read() and write(), called when poll() says that they do not block.
  virtual ssize_t ReadHost(MutableBytes room) = 0;
  virtual ssize_t WriteHost(Bytes octets) = 0;
  // The peer has sent its FIN, and all before it was written.
  virtual void EndHost() = 0;
  // The descriptors are needed no more: in peace, or because of a reset.
  virtual void CloseHost() = 0;
  virtual void ResetHost() = 0;
  // Both have ended.
  virtual void Finish(Instant now);
  // Reading or writing on the host's side failed, for errno's number.
  virtual void FailHost(Instant now, int error);

  Poller& poller_;

 private:
  void Move(Instant now);
  // False: the session is over.
  bool MoveToHost(Instant now);
  bool MoveToPeer(Instant now);
  void Rearm();
  void Forget();

  int in_ = -1;
  int out_ = -1;
  bool readable_ = false;  // poll() says so
  bool writable_ = false;
  bool peer_ended_ = false;
  bool host_ended_ = false;
  bool told_host_ = false;  // of the peer's end
  bool told_peer_ = false;
  Pending to_host_;
  Pending to_peer_;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_RELAY_H_
