// The status page: plain HTML, no script, renewed every few seconds.

#include <chrono>
#include <string>

#include "harness/app/daemon/overview.h"
#include "harness/app/version.h"
#include "harness/show.h"

namespace handfast {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>handfastd</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<style>
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-weight: 600; margin-bottom: 0 }
h2 { font-size: 1rem; font-weight: 600; margin: 2rem 0 .3rem }
p { margin: .2rem 0; opacity: .75 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .15rem 1.5rem .15rem 0; border-bottom: 1px solid #8884 }
th { font-weight: 500; opacity: .75 }
td.n, th.n { text-align: right }
meter { width: 6rem; vertical-align: middle; margin-left: .5rem }
.columns { columns: 2 22rem }
.columns table { width: 100% }
.columns tr { break-inside: avoid }
</style></head><body>
)";

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else
      escaped += c;
  }
  return escaped;
}

std::string Cell(const std::string& text) { return "<td>" + Escaped(text) + "</td>"; }
std::string Cell(uint64_t number) {
  return "<td class=\"n\">" + std::to_string(number) + "</td>";
}

// "3 of 129", with a bar.
std::string Gauge(uint64_t value, uint64_t most) {
  const std::string limit = std::to_string(most);
  const std::string number = std::to_string(value);
  return "<td>" + number + " of " + limit + "<meter max=\"" + limit + "\" value=\"" + number +
         "\"></meter></td>";
}

std::string Age(Duration uptime) {
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(uptime).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::string Listeners(const Overview& overview) {
  std::string html =
      "<h2>Listeners</h2><p>A SYN waits in the SYN queue until its handshake is complete, then "
      "in the accept queue until the service takes it. Each holds the backlog and one "
      "more.</p><table><tr><th>local</th><th>service</th><th>SYN queue</th>"
      "<th>accept queue</th><th class=\"n\">served now</th><th class=\"n\">accepted</th></tr>";
  for (const Server::Entrance& entrance : overview.server.entrances()) {
    const Result<ListenerStatus> status = overview.stack.Status(entrance.listener);
    if (!status) continue;
    const uint64_t most = uint64_t{status->backlog} + 1;
    html += "<tr>" + Cell(Show(status->local)) + Cell(entrance.service) +
            Gauge(status->syn_queue, most) + Gauge(status->accept_queue, most) +
            Cell(entrance.sessions) + Cell(entrance.accepted) + "</tr>\n";
  }
  return html + "</table>";
}

std::string Flows(const Stack& stack) {
  std::string names;
  std::string numbers;
  const auto flows = FlowsByState(stack);
  for (size_t i = 0; i < kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    if (state == State::kNone || state == State::kListen) continue;
    if (flows[i] == 0 && state != State::kEstablished) continue;
    names += "<th class=\"n\">" + std::string(Name(state)) + "</th>";
    numbers += Cell(flows[i]);
  }
  return "<h2>Connections</h2><table><tr>" + names + "</tr><tr>" + numbers +
         "</tr></table><p>One by one: "
         "<a href=\"/connections\">/connections</a>.</p>";
}

std::string Memory(const Stack& stack) {
  std::string html = "<h2>Memory</h2><p>" + std::to_string(stack.bytes() >> 10) +
                     " KiB, taken at the start; it never grows.</p><table>";
  for (const PoolUse& pool : Pools(stack))
    html += "<tr>" + Cell(pool.name) + Gauge(pool.used, pool.capacity) +
            Cell(std::to_string(pool.bytes >> 10) + " KiB") + "</tr>\n";
  return html + "</table>";
}

std::string Figures(const Overview& overview) {
  std::string drops;
  for (const DropCount& drop : Drops(overview))
    if (drop.value != 0) drops += "<tr>" + Cell(Text(drop.drop)) + Cell(drop.value) + "</tr>\n";
  if (drops.empty()) drops = "<tr><td>nothing</td></tr>";
  std::string counts;
  for (const Count& count : Counts(overview))
    if (count.value != 0) counts += "<tr>" + Cell(count.name) + Cell(count.value) + "</tr>\n";
  return "<h2>Dropped</h2><p>What was received and went no further, by reason.</p><table>" +
         drops +
         "</table><h2>Counters</h2><p>Under the names of nstat; all of them: "
         "<a href=\"/metrics\">/metrics</a>.</p><div class=\"columns\"><table>" +
         counts + "</table></div>";
}

}  // namespace

std::string StatusPage(const Overview& overview) {
  const LocalAddr& address = overview.stack.config().addresses[0];
  std::string title = std::string("<h1>handfastd</h1><p>") + kVersion + ", ";
  title += Show(address.addr) + '/' + std::to_string(address.prefix_bits) + " on ";
  title += Escaped(overview.link) + ", up for " + Age(overview.uptime) + "</p>\n";
  return kHead + title + Listeners(overview) + Flows(overview.stack) + Memory(overview.stack) +
         Figures(overview) + "</body></html>\n";
}

}  // namespace handfast
