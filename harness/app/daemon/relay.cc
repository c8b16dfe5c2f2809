#include "harness/app/daemon/relay.h"

#include <cerrno>

namespace handfast {
namespace {

bool IsForNow(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

void Relay::Start(int in, int out) {
  in_ = in;
  out_ = out;
  Rearm();
}

void Relay::OnHost(Instant now, int fd, short events) {
  // Errors and hang-ups show when it is tried.
  readable_ = fd == in_ && (events & ~POLLOUT) != 0;
  writable_ = fd == out_ && (events & ~POLLIN) != 0;
  Move(now);
  readable_ = writable_ = false;
}

void Relay::Work(Instant now) { Move(now); }

void Relay::Move(Instant now) {
  if (!MoveToHost(now) || !MoveToPeer(now)) return;
  if (told_host_ && told_peer_) {
    Forget();
    return Finish(now);
  }
  Rearm();
}

bool Relay::MoveToHost(Instant now) {
  if (to_host_.empty() && !peer_ended_) {
    const Moved moved = Read(now, to_host_);
    if (moved == Moved::kFailed) return false;
    peer_ended_ = moved == Moved::kEnd;
  }
  if (!to_host_.empty() && writable_) {
    const ssize_t count = WriteHost(to_host_.octets());
    if (count < 0 && !IsForNow(errno)) {
      FailHost(now, errno);
      return false;
    }
    if (count > 0) to_host_.Drop(static_cast<size_t>(count));
  }
  if (peer_ended_ && to_host_.empty() && !told_host_) {
    told_host_ = true;
    EndHost();
  }
  return true;
}

bool Relay::MoveToPeer(Instant now) {
  if (to_peer_.empty() && !host_ended_ && readable_) {
    const ssize_t count = ReadHost(to_peer_.Room());
    if (count < 0 && !IsForNow(errno)) {
      FailHost(now, errno);
      return false;
    }
    host_ended_ = count == 0;
    if (count > 0) to_peer_.Fill(static_cast<size_t>(count));
  }
  if (!to_peer_.empty()) {
    const Result<uint32_t> taken = Write(now, to_peer_.octets());
    if (!taken) return false;
    to_peer_.Drop(*taken);
  }
  if (host_ended_ && to_peer_.empty() && !told_peer_) {
    told_peer_ = true;
    static_cast<void>(stack_.Shutdown(now, id_, ShutdownHow::kWrite));
  }
  return true;
}

void Relay::Rearm() {
  const short in = to_peer_.empty() && !host_ended_ ? POLLIN : 0;
  const short out = to_host_.empty() ? 0 : POLLOUT;
  if (in_ == out_) {
    poller_.Watch(in_, static_cast<short>(in | out), token());
  } else {
    poller_.Watch(in_, in, token());
    poller_.Watch(out_, out, token());
  }
  const bool reads = to_host_.empty() && !peer_ended_;
  Want(static_cast<uint8_t>((reads ? kReadable : 0) | (to_peer_.empty() ? 0 : kWritable)));
}

void Relay::Forget() {
  if (!started()) return;
  poller_.Forget(in_);
  poller_.Forget(out_);
}

void Relay::Finish(Instant now) {
  CloseHost();
  Close(now);
}

void Relay::Fail(Instant now, Errno error) {
  Forget();
  ResetHost();
  Session::Fail(now, error);
}

void Relay::FailHost(Instant now, int) { Abort(now); }

void Relay::Abort(Instant now) {
  Forget();
  ResetHost();
  Session::Abort(now);
}

}  // namespace handfast
