#include "harness/sim/report.h"

namespace handfast {

HostReport ReportOf(const SimHost& host) {
  const Tables& t = host.stack().tables();
  HostReport report;
  report.addr = host.addr();
  report.counters = t.counters;
  for (size_t i = 0; i < kDropCount; ++i)
    report.drops[i] = t.counters[static_cast<Drop>(i)] + host.ethernet().counters().drops[i];
  report.pools = {{"listeners", t.listeners.used(), t.listeners.capacity()},
                  {"requests", t.requests.used(), t.requests.capacity()},
                  {"connections", t.connections.used(), t.connections.capacity()},
                  {"time-waits", t.time_waits.used(), t.time_waits.capacity()},
                  {"chunks", t.chunks.used(), t.chunks.capacity()}};
  return report;
}

}  // namespace handfast
