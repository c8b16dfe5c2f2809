// HostReport: what a host has counted, and what it holds.

#ifndef HARNESS_SIM_REPORT_H_
#define HARNESS_SIM_REPORT_H_

#include <array>
#include <cstdint>
#include <vector>

#include "harness/sim/host.h"
#include "stack/counters.h"
#include "stack/wire/drop.h"

namespace handfast {

struct PoolUse {
  const char* name;
  uint32_t used;
  uint32_t capacity;
};

struct HostReport {
  Addr addr;
  Counters counters;
  std::array<uint64_t, kDropCount> drops{};  // also the link layer's
  std::vector<PoolUse> pools;
};

HostReport ReportOf(const SimHost& host);

}  // namespace handfast

#endif  // HARNESS_SIM_REPORT_H_
