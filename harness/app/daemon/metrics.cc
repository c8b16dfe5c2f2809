// The figures in Prometheus' text exposition format. Names are Linux's behind a prefix, as
// node_exporter writes them: handfast_TcpExt_ListenDrops.

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/app/daemon/overview.h"
#include "harness/app/version.h"
#include "harness/show.h"

namespace handfast {
namespace {

enum class Type : uint8_t { kCounter, kGauge };

class Exposition {
 public:
  // A family begins: its samples follow.
  void Family(const std::string& name, Type type, const std::string& help) {
    name_ = "handfast_" + name;
    text_ += "# HELP " + name_ + ' ' + help + "\n# TYPE " + name_;
    text_ += type == Type::kCounter ? " counter\n" : " gauge\n";
  }
  void Sample(const std::string& value) { text_ += name_ + ' ' + value + '\n'; }
  void Sample(uint64_t value) { Sample(std::to_string(value)); }
  void Sample(std::string_view label, const std::string& label_value, uint64_t value) {
    text_ += name_ + '{' + std::string(label) + "=\"" + Escaped(label_value) + "\"} ";
    text_ += std::to_string(value) + '\n';
  }
  std::string Take() { return std::move(text_); }

 private:
  static std::string Escaped(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return escaped;
  }

  std::string name_;
  std::string text_;
};

void WriteListeners(const Overview& overview, Exposition& out) {
  const struct {
    const char* name;
    Type type;
    const char* help;
    uint64_t (*value)(const Server::Entrance&, const ListenerStatus&);
  } families[] = {
      {"listener_syn_queue", Type::kGauge, "Half-open connections of a listener.",
       [](const Server::Entrance&, const ListenerStatus& s) -> uint64_t {
         return s.syn_queue;
       }},
      {"listener_accept_queue", Type::kGauge, "Connections that wait to be accepted.",
       [](const Server::Entrance&, const ListenerStatus& s) -> uint64_t {
         return s.accept_queue;
       }},
      {"listener_queue_limit", Type::kGauge, "What each of the two queues holds: backlog + 1.",
       [](const Server::Entrance&, const ListenerStatus& s) -> uint64_t {
         return uint64_t{s.backlog} + 1;
       }},
      {"listener_sessions", Type::kGauge, "Connections that are being served.",
       [](const Server::Entrance& e, const ListenerStatus&) -> uint64_t { return e.sessions; }},
      {"listener_accepted", Type::kCounter, "Connections that were accepted.",
       [](const Server::Entrance& e, const ListenerStatus&) -> uint64_t { return e.accepted; }},
  };
  for (const auto& family : families) {
    out.Family(family.name, family.type, family.help);
    for (const Server::Entrance& entrance : overview.server.entrances())
      if (const Result<ListenerStatus> status = overview.stack.Status(entrance.listener))
        out.Sample("local", Show(status->local), family.value(entrance, *status));
  }
}

void WriteMemory(const Stack& stack, Exposition& out) {
  out.Family("flows", Type::kGauge, "Flows in a state, half-open ones and listeners included.");
  const auto flows = FlowsByState(stack);
  for (size_t i = 1; i < kStateCount; ++i)
    out.Sample("state", Name(static_cast<State>(i)), flows[i]);
  const std::vector<PoolUse> pools = Pools(stack);
  out.Family("pool_used", Type::kGauge, "Objects of a pool that are in use.");
  for (const PoolUse& pool : pools) out.Sample("pool", pool.name, pool.used);
  out.Family("pool_capacity", Type::kGauge, "Objects that a pool has.");
  for (const PoolUse& pool : pools) out.Sample("pool", pool.name, pool.capacity);
  out.Family("memory_bytes", Type::kGauge, "All memory of the stack; it never grows.");
  out.Sample(stack.bytes());
}

}  // namespace

std::string Metrics(const Overview& overview) {
  Exposition out;
  out.Family("build_info", Type::kGauge, "The version that runs.");
  out.Sample("version", kVersion, 1);
  out.Family("uptime_seconds", Type::kGauge, "Since the start.");
  out.Sample(std::to_string(std::chrono::duration<double>(overview.uptime).count()));
  WriteListeners(overview, out);
  WriteMemory(overview.stack, out);
  out.Family("received_bytes", Type::kCounter, "Octets of text that services have read.");
  out.Sample(overview.server.octets_in());
  out.Family("sent_bytes", Type::kCounter, "Octets of text that services have written.");
  out.Sample(overview.server.octets_out());
  out.Family("drops", Type::kCounter, "What was received and went no further, by reason.");
  for (const DropCount& drop : Drops(overview))
    out.Sample("reason", Name(drop.drop), drop.value);
  for (const Count& count : Counts(overview)) {
    std::string name = count.name;
    std::replace(name.begin(), name.end(), '.', '_');
    out.Family(name, IsGauge(count.name) ? Type::kGauge : Type::kCounter,
               std::string(count.name) + ", as nstat and netstat -s call it.");
    out.Sample(count.value);
  }
  return out.Take();
}

}  // namespace handfast
