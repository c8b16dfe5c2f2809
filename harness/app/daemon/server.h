// Server: listeners, and the sessions that began at them.
//
//     pump.Turn();
//     server.Serve(pump.now());
//     for (const Poller::Ready& ready : poller.Wait(...)) server.OnHost(pump.now(), ready);

#ifndef HARNESS_APP_DAEMON_SERVER_H_
#define HARNESS_APP_DAEMON_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/app/daemon/session.h"
#include "harness/tap/poller.h"
#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/stack.h"

namespace handfast {

class Server {
 public:
  // Makes the session of a connection that was accepted.
  using Factory = std::function<std::unique_ptr<Session>(Instant now, SocketId id)>;

  struct Entrance {
    ListenerId listener;
    std::string service;  // "echo"
    uint64_t accepted = 0;
    uint32_t sessions = 0;  // now
  };

  // `sessions` is how many an entrance serves at once; the others wait in its accept queue.
  // 0: as many as come.
  Server(Stack& stack, uint32_t sessions) : stack_(stack), most_sessions_(sessions) {}

  Errno Listen(Instant now, Endpoint local, int backlog, std::string service, Factory factory);
  // Takes a session that did not begin at a listener.
  void Add(std::unique_ptr<Session> session);

  // One round of the stack's events, and the deadlines that have come.
  void Serve(Instant now);
  // A descriptor of the host is ready; its token is Session::token(). Others are ignored.
  void OnHost(Instant now, const Poller::Ready& ready);
  // When Serve() has something to do, if nothing comes.
  Instant next_deadline() const;
  // Closes all listeners; all peers are reset.
  void Abort(Instant now);

  const std::vector<Entrance>& entrances() const { return entrances_; }
  size_t sessions() const { return sessions_.size(); }
  // Octets of text, to and from all peers there ever were.
  uint64_t octets_in() const { return octets_in_; }
  uint64_t octets_out() const { return octets_out_; }

 private:
  static constexpr size_t kOutside = ~size_t{0};  // came in by no entrance

  struct Place {
    std::unique_ptr<Session> session;
    size_t entrance = kOutside;
    Instant deadline = Instant::Never();
    uint64_t octets_in = 0;  // counted already
    uint64_t octets_out = 0;
  };
  using Places = std::unordered_map<uint64_t, Place>;  // by token

  void Accept(Instant now, size_t entrance);
  void Put(std::unique_ptr<Session> session, size_t entrance);
  // To be called after a session has worked.
  void Settle(Places::iterator place);
  bool full(const Entrance& entrance) const {
    return most_sessions_ > 0 && entrance.sessions >= most_sessions_;
  }

  Stack& stack_;
  uint32_t most_sessions_;
  std::vector<Entrance> entrances_;
  std::vector<Factory> factories_;
  Places sessions_;
  std::set<std::pair<Instant, uint64_t>> deadlines_;
  uint64_t octets_in_ = 0;
  uint64_t octets_out_ = 0;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_SERVER_H_
