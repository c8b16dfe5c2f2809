#include "harness/tap/poller.h"

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace handfast {

void Poller::Watch(int fd, short events, uint64_t token) {
  const auto number = static_cast<size_t>(fd);
  if (number >= place_.size()) place_.resize(number + 1);
  if (events == 0) {
    if (place_[number] != 0) Remove(place_[number] - 1);
    return;
  }
  if (place_[number] == 0) {
    watched_.push_back({fd, 0, 0});
    tokens_.push_back(token);
    place_[number] = watched_.size();
  }
  watched_[place_[number] - 1].events = events;
  tokens_[place_[number] - 1] = token;
}

// The last takes the place of what is removed.
void Poller::Remove(size_t index) {
  place_[static_cast<size_t>(watched_.back().fd)] = index + 1;
  place_[static_cast<size_t>(watched_[index].fd)] = 0;
  watched_[index] = watched_.back();
  tokens_[index] = tokens_.back();
  watched_.pop_back();
  tokens_.pop_back();
}

std::span<const Poller::Ready> Poller::Wait(Clock& clock, Instant deadline) {
  timespec timeout{};
  if (!deadline.never()) {
    const Instant now = clock.Now();
    const int64_t ns = deadline > now ? (deadline - now).count() : 0;
    timeout.tv_sec = ns / 1'000'000'000;
    timeout.tv_nsec = ns % 1'000'000'000;
  }
  ready_.clear();
  const int count =
      ppoll(watched_.data(), watched_.size(), deadline.never() ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) std::abort();  // only memory can be the reason
  if (count <= 0) return {};
  for (size_t i = 0; i < watched_.size(); ++i)
    if (watched_[i].revents != 0)
      ready_.push_back({watched_[i].fd, watched_[i].revents, tokens_[i]});
  return ready_;
}

}  // namespace handfast
