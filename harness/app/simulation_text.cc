// ShowText: a simulation, for people.

#include <algorithm>
#include <cstdio>

#include "harness/app/simulation.h"
#include "harness/show.h"

namespace handfast {
namespace {

template <typename... Values>
std::string Format(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

double Seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

std::string WireText(const Faults& faults) {
  const std::pair<const char*, uint32_t> shares[] = {{"loses", faults.loss},
                                                     {"doubles", faults.duplicate},
                                                     {"delays", faults.reorder},
                                                     {"damages", faults.corrupt}};
  std::string text;
  for (const auto& [verb, per_mille] : shares)
    if (per_mille > 0) text += Format(", %s %g %%", verb, per_mille / 10.0);
  return Format("a wire that takes %g ms", Seconds(faults.delay_min) * 1e3) +
         (text.empty() ? " and is perfect" : text);
}

// "█████····  5"
std::string Bar(uint32_t length, uint32_t limit, const ShowOptions& options) {
  std::string bar;
  for (uint32_t i = 0; i < limit; ++i)
    bar += i < length ? (options.ascii ? "#" : "█") : (options.ascii ? "." : "·");
  return bar + Format(" %2u", length);
}

std::string VisitText(const VisitStory& visit, const ShowOptions& options) {
  const bool done = visit.result.outcome == Errno::kOk;
  std::string text = "\nA visit of " + Show(visit.from) + " to " + Show(visit.to) +
                     (done ? "" : Format(" fails: %s", Name(visit.result.outcome))) + "\n";
  return options.ladders && !visit.ladder.empty() ? text + "\n" + visit.ladder : text;
}

// Nothing has happened since the sample before.
bool StandsStill(const SiegeResult& siege, const SiegeSample& sample) {
  if (&sample == &siege.samples.front()) return false;
  const SiegeSample& before = *(&sample - 1);
  return sample.syn_queue == before.syn_queue && sample.accept_queue == before.accept_queue &&
         sample.syn_queue_drops == before.syn_queue_drops &&
         sample.accept_queue_drops == before.accept_queue_drops && *sample.event == '\0';
}

std::string SiegeText(const SiegeResult& siege, const ShowOptions& options) {
  std::string text =
      Format("\nA listener in distress; each of its queues holds %u\n\n", siege.limit);
  const int width = static_cast<int>(siege.limit) + 3;
  text += Format("%6s  %-*s   %-*s  %9s  %9s\n", "", width, "SYN queue", width, "accept queue",
                 "dropped,", "dropped,");
  text += Format("%6s  %-*s   %-*s  %9s  %9s\n", "time", width, "", width, "", "SYN queue",
                 "accept q.");
  for (const SiegeSample& sample : siege.samples) {
    if (StandsStill(siege, sample)) continue;
    text += Format("%4.0f s  ", Seconds(sample.at)) +
            Bar(sample.syn_queue, siege.limit, options) + "   " +
            Bar(sample.accept_queue, siege.limit, options) +
            Format("  %9ju  %9ju", uintmax_t{sample.syn_queue_drops},
                   uintmax_t{sample.accept_queue_drops}) +
            (*sample.event != '\0' ? "  " : "") + sample.event + "\n";
  }
  if (siege.user_waited)
    text += Format("\n  The user in the midst of the flood got in after %.1f s.\n",
                   Seconds(*siege.user_waited));
  else
    text += "\n  The user in the midst of the flood did not get in.\n";
  for (size_t i = 1; i < kDropCount; ++i)
    if (siege.report.drops[i] > 0)
      text += Format("  %6ju dropped: %s\n", uintmax_t{siege.report.drops[i]},
                     Text(static_cast<Drop>(i)));
  return text;
}

std::string TallyText(const SoakResult& soak, Duration duration) {
  const Traffic::Tally& tally = soak.tally;
  std::string text = Format("\nUsers talk for %g s\n\n", Seconds(duration));
  text += Format("  %8ju conversations opened\n", uintmax_t{tally.opened});
  text += Format("  %8ju not, for lack of a socket or a port\n", uintmax_t{tally.refused});
  text += Format("  %8ju sides said all, heard all and closed\n", uintmax_t{tally.finished});
  text += Format("  %8ju octets heard, each compared with what was said\n",
                 uintmax_t{tally.octets});
  for (const auto& [error, count] : tally.errors)
    text += Format("  %8ju calls failed with %s\n", uintmax_t{count}, error.c_str());
  text += Format("  %8ju frames sent, %ju of them lost or damaged\n", uintmax_t{soak.frames},
                 uintmax_t{soak.lost});
  return text;
}

// One line for each counter that is not zero on all hosts.
std::string CountersText(const std::vector<HostReport>& reports) {
  std::string text = Format("\n%-34s", "Counters");
  for (const HostReport& report : reports) text += Format("%12s", Show(report.addr).c_str());
  text += "\n";
  const auto line = [&](const std::string& name, const auto& value) {
    if (std::all_of(reports.begin(), reports.end(),
                    [&](const HostReport& report) { return value(report) == 0; }))
      return;
    text += Format("  %-32s", name.c_str());
    for (const HostReport& report : reports) text += Format("%12ju", uintmax_t{value(report)});
    text += "\n";
  };
  for (size_t i = 0; i < kCounterCount; ++i)
    line(Name(static_cast<Counter>(i)),
         [i](const HostReport& report) { return report.counters[static_cast<Counter>(i)]; });
  for (size_t i = 1; i < kDropCount; ++i)
    line(std::string("Drop.") + Name(static_cast<Drop>(i)),
         [i](const HostReport& report) { return report.drops[i]; });
  return text;
}

std::string PoolsText(const std::vector<HostReport>& reports) {
  std::string text = Format("\n%-34s", "In use at the end");
  for (const HostReport& report : reports) text += Format("%12s", Show(report.addr).c_str());
  text += "\n";
  for (size_t i = 0; !reports.empty() && i < reports[0].pools.size(); ++i) {
    text += Format("  %-32s", reports[0].pools[i].name);
    for (const HostReport& report : reports)
      text += Format(
          "%12s", Format("%u of %u", report.pools[i].used, report.pools[i].capacity).c_str());
    text += "\n";
  }
  return text;
}

}  // namespace

std::string ShowText(const Simulation& simulation, const ShowOptions& options) {
  std::string text = Format("Two hosts, seed %ju, on ", uintmax_t{simulation.options.seed}) +
                     WireText(simulation.options.faults) + "\n";
  for (const VisitStory& visit : simulation.visits) text += VisitText(visit, options);
  text += SiegeText(simulation.siege, options);
  text += TallyText(simulation.soak, simulation.options.duration);
  text += CountersText(simulation.soak.reports);
  text += PoolsText(simulation.soak.reports);
  text += Format("\n%ju audits.", uintmax_t{simulation.siege.audits + simulation.soak.audits});
  const std::string wrong = simulation.wrong();
  if (wrong.empty()) return text + " All is well.\n";
  return text + " WRONG:\n" + wrong + "the same again: " + simulation.repeat() + "\n";
}

}  // namespace handfast
