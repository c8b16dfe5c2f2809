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

SimHost::SimHost(SimClock& clock, Wire& wire, uint8_t number, Config config, SimRng rng)
    : rng_(rng),
      stack_(WithAddress(config, number), DrawSecrets(rng_)),
      ethernet_(EthernetOf(stack_->config(), number)),
      link_(wire),
      memory_(Pump::MemoryFor(stack_->config())),
      pump_(*stack_, &ethernet_, clock, rng_, link_, memory_) {}

Lab::Lab(uint64_t seed, Instant start)
    : seed_(seed), clock_(start), rng_(seed), wire_(clock_, rng_.Next()) {}

SimHost& Lab::AddHost(const Config& config) {
  return AddHost(config, SimRng(seed_ ^ rng_.Next()));
}

SimHost& Lab::AddHost(const Config& config, SimRng rng) {
  const auto number = static_cast<uint8_t>(hosts_.size() + 1);
  hosts_.push_back(std::make_unique<SimHost>(clock_, wire_, number, config, rng));
  alarms_.emplace_back();
  return *hosts_.back();
}

Instant Lab::DueOf(size_t host) {
  const Instant deadline = hosts_[host]->pump().next_deadline();
  Alarm& alarm = alarms_[host];
  if (laziness_ <= 0ns || deadline.never()) return deadline;
  if (deadline != alarm.deadline)
    alarm = {
        deadline,
        Duration(static_cast<int64_t>(rng_.Below(static_cast<uint64_t>(laziness_.count()))))};
  return deadline + alarm.late;
}

void Lab::Settle() {
  for (bool busy = true; busy;) {
    busy = false;
    for (size_t i = 0; i < hosts_.size(); ++i) {
      const bool due = wire_.HasFrame(hosts_[i]->station()) || DueOf(i) <= now();
      if (due) busy |= hosts_[i]->pump().Turn();
    }
  }
}

Instant Lab::next_event() {
  Instant next = Instant::Never();
  for (size_t i = 0; i < hosts_.size(); ++i)
    next = Earliest(next, Earliest(DueOf(i), wire_.next_arrival(hosts_[i]->station())));
  return next;
}

void Lab::Jump(Duration duration) {
  clock_.AdvanceTo(now() + duration);
  Settle();
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
