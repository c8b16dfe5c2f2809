#include "harness/app/daemon/forward.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace handfast {
namespace {

constexpr Duration kConnectIn = 10s;

}  // namespace

Forward::Forward(Instant now, Stack& stack, SocketId id, Poller& poller,
                 const sockaddr_in& target)
    : Relay(stack, id, poller),
      fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  Want(0);
  const auto* const address = reinterpret_cast<const sockaddr*>(&target);
  const bool begun =
      fd_ >= 0 && (connect(fd_, address, sizeof target) == 0 || errno == EINPROGRESS);
  if (!begun) {
    Abort(now);
    return;
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  poller_.Watch(fd_, POLLOUT, token());
  GiveUpAt(now + kConnectIn);
}

void Forward::OnHost(Instant now, int fd, short events) {
  if (started()) return Relay::OnHost(now, fd, events);
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return Abort(now);
  GiveUpAt(Instant::Never());
  Start(fd_, fd_);
}

void Forward::Work(Instant now) {
  if (started()) Relay::Work(now);
}

ssize_t Forward::ReadHost(MutableBytes room) { return read(fd_, room.data(), room.size()); }

ssize_t Forward::WriteHost(Bytes octets) {
  return send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
}

void Forward::EndHost() { shutdown(fd_, SHUT_WR); }

void Forward::CloseHost() {
  if (fd_ < 0) return;
  poller_.Forget(fd_);
  close(std::exchange(fd_, -1));
}

void Forward::ResetHost() {
  const linger reset{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  CloseHost();
}

}  // namespace handfast
