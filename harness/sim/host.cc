#include "harness/sim/host.h"

#include <algorithm>

namespace handfast {
namespace {

Config WithAddress(Config config, uint8_t number) {
  if (config.address_count == 0) config.With(Addr::V4(10, 0, 0, number), 24);
  return config;
}

EthernetConfig EthernetOf(const Config& config, uint8_t number) {
  EthernetConfig ethernet;
  ethernet.mac = Mac{{2, 0, 0, 0, 0, number}};
  ethernet.local = config.addresses[0];
  return ethernet;
}

}  // namespace

SimHost::SimHost(SimClock& clock, Wire& wire, uint8_t number, Config config, uint64_t seed)
    : rng_(seed),
      stack_(WithAddress(config, number), DrawSecrets(rng_)),
      ethernet_(EthernetOf(stack_->config(), number)),
      link_(wire),
      memory_(Pump::MemoryFor(stack_->config())),
      pump_(*stack_, &ethernet_, clock, rng_, link_, memory_) {}

Lab::Lab(uint64_t seed, Instant start)
    : seed_(seed), clock_(start), rng_(seed), wire_(clock_, rng_.Next()) {}

SimHost& Lab::AddHost(const Config& config) {
  const auto number = static_cast<uint8_t>(hosts_.size() + 1);
  hosts_.push_back(
      std::make_unique<SimHost>(clock_, wire_, number, config, seed_ ^ rng_.Next()));
  return *hosts_.back();
}

void Lab::Settle() {
  for (bool busy = true; busy;) {
    busy = false;
    for (const auto& host : hosts_) {
      const bool due = wire_.HasFrame(host->station()) || host->pump().next_deadline() <= now();
      if (due) busy |= host->pump().Turn();
    }
  }
}

Instant Lab::next_event() {
  Instant next = Instant::Never();
  for (const auto& host : hosts_)
    next = Earliest(
        next, Earliest(host->pump().next_deadline(), wire_.next_arrival(host->station())));
  return next;
}

bool Lab::Step(Instant until) {
  const Instant next = next_event();
  if (next > until) {
    clock_.AdvanceTo(until);
    return false;
  }
  clock_.AdvanceTo(next);
  Settle();
  return true;
}

bool Lab::quiet() const {
  return std::all_of(hosts_.begin(), hosts_.end(), [](const auto& host) {
    const Tables& t = host->stack().tables();
    return t.flows.size() == 0;
  });
}

}  // namespace handfast
