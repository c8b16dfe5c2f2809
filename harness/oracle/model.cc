#include "harness/oracle/model.h"

#include <algorithm>
#include <tuple>

namespace handfast::oracle {

bool FlowLess::operator()(const Flow& a, const Flow& b) const {
  const auto key = [](const Flow& flow) {
    return std::tuple(flow.local.words, flow.peer.words, flow.local_port, flow.peer_port);
  };
  return key(a) < key(b);
}

void Model::Begin(Instant now, const Hints* hints) {
  now_ = now;
  hints_ = hints;
  expected_ = {};
  for (const auto& [id, socket] : sockets_)
    if (socket.stage == Stage::kOpen) expected_.others.insert(socket.flow);
}

Timer Model::After(Duration wait) {
  const uint64_t at = (now_ + wait).ns();
  return {at / 1'000'000 + (at % 1'000'000 != 0 ? 1 : 0), ++armed_};
}

int Model::NewSocket() {
  sockets_[++last_id_].options = config_.socket;
  return last_id_;
}

int Model::SocketOf(const Flow& flow) const {
  for (const auto& [id, socket] : sockets_) {
    const bool owns = socket.stage == Stage::kSynSent || socket.stage == Stage::kCrossed ||
                      socket.stage == Stage::kOpen;
    if (owns && socket.flow == flow) return id;
  }
  return kNobody;
}

int Model::ListenerOf(Port port) const {
  for (const auto& [id, listener] : listeners_)
    if (listener.port == port) return id;
  return kNobody;
}

bool Model::PortHeld(Port port) const {
  return ListenerOf(port) != kNobody ||
         std::any_of(sockets_.begin(), sockets_.end(), [port](const auto& entry) {
           return entry.second.bound && entry.second.port == port;
         });
}

bool Model::FlowTaken(const Flow& flow) const {
  return SocketOf(flow) != kNobody || half_open_.count(flow) != 0 ||
         time_waits_.count(flow) != 0;
}

// For this flow, whatever its local port; or to listen on, if it has no peer.
bool Model::AnyPortFree(const Flow& flow) const {
  for (uint32_t port = config_.ephemeral.first; port <= config_.ephemeral.last; ++port) {
    Flow with = flow;
    with.local_port = Port{static_cast<uint16_t>(port)};
    if (!PortHeld(with.local_port) && !FlowTaken(with)) return true;
  }
  return false;
}

uint32_t Model::SynQueue(int listener) const {
  return static_cast<uint32_t>(std::count_if(
      half_open_.begin(), half_open_.end(),
      [listener](const auto& entry) { return entry.second.listener == listener; }));
}

void Model::Exhaust(uint32_t left) {
  const auto unused = [this] { return config_.connections - used(); };
  while (ballast_ > 0 && unused() < left) --ballast_;
  while (unused() > left) ++ballast_;
}

bool Model::HasOpen() const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [](const auto& entry) { return entry.second.stage == Stage::kOpen; });
}

void Model::SeeState(const Flow& flow, State state) {
  const int id = SocketOf(flow);
  if (id == kNobody) return;
  Socket& socket = sockets_[id];
  socket.state = state;
  if (state != State::kNone && state != State::kClosed) return;
  socket.stage = Stage::kOver;
  lingering_.insert(flow);
  if (!socket.held && socket.listener == kNobody) sockets_.erase(id);
}

void Model::SeeTimeWait(Instant now, const Flow& flow, TimeWait time_wait) {
  now_ = now;
  if (time_waits_.size() == config_.time_waits) {  // the oldest makes room
    time_waits_.erase(std::min_element(
        time_waits_.begin(), time_waits_.end(),
        [](const auto& a, const auto& b) { return a.second.timer < b.second.timer; }));
  }
  time_wait.timer = After(config_.policy.time_wait);
  time_waits_[flow] = time_wait;
}

Timer Model::NextTimer() const {
  Timer next;
  for (const auto& [flow, half] : half_open_) next = std::min(next, half.timer);
  for (const auto& [id, socket] : sockets_) next = std::min(next, TimerOf(socket));
  for (const auto& [flow, time_wait] : time_waits_) next = std::min(next, time_wait.timer);
  return next;
}

}  // namespace handfast::oracle
