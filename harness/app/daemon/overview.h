// Overview: what there is to tell of a running daemon; and ways to tell it.

#ifndef HARNESS_APP_DAEMON_OVERVIEW_H_
#define HARNESS_APP_DAEMON_OVERVIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/app/daemon/server.h"
#include "stack/link/ethernet.h"
#include "stack/sock/state.h"
#include "stack/stack.h"

namespace handfast {

struct Overview {
  const Stack& stack;
  const Ethernet* ethernet;  // null: the link carries bare IP
  const Server& server;
  const std::string& link;  // "tap0"
  Duration uptime{};
};

// For people, for Prometheus, for the end of the program.
std::string StatusPage(const Overview& overview);
std::string Metrics(const Overview& overview);
std::string Summary(const Overview& overview);
// One line for each connection, as `ss -tino` has it; the first thousand.
std::string Connections(const Stack& stack);

// --- What they tell.

struct Count {
  const char* name = "";
  uint64_t value = 0;
};

// All counters under Linux's names ("TcpExt.ListenDrops"), and the link's ("Arp.Requests").
std::vector<Count> Counts(const Overview& overview);
bool IsGauge(const char* name);

struct DropCount {
  Drop drop = Drop::kNone;
  uint64_t value = 0;
};
// All reasons, in the order in which they are checked; of the link layer and the stack.
std::vector<DropCount> Drops(const Overview& overview);

// How many flows are in a state; half-open ones and time-waits, too.
std::array<uint32_t, kStateCount> FlowsByState(const Stack& stack);

struct PoolUse {
  const char* name = "";
  uint32_t used = 0;
  uint32_t capacity = 0;
  size_t bytes = 0;  // of all of it
};
std::vector<PoolUse> Pools(const Stack& stack);

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_OVERVIEW_H_
