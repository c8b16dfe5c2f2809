// The connections one by one, a line each, in the words of `ss -tino`.

#include <cstdio>
#include <string>

#include "harness/app/daemon/overview.h"
#include "harness/show.h"
#include "stack/transfer/rtt.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

constexpr uint32_t kMostLines = 1000;

std::string Line(const Connection& conn, const Policy& policy) {
  char text[320];
  const Negotiated agreed = conn.negotiated;
  std::snprintf(text, sizeof text, "%-12s recv-q:%u send-q:%u %s %s", Name(conn.state),
                conn.receive.size, conn.send.size,
                Show(Endpoint{conn.flow.local, conn.flow.local_port}).c_str(),
                Show(Endpoint{conn.flow.peer, conn.flow.peer_port}).c_str());
  std::string line = text;
  if (agreed.has(Negotiated::kTimestamps)) line += " ts";
  if (agreed.has(Negotiated::kSack)) line += " sack";
  if (agreed.has(Negotiated::kEcn)) line += " ecn";
  if (agreed.has(Negotiated::kWindowScale))
    line += " wscale:" + std::to_string(conn.snd_scale) + ',' + std::to_string(conn.rcv_scale);
  const double rto = std::chrono::duration<double, std::milli>(RtoOf(conn)).count();
  std::snprintf(text, sizeof text,
                " rto:%.0f rtt:%.3f/%.3f mss:%u cwnd:%u snd_wnd:%u rcv_wnd:%u", rto,
                conn.srtt_us / 1e3, conn.rttvar_us / 1e3, SendMss(conn, policy), conn.cwnd,
                conn.snd_wnd, conn.rcv_wnd());
  line += text;
  if (!conn.has(Connection::kOwned)) line += " orphan";
  return line + '\n';
}

}  // namespace

std::string Connections(const Stack& stack) {
  std::string lines;
  uint32_t told = 0;
  const Tables& t = stack.tables();
  for (uint32_t i = 0; i < t.connections.high_water(); ++i) {
    const Slot<Connection> slot(i);
    if (!t.connections.live(slot)) continue;
    if (++told <= kMostLines) lines += Line(t.connections[slot], t.config.policy);
  }
  if (told > kMostLines) lines += "and " + std::to_string(told - kMostLines) + " more\n";
  return lines;
}

}  // namespace handfast
