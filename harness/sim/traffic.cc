#include "harness/sim/traffic.h"

#include <algorithm>
#include <array>
#include <optional>

#include "harness/packet.h"

namespace handfast {
namespace {

// Of no protocol that a capture would be decoded as.
constexpr Port kTalk{7070};
constexpr Port kTalkSlowly{7071};
constexpr uint16_t kFirstCrossing = 706;  // below all that are drawn
constexpr uint16_t kCrossingPorts = 96;   // before one comes again
constexpr uint32_t kSmallBuffer = 2000;
constexpr size_t kBite = 1500;
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

// What the user of a conversation sets, so that all of it is met sooner or later.
void Choose(SocketOptions& options, uint64_t number, uint32_t hasty) {
  SimRng rng(~number);
  options.no_delay = rng.Chance(300);
  if (rng.Chance(hasty)) options.user_timeout_ms = 30'000;
  if (!rng.Chance(hasty)) return;
  options.linger = Linger::kTimed;
  options.linger_seconds = 5;
}

}  // namespace

Traffic::Traffic(Lab& lab, const TrafficOptions& options, uint64_t seed)
    : lab_(lab), options_(options), rng_(seed), clients_(2, 0), next_open_(2, lab.now()) {
  for (const size_t host : {size_t{0}, size_t{1}}) {
    const Instant now = lab.now();
    listeners_.push_back({*stack(host).Listen(now, {Addr::AnyV4(), kTalk}, 8),
                          *stack(host).Listen(now, {Addr::AnyV4(), kTalkSlowly}, 8)});
    SocketOptions small = *stack(host).GetOptions(listeners_[host][1]);
    small.receive_buffer = kSmallBuffer;
    if (stack(host).SetOptions(now, listeners_[host][1], small) != Errno::kOk)
      Wrong(Side{}, "a new listener is not there");
  }
}

void Traffic::Name(Side& side, uint64_t number) const {
  SimRng rng(number);
  const uint64_t by_client = kNameOctets + rng.Below(options_.longest);
  const uint64_t by_server = rng.Below(options_.longest);
  const bool client_rude = rng.Chance(options_.rude);
  const bool server_rude = rng.Chance(options_.rude);
  const bool aborts = rng.Chance(500);
  const bool client_sluggish = rng.Chance(options_.sluggish);
  const bool server_sluggish = rng.Chance(options_.sluggish);
  side.named = true;
  side.sluggish = side.client ? client_sluggish : server_sluggish;
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

bool Traffic::Begin(size_t host, Port local, Endpoint peer, const Side& side) {
  const Instant now = lab_.now();
  Stack& user = stack(host);
  const auto id = user.Socket(now);
  if (!id) return false;
  SocketOptions options = *user.GetOptions(*id);
  Choose(options, side.number, options_.hasty);
  if (side.sluggish) options.receive_buffer = kSmallBuffer;
  const bool bound =
      local == Port{0} || user.Bind(now, *id, {lab_.host(host).addr(), local}) == Errno::kOk;
  if (!bound || user.SetOptions(now, *id, options) != Errno::kOk ||
      user.Connect(now, *id, peer) != Errno::kOk) {
    if (user.Close(now, *id) != Errno::kOk) Wrong(side, "a new socket is not there");
    return false;
  }
  sides_[KeyOf(host, *id)] = side;
  sides_[KeyOf(host, *id)].gives_up = now + options_.patience;
  if (side.client) ++clients_[host];
  if (user.SetInterest(*id, kReadable | kWritable | kHangup | kErrored) != Errno::kOk)
    Wrong(side, "a new socket is not there");
  return true;
}

void Traffic::Open(size_t host) {
  next_open_[host] = lab_.now() + Duration(static_cast<int64_t>(rng_.Below(1000)) *
                                           options_.pause.count() / 1000);
  if (clients_[host] >= options_.at_once) return;
  if (rng_.Chance(options_.crossing)) return Cross();
  Side side;
  side.client = true;
  Name(side, next_number_++);
  const Port port = side.number % 4 == 0 ? kTalkSlowly : kTalk;
  const bool begun = Begin(host, Port{0}, {lab_.host(1 - host).addr(), port}, side);
  ++(begun ? tally_.opened : tally_.refused);
}

// Both hosts connect, to each other's port.
void Traffic::Cross() {
  const auto port = static_cast<uint16_t>(kFirstCrossing + next_crossing_++ % kCrossingPorts);
  Side sides[2];
  sides[0].client = true;
  bool begun = true;
  for (Side& side : sides) Name(side, next_number_);
  ++next_number_;
  for (size_t host = 0; host < 2; ++host)
    begun &= Begin(host, Port{port}, {lab_.host(1 - host).addr(), Port{port}}, sides[host]);
  ++(begun ? tally_.opened : tally_.refused);
  tally_.crossed += begun ? 1 : 0;
}

void Traffic::AcceptAll(size_t host) {
  for (const ListenerId listener : listeners_[host])
    while (const auto id = stack(host).Accept(lab_.now(), listener)) {
      Side& side = sides_[KeyOf(host, *id)] = Side{};
      side.gives_up = lab_.now() + options_.patience;
      if (stack(host).SetInterest(*id, kReadable | kWritable | kHangup | kErrored) !=
          Errno::kOk)
        Wrong(side, "a new socket is not there");
      React(host, *id);
    }
}

bool Traffic::HeardTheEnd(Side& side) {
  if (side.named && side.heard < side.to_hear && side.manner == Manner::kPolite) {
    // Only a rude peer ends before it has said all.
    Side peer;
    peer.client = !side.client;
    Name(peer, side.number);
    if (peer.manner == Manner::kPolite) Wrong(side, "the end came too early");
  }
  return !side.ended_saying;
}

bool Traffic::Heard(Side& side, Bytes text) {
  if (!side.named) {
    const size_t part = std::min<size_t>(kNameOctets - side.name.size(), text.size());
    side.name.insert(side.name.end(), text.begin(), text.begin() + static_cast<long>(part));
    if (side.name.size() < kNameOctets) {
      side.heard += text.size();
      return true;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < kNameOctets; ++i) number |= uint64_t{side.name[i]} << (8 * i);
    Name(side, number);
  }
  if (side.heard + text.size() > side.to_hear) {
    Wrong(side, "more came than was said");
    return false;
  }
  const std::vector<uint8_t> want =
      Words(side.number, side.client ? Role::kServer : Role::kClient, side.heard, text.size());
  if (!std::equal(text.begin(), text.end(), want.begin())) {
    Wrong(side, "what came at octet " + std::to_string(side.heard) + " is not what was said");
    return false;
  }
  side.heard += text.size();
  side.gives_up = lab_.now() + options_.patience;
  tally_.octets += text.size();
  return true;
}

bool Traffic::Hear(size_t host, SocketId id, Side& side) {
  std::array<uint8_t, 4096> buffer;
  while (side.next_bite <= lab_.now()) {
    const size_t bite = side.sluggish ? kBite : buffer.size();
    const auto count = stack(host).Read(lab_.now(), id, std::span(buffer).first(bite));
    if (!count && count.error() == Errno::kAgain) return true;
    if (!count) {
      ++tally_.errors[handfast::Name(count.error())];
      return false;
    }
    if (*count == 0) return HeardTheEnd(side);
    if (!Heard(side, Bytes(buffer).first(*count))) return false;
    if (side.sluggish)
      side.next_bite = lab_.now() + Duration(static_cast<int64_t>(rng_.Below(1000)) *
                                             options_.rest.count() / 1000);
  }
  return true;
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
  if (side.next_bite > lab_.now()) return;         // there may be more to hear
  const bool heard_all = side.named && side.heard == side.to_hear && side.ended_saying;
  const bool over = stack(host).Status(id)->state == State::kClosed;
  if (over && !heard_all && side.ended_saying) return End(host, id);
  if (over && !side.ended_saying) return End(host, id);
}

void Traffic::EndTheImpatient() {
  std::vector<Key> impatient;
  for (const auto& [key, side] : sides_)
    if (side.gives_up <= lab_.now()) impatient.push_back(key);
  tally_.impatient += impatient.size();
  for (const auto& [host, id] : impatient)
    End(host, SocketId{Slot<Connection>(id.first), id.second});
}

void Traffic::Turn() {
  EndTheImpatient();
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
  Instant next = stopped_ ? Instant::Never() : Earliest(next_open_[0], next_open_[1]);
  for (const auto& [key, side] : sides_)
    next = Earliest(next, side.next_bite > lab_.now() ? side.next_bite : side.gives_up);
  return next;
}

void Traffic::Hangup() {
  const auto sides = sides_;
  for (const auto& [key, side] : sides) {
    const SocketId id{Slot<Connection>(key.second.first), key.second.second};
    if (stack(key.first).Close(lab_.now(), id) != Errno::kOk) Wrong(side, "close failed");
  }
  sides_.clear();
  for (size_t host = 0; host < 2; ++host)
    for (const ListenerId listener : listeners_[host])
      if (stack(host).Close(lab_.now(), listener) != Errno::kOk)
        Wrong(Side{}, "a listener is gone");
  lab_.Settle();
}

}  // namespace handfast
