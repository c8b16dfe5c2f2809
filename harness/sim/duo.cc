#include "harness/sim/duo.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kTalk{7000};
constexpr std::array<Port, 2> kPorts{Port{40001}, Port{40002}};
constexpr std::array<Addr, 2> kAddrs{Addr::V4(10, 0, 0, 1), Addr::V4(10, 0, 0, 2)};

// Where a side's words begin in the stream of all words.
uint64_t Words(size_t side) { return side * 1'000'003; }

OwnedStack MakeStack(const Duo::Options& options, size_t i, uint64_t life) {
  Config config = options.configs[i];
  if (config.address_count == 0) config.With(kAddrs[i], 24);
  return {config, Secrets{{options.seed + i, life}}};
}

}  // namespace

Duo::Options::Options() {
  for (Config& config : configs) {
    config = SmallConfig();
    config.address_count = 0;
    config.chunks = 256;
  }
}

Duo::Duo(const Options& options)
    : options_(options), stacks_{MakeStack(options, 0, 0), MakeStack(options, 1, 0)} {
  for (const size_t i : {size_t{1}, size_t{0}}) Begin(i);
}

void Duo::Begin(size_t i) {
  User& user = users_[i] = User{};
  user.talk = options_.talks[i];
  user.next_bite = now_;
  if (user.talk.opening == Talk::Opening::kListens) {
    const auto listener = stack(i).Listen(ClockOf(i), {Addr::AnyV4(), kTalk}, 5);
    if (listener) user.listener = *listener;
    return;
  }
  const bool crossing = options_.talks[1 - i].opening == Talk::Opening::kConnects;
  const auto id = stack(i).Socket(ClockOf(i));
  const Endpoint peer{kAddrs[1 - i], crossing ? kPorts[1 - i] : kTalk};
  if (!id || stack(i).Bind(ClockOf(i), *id, {kAddrs[i], kPorts[i]}) != Errno::kOk ||
      stack(i).Connect(ClockOf(i), *id, peer) != Errno::kOk)
    wrong_ = "the user could not connect";
  user.socket = id ? *id : SocketId{};
  user.open = true;
}

void Duo::Restart(size_t i) {
  stacks_[i] = MakeStack(options_, i, ++lives_);
  Begin(i);
}

Duration Duo::next_event() const {
  Duration next = wire_.empty() ? kNever : wire_.front().arrival;
  for (size_t i = 0; i < 2; ++i) {
    const Instant deadline = stack(i).next_deadline();
    if (!deadline.never()) next = std::min(next, deadline - options_.starts[i]);
    const User& user = users_[i];
    if (user.open && !user.closed && user.next_bite > now_)
      next = std::min(next, user.next_bite);
  }
  return next;
}

bool Duo::Step(Duration until) {
  const Duration next = next_event();
  if (next > until) {
    now_ = until;
    return false;
  }
  now_ = std::max(now_, next);
  for (const size_t i : {size_t{0}, size_t{1}}) {
    Deliver(i);
    Turn(i);
    Expire(i);
  }
  return true;
}

void Duo::Poll(Duration at) {
  for (size_t i = 0; i < 2; ++i) {
    OwnedTxBurst tx(4, stack(i).config().mtu);
    stack(i).Expire(options_.starts[i] + at, tx);
    if (!tx.empty()) wrong_ = "something left before it was due";
  }
}

void Duo::Deliver(size_t i) {
  std::vector<Datagram> datagrams;
  for (auto parcel = wire_.begin(); parcel != wire_.end() && parcel->arrival <= now_;) {
    if (parcel->to == i) datagrams.push_back(std::move(parcel->datagram));
    parcel = parcel->to == i ? wire_.erase(parcel) : parcel + 1;
  }
  const std::vector<Bytes> views(datagrams.begin(), datagrams.end());
  OwnedTxBurst tx(options_.room, stack(i).config().mtu);
  const size_t at_once = options_.feed == Feed::kBurst ? views.size() : 1;
  for (size_t done = 0; done < views.size();) {
    const auto burst = std::span(views).subspan(done, std::min(at_once, views.size() - done));
    done += stack(i).Input(ClockOf(i), burst, tx);
    Carry(i, tx);
    tx.Clear();
  }
}

void Duo::Expire(size_t i) {
  OwnedTxBurst tx(options_.room, stack(i).config().mtu);
  do {
    tx.Clear();
    stack(i).Expire(ClockOf(i), tx);
    Carry(i, tx);
  } while (!tx.empty());
}

void Duo::Carry(size_t from, const TxBurst& tx) {
  for (size_t k = 0; k < tx.size(); ++k) {
    sent_.push_back({now_, from, Datagram(tx[k].begin(), tx[k].end())});
    Parcel parcel{now_ + options_.delay, 1 - from, sent_.back().datagram};
    const Fate fate =
        judge_ ? judge_(sent_.size() - 1, from, parcel.datagram) : Fate::kDelivered;
    if (fate == Fate::kLost) continue;
    if (fate == Fate::kDoubled) wire_.push_back(parcel);
    wire_.push_back(std::move(parcel));
  }
}

void Duo::Turn(size_t i) {
  User& user = users_[i];
  const bool free = !user.open || user.closed;
  if (free && user.talk.opening == Talk::Opening::kListens) {
    const auto id = stack(i).Accept(ClockOf(i), user.listener);
    if (!id) return;
    user = User{user.talk, user.listener, *id, true};
    user.next_bite = now_;
  }
  if (user.closed) return;
  const auto status = stack(i).Status(user.socket);
  if (status && (status->state == State::kSynSent || status->state == State::kSynReceived))
    return;
  Say(i);
  if (!user.closed) Hear(i);
}

void Duo::Say(size_t i) {
  User& user = users_[i];
  while (user.said < user.talk.to_say) {
    const auto part = std::min<uint64_t>(user.talk.to_say - user.said, user.talk.breath);
    const auto count =
        stack(i).Write(ClockOf(i), user.socket, Text(Words(i) + user.said, part));
    if (count) {
      user.said += *count;
      continue;
    }
    const bool later = count.error() == Errno::kAgain || count.error() == Errno::kNoBufs;
    return later ? void() : End(i, count.error());
  }
  if (user.shut) return;
  user.shut = true;
  const Errno error = stack(i).Shutdown(ClockOf(i), user.socket, ShutdownHow::kWrite);
  if (error != Errno::kOk) End(i, error);
}

void Duo::Hear(size_t i) {
  User& user = users_[i];
  while (user.next_bite <= now_) {
    std::vector<uint8_t> out(user.talk.bite);
    const auto count = stack(i).Read(ClockOf(i), user.socket, out);
    if (!count && count.error() == Errno::kAgain) return;
    if (!count) return End(i, count.error());
    if (*count == 0) return user.shut ? End(i, Errno::kOk) : void();
    out.resize(*count);
    if (out != Text(Words(1 - i) + user.heard, *count)) wrong_ = "what came was not said";
    user.heard += *count;
    if (user.talk.rest > 0ns) user.next_bite = now_ + user.talk.rest;
  }
}

void Duo::End(size_t i, Errno error) {
  User& user = users_[i];
  user.error = error;
  user.closed = true;
  if (stack(i).Close(ClockOf(i), user.socket) != Errno::kOk) wrong_ = "close failed";
}

std::string Duo::Unfinished() const {
  std::string out = wrong_;
  for (size_t i = 0; i < 2; ++i) {
    const User& user = users_[i];
    const std::string who = "user " + std::to_string(i);
    if (!user.closed) out += who + " is still there; ";
    if (user.error != Errno::kOk) out += who + " was told " + Name(user.error) + "; ";
    if (user.heard != users_[1 - i].talk.to_say)
      out += who + " heard " + std::to_string(user.heard) + " octets; ";
    out += AuditQuiet(stack(i));  // who listens goes on listening
  }
  return out;
}

}  // namespace handfast
