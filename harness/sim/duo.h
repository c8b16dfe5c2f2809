// Duo: two stacks back to back, a wire of one delay between them, and a user on each side who
// says his piece, hears the other's, and closes. All of it is a value: a copy goes on as the
// original does.
//
// A test may decide on the fate of each datagram, and rewrite it.

#ifndef HARNESS_SIM_DUO_H_
#define HARNESS_SIM_DUO_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "stack/base/time.h"
#include "stack/config.h"

namespace handfast {

// What a user does.
struct Talk {
  enum class Opening : uint8_t { kListens, kConnects };

  Opening opening = Opening::kConnects;
  uint64_t to_say = 20'000;
  uint32_t breath = 1 << 20;  // octets that he writes at a time
  uint32_t bite = 1 << 20;    // octets that he reads at a time
  Duration rest{};            // between bites
};

class Duo {
 public:
  enum class Fate : uint8_t { kDelivered, kLost, kDoubled };
  // Of the n-th datagram, counted from 0.
  using Judge = std::function<Fate(uint64_t number, size_t from, Datagram& datagram)>;
  // How datagrams that come at one instant are given to a stack.
  enum class Feed : uint8_t { kBurst, kOneByOne };

  struct Options {
    std::array<Config, 2> configs{Config::Default(), Config::Default()};
    std::array<Talk, 2> talks{Talk{Talk::Opening::kConnects}, Talk{Talk::Opening::kListens}};
    uint64_t seed = 1;
    std::array<Instant, 2> starts{Instant(1'000'000'000), Instant(1'000'000'000)};  // of clocks
    Duration delay = 10ms;
    Feed feed = Feed::kBurst;
    size_t room = 512;  // datagrams that a stack may send at once

    Options();  // small stacks
  };

  struct Sent {
    Duration at{};  // since the beginning
    size_t from = 0;
    Datagram datagram;
    friend bool operator==(const Sent&, const Sent&) = default;
  };

  struct User {
    Talk talk;
    ListenerId listener;
    SocketId socket;
    bool open = false;    // there is a socket
    bool shut = false;    // all was said
    bool closed = false;  // and the end was heard, or an error
    uint64_t said = 0;
    uint64_t heard = 0;
    Duration next_bite{};
    Errno error = Errno::kOk;
    bool satisfied() const { return closed && error == Errno::kOk; }
  };

  explicit Duo(const Options& options = {});

  Stack& stack(size_t i) { return *stacks_[i]; }
  const Stack& stack(size_t i) const { return *stacks_[i]; }
  const User& user(size_t i) const { return users_[i]; }
  Duration now() const { return now_; }
  void set_judge(Judge judge) { judge_ = std::move(judge); }
  // All that left either stack.
  const std::vector<Sent>& sent() const { return sent_; }

  // When something happens next by itself; kNever if nothing does.
  static constexpr Duration kNever = Duration::max();
  Duration next_event() const;
  // Goes there, but not beyond `until`, and lets it happen. False when `until` was reached.
  bool Step(Duration until);
  void Run(Duration duration) {
    for (const Duration until = now_ + duration; Step(until);) {
    }
  }
  // Asks both stacks before anything is due.
  void Poll(Duration at);
  // A stack loses its memory; its user begins again, a client from the port he had. Who listens
  // talks with one client after the other.
  void Restart(size_t i);

  // The first thing that was wrong: octets, or an audit. "" while all is right.
  const std::string& wrong() const { return wrong_; }
  // What is wrong of the end: users who are not satisfied, or something left over.
  std::string Unfinished() const;

 private:
  struct Parcel {
    Duration arrival{};
    size_t to = 0;
    Datagram datagram;
  };

  // The time on a stack's own clock.
  Instant ClockOf(size_t i) const { return options_.starts[i] + now_; }
  void Begin(size_t i);
  void Deliver(size_t i);
  void Expire(size_t i);
  // What left a stack goes on its way.
  void Carry(size_t from, const TxBurst& tx);
  void Turn(size_t i);
  void Say(size_t i);
  void Hear(size_t i);
  void End(size_t i, Errno error);

  Options options_;
  std::array<OwnedStack, 2> stacks_;
  std::array<User, 2> users_;
  std::vector<Parcel> wire_;  // in the order of arrival
  std::vector<Sent> sent_;
  Judge judge_;
  Duration now_{};      // since the beginning
  uint64_t lives_ = 0;  // of stacks
  std::string wrong_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_DUO_H_
