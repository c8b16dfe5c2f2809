#include "harness/sim/wire.h"

#include <algorithm>

namespace handfast {

size_t Wire::AddStation() {
  stations_.emplace_back();
  return stations_.size() - 1;
}

Wire::Fate Wire::Draw() {
  if (rng_.Chance(faults_.refuse)) return Fate::kRefused;
  if (rng_.Chance(faults_.loss)) return Fate::kLost;
  return rng_.Chance(faults_.corrupt) ? Fate::kDamaged : Fate::kDelivered;
}

bool Wire::Send(size_t from, Bytes frame) {
  const Fate fate = judge_ ? judge_(offered_) : Draw();
  ++offered_;
  if (watch_) watch_(clock_.now(), from, frame, fate);
  if (fate == Fate::kRefused || fate == Fate::kLost) return fate == Fate::kLost;
  Frame copy(frame.begin(), frame.end());
  if (fate == Fate::kDamaged)
    copy[rng_.Below(copy.size())] ^= static_cast<uint8_t>(1u << rng_.Below(8));
  const bool twice = rng_.Chance(faults_.duplicate);
  for (size_t to = 0; to < stations_.size(); ++to) {
    if (to == from) continue;
    Deliver(to, copy);
    if (twice) Deliver(to, copy);
  }
  return true;
}

void Wire::NoteRefused(size_t from, Bytes frame) {
  ++offered_;
  if (watch_) watch_(clock_.now(), from, frame, Fate::kRefused);
}

void Wire::Deliver(size_t to, Bytes frame) {
  const auto spread = static_cast<uint64_t>((faults_.delay_max - faults_.delay_min).count());
  Duration delay = faults_.delay_min + Duration(static_cast<int64_t>(rng_.Below(spread + 1)));
  if (rng_.Chance(faults_.reorder))
    delay += Duration(static_cast<int64_t>(
        rng_.Below(static_cast<uint64_t>(faults_.reorder_by.count()) + 1)));
  const Instant arrival = clock_.now() + delay;
  stations_[to].emplace(std::pair{arrival.ns(), sent_++}, Frame(frame.begin(), frame.end()));
}

bool Wire::HasFrame(size_t station) const {
  const auto& queue = stations_[station];
  return !queue.empty() && queue.begin()->first.first <= clock_.now().ns();
}

Wire::Frame Wire::Receive(size_t station) {
  if (!HasFrame(station)) return {};
  auto& queue = stations_[station];
  Frame frame = std::move(queue.begin()->second);
  queue.erase(queue.begin());
  return frame;
}

Instant Wire::next_arrival(size_t station) const {
  const auto& queue = stations_[station];
  return queue.empty() ? Instant::Never() : Instant(queue.begin()->first.first);
}

size_t SimLink::Receive(std::span<Bytes> frames) {
  received_.clear();
  while (received_.size() < frames.size() && wire_.HasFrame(station_))
    received_.push_back(wire_.Receive(station_));
  std::copy(received_.begin(), received_.end(), frames.begin());
  return received_.size();
}

size_t SimLink::Transmit(std::span<const Bytes> frames) {
  size_t taken = 0;
  while (taken < frames.size() && wire_.Send(station_, frames[taken])) ++taken;
  for (size_t i = taken + 1; i < frames.size(); ++i) wire_.NoteRefused(station_, frames[i]);
  return taken;
}

}  // namespace handfast
