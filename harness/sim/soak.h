// Soak: two hosts, users, a bad wire and a long time; judged all the way, and at the end.

#ifndef HARNESS_SIM_SOAK_H_
#define HARNESS_SIM_SOAK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/sim/report.h"
#include "harness/sim/traffic.h"
#include "harness/sim/wire.h"
#include "stack/config.h"

namespace handfast {

struct SoakOptions {
  uint64_t seed = 1;
  Instant start = Instant(1'000'000'000);
  Duration duration = 1h;  // of the clock of the simulation
  Faults faults;
  TrafficOptions traffic;
  Config config = DeskConfig();  // of both hosts
  Duration laziness{};           // deadlines are noticed so much late, at most
  uint32_t jumps = 0;            // per million of the steps: the clock jumps,
  Duration jump_most = 10s;      // by so much at most
  std::optional<uint8_t> stuck;  // the stacks' source of randomness gives this, for ever
  uint32_t audit_every = 64;     // steps
  // Given the lab before anything happens; may be empty.
  std::function<void(Lab&)> prepare;
  // Told now and then how far it has come; may be empty.
  std::function<void(Duration done)> progress;

  // Enough for a few dozen users, little enough that limits are met.
  static Config DeskConfig();
};

struct SoakResult {
  // The first thing that was wrong, in words; "" if nothing was.
  std::string wrong;
  Traffic::Tally tally;
  uint64_t frames = 0;  // sent by both
  uint64_t lost = 0;    // lost, damaged or refused
  uint64_t steps = 0;
  uint64_t audits = 0;              // of one host each, the last one included
  std::vector<HostReport> reports;  // by host, at the end
  uint64_t trace = 0;  // a hash of all that was on the wire, ISNs and timestamps taken out

  uint64_t of(Counter counter) const {
    uint64_t sum = 0;
    for (const HostReport& report : reports) sum += report.counters[counter];
    return sum;
  }
};

// Users talk for the duration; then all hang up, and when all time has run out nothing may
// be left. An audit now and then, every octet checked.
SoakResult Soak(const SoakOptions& options);

}  // namespace handfast

#endif  // HARNESS_SIM_SOAK_H_
