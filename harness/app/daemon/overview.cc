#include "harness/app/daemon/overview.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace handfast {

std::vector<Count> Counts(const Overview& overview) {
  std::vector<Count> counts;
  for (size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    counts.push_back({Name(counter), overview.stack.counters()[counter]});
  }
  if (overview.ethernet != nullptr) {
    const Ethernet::Counters& link = overview.ethernet->counters();
    counts.insert(counts.end(), {{"Ethernet.InFrames", link.frames},
                                 {"Ethernet.InDatagrams", link.datagrams},
                                 {"Ethernet.InArp", link.arp},
                                 {"Arp.Requests", link.requests_sent},
                                 {"Arp.Replies", link.replies_sent},
                                 {"Arp.PendingDropped", link.pending_dropped},
                                 {"Arp.TableFull", link.table_full},
                                 {"Ip.OutNoRoutes", link.no_route}});
  }
  return counts;
}

bool IsGauge(const char* name) { return std::string_view(name) == "Tcp.CurrEstab"; }

std::vector<DropCount> Drops(const Overview& overview) {
  std::vector<DropCount> drops;
  for (size_t i = 1; i < kDropCount; ++i) {
    const auto drop = static_cast<Drop>(i);
    uint64_t value = overview.stack.counters()[drop];
    if (overview.ethernet != nullptr) value += overview.ethernet->counters().drops[i];
    drops.push_back({drop, value});
  }
  return drops;
}

std::array<uint32_t, kStateCount> FlowsByState(const Stack& stack) {
  std::array<uint32_t, kStateCount> flows{};
  const Tables& t = stack.tables();
  for (uint32_t i = 0; i < t.connections.high_water(); ++i) {
    const Slot<Connection> slot(i);
    if (t.connections.live(slot)) ++flows[static_cast<size_t>(t.connections[slot].state)];
  }
  flows[static_cast<size_t>(State::kListen)] += t.listeners.used();
  flows[static_cast<size_t>(State::kSynReceived)] += t.requests.used();
  flows[static_cast<size_t>(State::kTimeWait)] += t.time_waits.used();
  return flows;
}

std::vector<PoolUse> Pools(const Stack& stack) {
  const Tables& t = stack.tables();
  const auto use = [](const char* name, const auto& pool, size_t each) {
    return PoolUse{name, pool.used(), pool.capacity(), pool.capacity() * each};
  };
  return {use("listeners", t.listeners, sizeof(Listener)),
          use("requests", t.requests, sizeof(Request)),
          use("connections", t.connections, sizeof(Connection)),
          use("time-waits", t.time_waits, sizeof(TimeWait)),
          use("chunks", t.chunks, sizeof(Chunk) + t.chunks.chunk_bytes())};
}

std::string Summary(const Overview& overview) {
  std::string text;
  const auto line = [&](const std::string& name, uint64_t value) {
    char buffer[160];
    std::snprintf(buffer, sizeof buffer, "  %-40s %12llu\n", name.c_str(),
                  static_cast<unsigned long long>(value));
    text += buffer;
  };
  const Counters& counters = overview.stack.counters();
  text += "summary\n";
  line("connections accepted", [&] {
    uint64_t accepted = 0;
    for (const Server::Entrance& entrance : overview.server.entrances())
      accepted += entrance.accepted;
    return accepted;
  }());
  line("connections opened", counters[Counter::kTcpActiveOpens]);
  line("octets received", overview.server.octets_in());
  line("octets sent", overview.server.octets_out());
  text += "counters\n";
  for (const Count& count : Counts(overview))
    if (count.value != 0) line(count.name, count.value);
  const std::vector<DropCount> drops = Drops(overview);
  const auto happened = [](const DropCount& drop) { return drop.value != 0; };
  if (std::any_of(drops.begin(), drops.end(), happened)) text += "drops\n";
  for (const DropCount& drop : drops)
    if (happened(drop)) line(Text(drop.drop), drop.value);
  return text;
}

}  // namespace handfast
