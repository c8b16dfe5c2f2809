// Calls of a user: RFC 9293 §3.10.1 to §3.10.6, with POSIX's errors.

#include <algorithm>

#include "harness/op/play.h"
#include "harness/oracle/model.h"
#include "harness/oracle/negotiate.h"

namespace handfast::oracle {

const Expected& Model::Call(Instant now, const Op& op, const Hints& hints) {
  Begin(now, &hints);
  Descriptor& fd = fds_[op.fd];
  if (op.verb == Verb::kEvents)
    expected_.error = Errno::kOk;
  else if (op.verb == Verb::kSocket)
    expected_.error = MakeSocket(fd);
  else if (!fd.held)
    expected_.error = Errno::kBadF;
  else
    expected_.error = fd.listener ? CallListener(op, fd) : CallSocket(op, fd);
  return expected_;
}

Errno Model::MakeSocket(Descriptor& fd) {
  if (used() == config_.connections) return Errno::kNFile;
  fd = {false, true, NewSocket()};
  return Errno::kOk;
}

Errno Model::CallSocket(const Op& op, Descriptor& fd) {
  Socket& socket = sockets_.at(fd.id);
  const bool ours = socket.stage != Stage::kOpen && socket.stage != Stage::kOver;
  expected_.all_counted = ours;
  switch (op.verb) {
    case Verb::kBind: return Bind(socket, Play::HerePort(op.flow.here));
    case Verb::kListen: return Listen(fd, op.amount);
    case Verb::kConnect:
      return Connect(fd.id, {Play::AddrOf(op.flow.peer), Play::PeerPort(op.flow.peer_port)});
    case Verb::kRead: expected_.answer_known = ours; return ours ? Read(socket) : Errno::kOk;
    case Verb::kWrite: expected_.answer_known = ours; return ours ? Write(socket) : Errno::kOk;
    case Verb::kShutdown:
      expected_.answer_known = ours;
      return ours ? Shutdown(socket, op.mode) : Errno::kOk;
    case Verb::kClose:
      fd.held = false;
      CloseSocket(fd.id);
      return Errno::kOk;
    case Verb::kAbort:
      fd.held = false;
      AbortSocket(fd.id);
      return Errno::kOk;
    case Verb::kTakeError:
      if (ours) expected_.value = TakeError(socket);
      return Errno::kOk;
    case Verb::kSetOption: return SetOption(op, socket.options);
    case Verb::kInterest: return op.mode < 32 ? Errno::kOk : Errno::kInval;
    default: return Errno::kBadF;  // what only a listener has
  }
}

Errno Model::CallListener(const Op& op, Descriptor& fd) {
  Listener& listener = listeners_.at(fd.id);
  switch (op.verb) {
    case Verb::kListen:
      listener.backlog = std::min(static_cast<uint32_t>(op.amount), config_.somaxconn);
      return Errno::kOk;
    case Verb::kAccept: return Accept(listener, op);
    case Verb::kClose:
    case Verb::kAbort:
      fd.held = false;
      CloseListener(fd.id);
      return Errno::kOk;
    case Verb::kSetOption: return SetOption(op, listener.options);
    case Verb::kInterest: return op.mode < 32 ? Errno::kOk : Errno::kInval;
    default: return Errno::kBadF;  // what only a socket has
  }
}

// RFC 9293 §3.9.1.1: a port is one user's. (Linux: inet_csk_get_port, without SO_REUSEADDR.)
Errno Model::Bind(Socket& socket, Port port) {
  if (socket.stage != Stage::kFresh || socket.bound) return Errno::kInval;
  if (PortHeld(port)) return Errno::kAddrInUse;
  socket.bound = true;
  socket.port = port;
  return Errno::kOk;
}

Errno Model::Listen(Descriptor& fd, int32_t backlog) {
  const Socket socket = sockets_.at(fd.id);
  if (socket.stage != Stage::kFresh) return Errno::kInval;
  if (listeners_.size() == config_.listeners) return Errno::kNFile;
  Port port = socket.port;
  if (!socket.bound) {
    if (!AnyPortFree({})) return Errno::kAddrInUse;
    port = hints_->port;
    expected_.port_chosen = true;
    expected_.port_free = InRange(port) && !PortHeld(port);
  }
  sockets_.erase(fd.id);
  fd = {true, true, ++last_id_};
  Listener& listener = listeners_[fd.id];
  listener.port = port;
  listener.options = socket.options;
  listener.backlog = std::min(static_cast<uint32_t>(backlog), config_.somaxconn);
  return Errno::kOk;
}

Errno Model::Connect(int id, const Endpoint& peer) {
  Socket& socket = sockets_.at(id);
  if (socket.stage == Stage::kSynSent || socket.stage == Stage::kCrossed)
    return Errno::kAlready;
  if (socket.stage != Stage::kFresh) return Errno::kIsConn;
  Flow flow{config_.addresses[0].addr, peer.addr, socket.port, peer.port};
  if (socket.bound ? FlowTaken(flow) : !AnyPortFree(flow)) return Errno::kAddrNotAvail;
  if (!socket.bound) {
    flow.local_port = hints_->port;
    expected_.port_chosen = true;
    expected_.port_free =
        InRange(flow.local_port) && !PortHeld(flow.local_port) && !FlowTaken(flow);
  }
  socket.stage = Stage::kSynSent;
  socket.flow = flow;
  socket.port = flow.local_port;
  socket.negotiated = Offered(config_.policy);
  if (config_.policy.ecn == Ecn::kRequest) socket.negotiated.Set(Negotiated::kEcn);
  socket.window = FirstWindow(socket.options.receive_buffer, Mss());
  if (config_.policy.window_scale) socket.rcv_scale = ScaleOf(socket.options.receive_buffer);
  socket.began = now_;
  socket.rto = config_.policy.rto_initial;
  ArmSyn(socket);
  owe_syn_.push_back(id);
  Count(Counter::kTcpActiveOpens);
  return Errno::kOk;
}

bool Model::InRange(Port port) const {
  const auto number = static_cast<uint16_t>(port);
  return number >= config_.ephemeral.first && number <= config_.ephemeral.last;
}

// First come, first accepted: by when the handshake ended. Play keeps a name that is taken.
Errno Model::Accept(Listener& listener, const Op& op) {
  if (fds_[op.other_fd].held || listener.children.empty()) return Errno::kAgain;
  const int id = listener.children.front();
  listener.children.pop_front();
  sockets_.at(id).listener = kNobody;
  sockets_.at(id).held = true;
  fds_[op.other_fd] = {false, true, id};
  return Errno::kOk;
}

// RFC 9293 §3.10.3; what is pending comes first, once (POSIX: read).
Errno Model::Read(Socket& socket) {
  if (socket.error != Errno::kOk) return std::exchange(socket.error, Errno::kOk);
  if (socket.read_shut) return Errno::kOk;
  if (socket.stage == Stage::kFresh) return Errno::kNotConn;
  return socket.stage == Stage::kFailed ? Errno::kOk : Errno::kAgain;
}

// RFC 9293 §3.10.2.
Errno Model::Write(Socket& socket) {
  if (socket.error != Errno::kOk) return std::exchange(socket.error, Errno::kOk);
  if (socket.write_shut || socket.stage == Stage::kFailed) return Errno::kPipe;
  return socket.stage == Stage::kFresh ? Errno::kNotConn : Errno::kAgain;
}

Errno Model::Shutdown(Socket& socket, uint8_t how) {
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kFailed) return Errno::kNotConn;
  const auto what = static_cast<ShutdownHow>(how);
  if (what != ShutdownHow::kWrite) socket.read_shut = true;
  if (what == ShutdownHow::kRead) return Errno::kOk;
  if (socket.stage == Stage::kCrossed) {
    socket.write_shut = true;  // a FIN follows when the handshake is over
  } else {
    socket.stage = Stage::kFailed;  // RFC 9293 §3.10.4: the TCB is deleted
    socket.error = Errno::kConnReset;
  }
  return Errno::kOk;
}

void Model::CloseSocket(int id) {
  Socket& socket = sockets_.at(id);
  if (socket.stage == Stage::kOpen) {
    socket.held = false;
  } else if (socket.stage != Stage::kCrossed) {
    sockets_.erase(id);
  } else if (socket.options.linger == Linger::kAbort) {
    Count(Counter::kTcpExtTCPAbortOnData);
    AbortSocket(id);
  } else {
    socket.held = false;
    socket.write_shut = true;
    socket.end_of_life =
        After(socket.options.linger == Linger::kTimed ? socket.options.linger_seconds * 1s
                                                      : config_.policy.orphan_life);
  }
}

// RFC 9293 §3.10.5: <SEQ=SND.NXT><CTL=RST>.
void Model::AbortSocket(int id) {
  Socket& socket = sockets_.at(id);
  if (socket.stage == Stage::kOpen) {
    socket.held = false;
    return;
  }
  if (socket.stage == Stage::kCrossed) {
    TcpPacket rst;
    rst.flow = socket.flow;
    rst.flags = kRst | kAck;
    rst.seq = socket.iss + 1;
    rst.ack = socket.irs + 1;
    const uint32_t unit = 1u << socket.rcv_scale;
    rst.window = static_cast<uint16_t>(std::min((socket.window + unit - 1) / unit, 65535u));
    if (socket.negotiated.has(Negotiated::kTimestamps))
      rst.options.Nop(2).Timestamps(TsVal(socket.flow), socket.ts_recent);
    owe_.push_back(rst);
  }
  sockets_.erase(id);
}

// Who is half-open is forgotten, who waits to be accepted is reset (Linux:
// inet_csk_listen_stop).
void Model::CloseListener(int id) {
  for (auto half = half_open_.begin(); half != half_open_.end();) {
    if (half->second.listener != id) {
      ++half;
      continue;
    }
    half = half_open_.erase(half);
    Count(Counter::kHandfastRequestsClosed);
  }
  for (const int child : listeners_.at(id).children) {
    const Socket& socket = sockets_.at(child);
    if (socket.stage == Stage::kOpen) {
      Count(Counter::kTcpEstabResets);
      Count(Counter::kTcpCurrEstab, -1);
      lingering_.insert(socket.flow);
    }
    sockets_.erase(child);
  }
  listeners_.erase(id);
}

Errno Model::SetOption(const Op& op, SocketOptions& options) const {
  const auto amount = static_cast<uint32_t>(op.amount);
  const bool fits = amount >= Config::kMinBuffer && amount <= Config::kMaxBuffer;
  switch (static_cast<OptionToSet>(op.mode)) {
    case OptionToSet::kReceiveBuffer:
      if (!fits) return Errno::kInval;
      options.receive_buffer = amount;
      break;
    case OptionToSet::kSendBuffer:
      if (!fits) return Errno::kInval;
      options.send_buffer = amount;
      break;
    case OptionToSet::kUserTimeout: options.user_timeout_ms = amount; break;
    case OptionToSet::kLingerOff: options.linger = Linger::kOff; break;
    case OptionToSet::kLingerAbort: options.linger = Linger::kAbort; break;
    case OptionToSet::kLingerTimed:
      options.linger = Linger::kTimed;
      options.linger_seconds = static_cast<uint16_t>(amount);
      break;
    case OptionToSet::kNoDelay: options.no_delay = amount != 0; break;
  }
  return Errno::kOk;
}

// SO_ERROR: an error that is pending, or else what ICMP has said; told once.
uint32_t Model::TakeError(Socket& socket) {
  const Errno error = socket.error != Errno::kOk ? socket.error : socket.soft_error;
  socket.error = socket.soft_error = Errno::kOk;
  return static_cast<uint32_t>(error);
}

}  // namespace handfast::oracle
