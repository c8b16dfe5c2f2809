#include "harness/sim/traffic.h"

#include <algorithm>
#include <array>
#include <optional>

#include "harness/packet.h"

namespace handfast {
namespace {

constexpr Port kTalk{7070};  // of no protocol that a capture would be decoded as
constexpr uint64_t kNameOctets = 8;

enum class Role : uint8_t { kServer, kClient };

// What a side of a conversation says from `position` on.
std::vector<uint8_t> Words(uint64_t number, Role role, uint64_t position, size_t count) {
  std::vector<uint8_t> words = Text(position, count);
  const bool client = role == Role::kClient;
  const auto salt = static_cast<uint8_t>(number * 2 + (client ? 1 : 0));
  for (size_t i = 0; i < count; ++i) {
    words[i] = static_cast<uint8_t>(words[i] + salt);
    const uint64_t at = position + i;
    if (client && at < kNameOctets) words[i] = static_cast<uint8_t>(number >> (8 * at));
  }
  return words;
}

}  // namespace

Traffic::Traffic(Lab& lab, const TrafficOptions& options, uint64_t seed)
    : lab_(lab), options_(options), rng_(seed), clients_(2, 0), next_open_(2, lab.now()) {
  for (const size_t host : {size_t{0}, size_t{1}})
    listeners_.push_back(*stack(host).Listen(lab.now(), {Addr::AnyV4(), kTalk}, 8));
}

void Traffic::Name(Side& side, uint64_t number) const {
  SimRng rng(number);
  const uint64_t by_client = kNameOctets + rng.Below(options_.longest);
  const uint64_t by_server = rng.Below(options_.longest);
  const bool client_rude = rng.Chance(options_.rude);
  const bool server_rude = rng.Chance(options_.rude);
  const bool aborts = rng.Chance(500);
  side.named = true;
  side.number = number;
  side.to_say = side.client ? by_client : by_server;
  side.to_hear = side.client ? by_server : by_client;
  if (side.client ? client_rude : server_rude)
    side.manner = aborts ? Manner::kAborts : Manner::kCloses;
}

void Traffic::Wrong(const Side& side, const std::string& what) {
  if (wrong_.empty())
    wrong_ = "conversation " + std::to_string(side.number) + ", " +
             (side.client ? "client" : "server") + ": " + what;
}

void Traffic::Open(size_t host) {
  const Instant now = lab_.now();
  next_open_[host] =
      now + Duration(static_cast<int64_t>(rng_.Below(1000)) * options_.pause.count() / 1000);
  if (clients_[host] >= options_.at_once) return;
  const auto id = stack(host).Connect(now, {lab_.host(1 - host).addr(), kTalk});
  if (!id) {
    ++tally_.refused;
    return;
  }
  ++tally_.opened;
  ++clients_[host];
  Side side;
  side.client = true;
  Name(side, next_number_++);
  sides_[KeyOf(host, *id)] = side;
  if (stack(host).SetInterest(*id, kReadable | kWritable | kHangup | kErrored) != Errno::kOk)
    Wrong(side, "a new socket is not there");
}

void Traffic::AcceptAll(size_t host) {
  while (const auto id = stack(host).Accept(lab_.now(), listeners_[host])) {
    sides_[KeyOf(host, *id)] = Side{};
    React(host, *id);
  }
}

bool Traffic::Hear(size_t host, SocketId id, Side& side) {
  std::array<uint8_t, 4096> buffer;
  for (;;) {
    const auto count = stack(host).Read(lab_.now(), id, buffer);
    if (!count) {
      if (count.error() == Errno::kAgain) return true;
      ++tally_.errors[handfast::Name(count.error())];
      return false;
    }
    if (*count == 0) {
      if (side.named && side.heard < side.to_hear && side.manner == Manner::kPolite) {
        // Only a rude peer ends before it has said all.
        Side peer;
        peer.client = !side.client;
        Name(peer, side.number);
        if (peer.manner == Manner::kPolite) Wrong(side, "the end came too early");
      }
      return side.ended_saying ? false : true;
    }
    std::vector<uint8_t> got(buffer.begin(), buffer.begin() + *count);
    if (!side.named) {
      const size_t part = std::min<size_t>(kNameOctets - side.name.size(), got.size());
      side.name.insert(side.name.end(), got.begin(), got.begin() + static_cast<long>(part));
      if (side.name.size() < kNameOctets) {
        side.heard += *count;
        continue;
      }
      uint64_t number = 0;
      for (size_t i = 0; i < kNameOctets; ++i) number |= uint64_t{side.name[i]} << (8 * i);
      Name(side, number);
    }
    if (side.heard + *count > side.to_hear) {
      Wrong(side, "more came than was said");
      return false;
    }
    const std::vector<uint8_t> want =
        Words(side.number, side.client ? Role::kServer : Role::kClient, side.heard, got.size());
    if (got != want) {
      Wrong(side, "what came at octet " + std::to_string(side.heard) + " is not what was said");
      return false;
    }
    side.heard += *count;
    tally_.octets += *count;
  }
}

bool Traffic::Say(size_t host, SocketId id, Side& side) {
  if (!side.named || side.ended_saying) return true;
  while (side.said < side.to_say) {
    const size_t part = std::min<uint64_t>(side.to_say - side.said, 3000);
    const auto words =
        Words(side.number, side.client ? Role::kClient : Role::kServer, side.said, part);
    const auto count = stack(host).Write(lab_.now(), id, words);
    if (!count) {
      const bool later = count.error() == Errno::kAgain || count.error() == Errno::kNoBufs;
      if (later) return true;
      ++tally_.errors[handfast::Name(count.error())];
      return false;
    }
    side.said += *count;
    if (side.manner == Manner::kAborts && side.said * 2 > side.to_say) {
      if (stack(host).Abort(lab_.now(), id) != Errno::kOk) Wrong(side, "abort failed");
      return false;
    }
  }
  if (side.manner == Manner::kCloses) return false;
  side.ended_saying = true;
  if (stack(host).Shutdown(lab_.now(), id, ShutdownHow::kWrite) != Errno::kOk) return false;
  if (stack(host).SetInterest(id, kReadable | kHangup | kErrored) != Errno::kOk)
    Wrong(side, "a socket is gone");
  return true;
}

void Traffic::End(size_t host, SocketId id) {
  const Side side = sides_[KeyOf(host, id)];
  sides_.erase(KeyOf(host, id));
  if (side.client) --clients_[host];
  if (side.ended_saying && side.heard == side.to_hear) ++tally_.finished;
  // After an abort the id is void already.
  const Errno error = stack(host).Close(lab_.now(), id);
  if (error != Errno::kOk && side.manner != Manner::kAborts) Wrong(side, "close failed");
}

void Traffic::React(size_t host, SocketId id) {
  const auto found = sides_.find(KeyOf(host, id));
  if (found == sides_.end()) return;
  Side& side = found->second;
  const auto status = stack(host).Status(id);
  if (status && status->state == State::kSynSent) return;
  if (!Say(host, id, side) || !Hear(host, id, side)) return End(host, id);
  if (!Say(host, id, side)) return End(host, id);  // the number may be known only now
  const bool heard_all = side.named && side.heard == side.to_hear && side.ended_saying;
  const bool over = stack(host).Status(id)->state == State::kClosed;
  if (over && !heard_all && side.ended_saying) return End(host, id);
  if (over && !side.ended_saying) return End(host, id);
}

void Traffic::Turn() {
  for (size_t host = 0; host < 2; ++host) {
    if (!stopped_ && next_open_[host] <= lab_.now()) Open(host);
    while (const std::optional<Ready> ready = stack(host).NextEvent()) {
      if (ready->listener.slot)
        AcceptAll(host);
      else
        React(host, ready->socket);
    }
  }
  lab_.Settle();
}

Instant Traffic::next_event() const {
  if (stopped_) return Instant::Never();
  return Earliest(next_open_[0], next_open_[1]);
}

void Traffic::Hangup() {
  const auto sides = sides_;
  for (const auto& [key, side] : sides) {
    const SocketId id{Slot<Connection>(key.second.first), key.second.second};
    if (stack(key.first).Close(lab_.now(), id) != Errno::kOk) Wrong(side, "close failed");
  }
  sides_.clear();
  for (size_t host = 0; host < 2; ++host)
    if (stack(host).Close(lab_.now(), listeners_[host]) != Errno::kOk)
      Wrong(Side{}, "a listener is gone");
  lab_.Settle();
}

}  // namespace handfast
