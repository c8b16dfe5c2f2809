// The calls of users.

#include <array>
#include <string>

#include "harness/op/play.h"
#include "harness/world.h"

namespace handfast {
namespace {

// Long enough for every write and read of an op.
constexpr size_t kMostText = 20'000;

std::string Described(const Op& op, const char* what) {
  return std::string(op.honest ? "A." : "") + Name(op.verb) + ": " + what;
}

// Whose call it is: of the socket, of the listener, or of neither.
Answered Asked(const Descriptor& descriptor, Verb verb) {
  Answered call;
  if (verb == Verb::kEvents || verb == Verb::kSocket) return call;
  const bool listens = descriptor.kind == Descriptor::Kind::kListener;
  const bool of_listener = verb == Verb::kListen || verb == Verb::kClose ||
                           verb == Verb::kAbort || verb == Verb::kSetOption ||
                           verb == Verb::kInterest;
  if (verb == Verb::kAccept || (listens && of_listener))
    call.listener = descriptor.listener;
  else
    call.socket = descriptor.socket;
  return call;
}

}  // namespace

void Play::Call(const Op& op) {
  Host& host = op.honest ? theirs_ : ours_;
  Descriptor& descriptor = host.fds[op.fd];
  answer_value_ = 0;
  Answered call = Asked(descriptor, op.verb);
  if (op.verb == Verb::kSocket && descriptor.held) {  // the name is taken
    answer_ = Errno::kAgain;
    return;
  }
  if (!op.honest) NoteStep();
  if (op.verb == Verb::kEvents)
    answer_ = Events(host, op.length);
  else if (descriptor.kind == Descriptor::Kind::kListener && op.verb != Verb::kSocket)
    answer_ = CallListener(host, descriptor, op);
  else
    answer_ = CallSocket(host, descriptor, op);
  call.error = answer_;
  if (!op.honest && audits_ != Audits::kNone) steps_.OnCall(*ours_.stack, call);
  const bool void_handle = op.verb != Verb::kEvents && op.verb != Verb::kSocket &&
                           !descriptor.held && op.verb != Verb::kClose &&
                           op.verb != Verb::kAbort && op.verb != Verb::kListen;
  if (void_handle && answer_ != Errno::kBadF) Wrong(Described(op, "I-24: a void handle"));
  if (!op.honest && spectator_.who != nullptr)
    spectator_.who->OnCall(*this, op, answer_, answer_value_);
}

Errno Play::CallSocket(Host& host, Descriptor& descriptor, const Op& op) {
  Stack& stack = *host.stack;
  const SocketId id = descriptor.socket;
  switch (op.verb) {
    case Verb::kSocket: {
      const Result<SocketId> made = stack.Socket(now_);
      if (!made) return made.error();
      descriptor = {Descriptor::Kind::kSocket, true, *made, {}, 0, 0};
      return Errno::kOk;
    }
    case Verb::kBind:
      return stack.Bind(
          now_, id,
          {Addr::AnyV4(), op.honest ? PeerPort(op.flow.here) : HerePort(op.flow.here)});
    case Verb::kListen: {
      const Result<ListenerId> made = stack.Listen(now_, id, op.amount);
      if (!made) return made.error();
      descriptor = {Descriptor::Kind::kListener, true, id, *made, 0, 0};
      return Errno::kOk;
    }
    case Verb::kConnect:
      return stack.Connect(now_, id,
                           op.honest
                               ? Endpoint{kHere, HerePort(op.flow.peer_port)}
                               : Endpoint{AddrOf(op.flow.peer), PeerPort(op.flow.peer_port)});
    case Verb::kAccept: return stack.Accept(now_, descriptor.listener).error();
    case Verb::kRead: return Read(host, descriptor, op.length);
    case Verb::kWrite: return Write(host, descriptor, op.length);
    case Verb::kShutdown: return stack.Shutdown(now_, id, static_cast<ShutdownHow>(op.mode));
    case Verb::kClose:
    case Verb::kAbort: {
      const Errno error =
          op.verb == Verb::kClose ? stack.Close(now_, id) : stack.Abort(now_, id);
      if (descriptor.held != (error == Errno::kOk)) Wrong(Described(op, "I-24: a void handle"));
      descriptor.held = false;
      return error;
    }
    case Verb::kTakeError: {
      if (!stack.Status(id)) return Errno::kBadF;
      answer_value_ = static_cast<uint32_t>(stack.TakeError(now_, id));
      return Errno::kOk;
    }
    case Verb::kSetOption: return Set(host, descriptor, op);
    case Verb::kInterest: return stack.SetInterest(id, op.mode);
    default: return Errno::kOk;
  }
}

Errno Play::CallListener(Host& host, Descriptor& descriptor, const Op& op) {
  Stack& stack = *host.stack;
  switch (op.verb) {
    case Verb::kListen: return stack.SetBacklog(now_, descriptor.listener, op.amount);
    case Verb::kAccept: return Accept(host, descriptor, op);
    case Verb::kClose:
    case Verb::kAbort: {
      const Errno error = stack.Close(now_, descriptor.listener);
      if (descriptor.held != (error == Errno::kOk)) Wrong(Described(op, "I-24: a void handle"));
      descriptor.held = false;
      return error;
    }
    case Verb::kSetOption: return Set(host, descriptor, op);
    case Verb::kInterest: return stack.SetInterest(descriptor.listener, op.mode);
    default:
      // The socket that became a listener is void.
      if (stack.Status(descriptor.socket)) Wrong(Described(op, "I-24: a listener is a socket"));
      return Errno::kBadF;
  }
}

Errno Play::Accept(Host& host, Descriptor& descriptor, const Op& op) {
  Descriptor& child = host.fds[op.other_fd];
  if (child.held && descriptor.held) return Errno::kAgain;  // the name is taken
  const Result<SocketId> accepted = host.stack->Accept(now_, descriptor.listener);
  if (!accepted) return accepted.error();
  child = {Descriptor::Kind::kSocket, true, *accepted, {}, 0, 0};
  return Errno::kOk;
}

Errno Play::Read(Host& host, Descriptor& descriptor, uint16_t length) {
  static thread_local std::array<uint8_t, kMostText> buffer;
  const Result<uint32_t> count =
      host.stack->Read(now_, descriptor.socket, MutableBytes(buffer).first(length));
  if (!count) return count.error();
  answer_value_ = *count;
  const std::vector<uint8_t> expected = Text(descriptor.read, *count);
  if (!std::equal(expected.begin(), expected.end(), buffer.begin()))
    Wrong("I-19: an octet after " + std::to_string(descriptor.read) + " is wrong");
  descriptor.read += *count;
  return Errno::kOk;
}

Errno Play::Write(Host& host, Descriptor& descriptor, uint16_t length) {
  const Result<uint32_t> count =
      host.stack->Write(now_, descriptor.socket, Text(descriptor.written, length));
  if (!count) return count.error();
  answer_value_ = *count;
  descriptor.written += *count;
  return Errno::kOk;
}

Errno Play::Set(Host& host, const Descriptor& descriptor, const Op& op) {
  const bool listener = descriptor.kind == Descriptor::Kind::kListener;
  Stack& stack = *host.stack;
  const Result<SocketOptions> now =
      listener ? stack.GetOptions(descriptor.listener) : stack.GetOptions(descriptor.socket);
  if (!now) return now.error();
  SocketOptions options = *now;
  const auto amount = static_cast<uint32_t>(op.amount);
  switch (static_cast<OptionToSet>(op.mode)) {
    case OptionToSet::kReceiveBuffer: options.receive_buffer = amount; break;
    case OptionToSet::kSendBuffer: options.send_buffer = amount; break;
    case OptionToSet::kUserTimeout: options.user_timeout_ms = amount; break;
    case OptionToSet::kLingerOff: options.linger = Linger::kOff; break;
    case OptionToSet::kLingerAbort: options.linger = Linger::kAbort; break;
    case OptionToSet::kLingerTimed:
      options.linger = Linger::kTimed;
      options.linger_seconds = static_cast<uint16_t>(amount);
      break;
    case OptionToSet::kNoDelay: options.no_delay = amount != 0; break;
  }
  return listener ? stack.SetOptions(now_, descriptor.listener, options)
                  : stack.SetOptions(now_, descriptor.socket, options);
}

Errno Play::Events(Host& host, uint16_t count) {
  for (; count > 0; --count) {
    if (!host.stack->NextEvent()) break;
    ++answer_value_;
  }
  return Errno::kOk;
}

// Sockets that nobody needs take what is free, but for so many.
void Play::Exhaust(uint16_t left) {
  Stack& stack = *ours_.stack;
  const auto unused = [&] {
    return stack.config().connections - stack.tables().connections.used();
  };
  while (!ours_.ballast.empty() && unused() < left) {
    if (stack.Close(now_, ours_.ballast.back()) != Errno::kOk) Wrong("I-24: a socket was lost");
    ours_.ballast.pop_back();
  }
  while (unused() > left) {
    const Result<SocketId> id = stack.Socket(now_);
    if (!id) return;
    ours_.ballast.push_back(*id);
  }
}

}  // namespace handfast
