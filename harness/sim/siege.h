// Siege: a listener in distress. First more users come than its sleeping application
// accepts, then comes a flood of SYNs, and in the midst of it one more user.

#ifndef HARNESS_SIM_SIEGE_H_
#define HARNESS_SIM_SIEGE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/sim/host.h"
#include "harness/sim/report.h"
#include "harness/sim/wire.h"

namespace handfast {

struct SiegeOptions {
  uint64_t seed = 1;
  Instant start = Instant(1'000'000'000);
  Faults faults;
  Config config = Config::Default();  // of both hosts
  int backlog = 8;
  uint32_t users = 20;             // who come at once
  uint32_t syns_per_second = 100;  // of the flood
  // Given the lab before anything happens; may be empty. Host 0 is besieged.
  std::function<void(Lab&)> prepare;
};

struct SiegeSample {
  Duration at;
  uint32_t syn_queue = 0;
  uint32_t accept_queue = 0;
  uint64_t syns = 0;                // of the flood, by now
  uint64_t syn_queue_drops = 0;     // SYNs
  uint64_t accept_queue_drops = 0;  // SYNs and last ACKs
  const char* event = "";           // what has happened since the sample before
};

struct SiegeResult {
  std::string wrong;   // "" while all is right
  uint32_t limit = 0;  // of each queue
  std::vector<SiegeSample> samples;
  // How long the user in the midst of the flood has waited until he was accepted.
  std::optional<Duration> user_waited;
  HostReport report;  // of host 0
  uint64_t audits = 0;
  Instant end;  // when nothing of it was left
};

SiegeResult Siege(const SiegeOptions& options);

}  // namespace handfast

#endif  // HARNESS_SIM_SIEGE_H_
