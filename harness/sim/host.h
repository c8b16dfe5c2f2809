// SimHost: a stack with all that it needs to live on a simulated wire.
// Lab: a wire, hosts on it, and the time that passes for all of them.

#ifndef HARNESS_SIM_HOST_H_
#define HARNESS_SIM_HOST_H_

#include <memory>
#include <vector>

#include "harness/owned_stack.h"
#include "harness/sim/clock.h"
#include "harness/sim/rng.h"
#include "harness/sim/wire.h"
#include "stack/link/ethernet.h"
#include "stack/pump.h"

namespace handfast {

class SimHost {
 public:
  // The n-th host is 10.0.0.n/24, MAC 02:00:00:00:00:n, unless the config has an address.
  SimHost(SimClock& clock, Wire& wire, uint8_t number, Config config, SimRng rng);
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;

  Stack& stack() { return *stack_; }
  const Stack& stack() const { return *stack_; }
  Pump& pump() { return pump_; }
  Addr addr() const { return stack_->config().addresses[0].addr; }
  const Ethernet& ethernet() const { return ethernet_; }
  size_t station() const { return link_.station(); }

 private:
  SimRng rng_;
  OwnedStack stack_;
  Ethernet ethernet_;
  SimLink link_;
  std::vector<uint8_t> memory_;
  Pump pump_;
};

class Lab {
 public:
  explicit Lab(uint64_t seed, Instant start = Instant(1'000'000'000));

  SimHost& AddHost(const Config& config = Config::Default());
  SimHost& AddHost(const Config& config, SimRng rng);
  SimHost& host(size_t index) { return *hosts_[index]; }
  size_t hosts() const { return hosts_.size(); }
  Wire& wire() { return wire_; }
  SimRng& rng() { return rng_; }
  Instant now() const { return clock_.now(); }

  // Lets happen what is due now, until nothing is.
  void Settle();
  // The next instant at which something happens by itself; never if nothing does.
  Instant next_event();
  // Goes there, but not beyond `until`, and lets it happen. False when `until` was reached.
  bool Step(Instant until);
  void RunUntil(Instant until) {
    while (Step(until)) {
    }
  }
  void Run(Duration duration) { RunUntil(now() + duration); }
  // No host has a flow: neither requests nor connections nor time-waits.
  bool quiet() const;

  // From now on hosts notice their deadlines late, by up to so much.
  void set_laziness(Duration most) { laziness_ = most; }
  // Time goes on without a step in between: all that was due is late.
  void Jump(Duration duration);

 private:
  // When a host turns next if no frame comes.
  struct Alarm {
    Instant deadline = Instant::Never();
    Duration late{};
  };
  Instant DueOf(size_t host);

  uint64_t seed_;
  SimClock clock_;
  SimRng rng_;
  Wire wire_;
  std::vector<std::unique_ptr<SimHost>> hosts_;
  std::vector<Alarm> alarms_;  // by host
  Duration laziness_{};
};

}  // namespace handfast

#endif  // HARNESS_SIM_HOST_H_
