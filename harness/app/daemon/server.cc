#include "harness/app/daemon/server.h"

#include <optional>

namespace handfast {
namespace {

constexpr int kAcceptsInARound = 64;

uint64_t TokenOf(SocketId id) { return uint64_t{id.generation} << 32 | id.slot.index(); }

}  // namespace

Errno Server::Listen(Instant now, Endpoint local, int backlog, std::string service,
                     Factory factory) {
  const Result<ListenerId> listener = stack_.Listen(now, local, backlog);
  if (!listener) return listener.error();
  entrances_.push_back({*listener, std::move(service), 0, 0});
  factories_.push_back(std::move(factory));
  return Errno::kOk;
}

void Server::Add(std::unique_ptr<Session> session) { Put(std::move(session), kOutside); }

void Server::Put(std::unique_ptr<Session> session, size_t entrance) {
  const uint64_t token = session->token();
  Place& place = sessions_[token];
  place.session = std::move(session);
  place.entrance = entrance;
}

void Server::Accept(Instant now, size_t index) {
  Entrance& entrance = entrances_[index];
  for (int i = 0; i < kAcceptsInARound && !full(entrance); ++i) {
    const Result<SocketId> id = stack_.Accept(now, entrance.listener);
    if (!id) return;
    ++entrance.accepted;
    ++entrance.sessions;
    Put(factories_[index](now, *id), index);
    Settle(sessions_.find(TokenOf(*id)));
  }
  if (full(entrance)) static_cast<void>(stack_.SetInterest(entrance.listener, 0));
}

void Server::Settle(Places::iterator it) {
  Place& place = it->second;
  const Session& session = *place.session;
  octets_in_ += session.octets_in() - place.octets_in;
  octets_out_ += session.octets_out() - place.octets_out;
  place.octets_in = session.octets_in();
  place.octets_out = session.octets_out();
  const Instant deadline = session.done() ? Instant::Never() : session.deadline();
  if (deadline != place.deadline) {
    deadlines_.erase({place.deadline, it->first});
    if (!deadline.never()) deadlines_.insert({deadline, it->first});
    place.deadline = deadline;
  }
  if (!session.done()) return;
  if (place.entrance != kOutside) {
    Entrance& entrance = entrances_[place.entrance];
    --entrance.sessions;
    static_cast<void>(stack_.SetInterest(entrance.listener, kReadable));
  }
  sessions_.erase(it);
}

void Server::Serve(Instant now) {
  while (const std::optional<Ready> ready = stack_.NextEvent()) {
    for (size_t i = 0; i < entrances_.size(); ++i)
      if (ready->listener == entrances_[i].listener) Accept(now, i);
    const auto it = sessions_.find(TokenOf(ready->socket));
    if (it == sessions_.end()) continue;
    it->second.session->OnSocket(now);
    Settle(it);
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto it = sessions_.find(deadlines_.begin()->second);
    it->second.session->OnDeadline(now);
    Settle(it);
  }
}

void Server::OnHost(Instant now, const Poller::Ready& ready) {
  const auto it = sessions_.find(ready.token);
  if (it == sessions_.end()) return;
  it->second.session->OnHost(now, ready.fd, ready.events);
  Settle(it);
}

Instant Server::next_deadline() const {
  if (stack_.has_events()) return Instant{};
  return deadlines_.empty() ? Instant::Never() : deadlines_.begin()->first;
}

void Server::Abort(Instant now) {
  for (const Entrance& entrance : entrances_)
    static_cast<void>(stack_.Close(now, entrance.listener));
  while (!sessions_.empty()) {
    sessions_.begin()->second.session->Abort(now);
    Settle(sessions_.begin());
  }
}

}  // namespace handfast
