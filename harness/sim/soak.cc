#include "harness/sim/soak.h"

#include "harness/audit.h"

namespace handfast {
namespace {

// Longer than any connection lives on without its user, and its TIME-WAIT.
constexpr Duration kUntilAllIsOver = 1h;

std::string AuditAll(Lab& lab, SoakResult& result) {
  std::string broken;
  result.audits += lab.hosts();
  for (size_t i = 0; i < lab.hosts(); ++i) broken += AuditText(lab.host(i).stack());
  return broken;
}

std::string TalkFor(Lab& lab, Traffic& traffic, const SoakOptions& options,
                    SoakResult& result) {
  const Instant begin = lab.now();
  const Instant end = begin + options.duration;
  while (lab.now() < end) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
    if (!traffic.wrong().empty()) return traffic.wrong();
    if (++result.steps % options.audit_every != 0) continue;
    if (std::string broken = AuditAll(lab, result); !broken.empty()) return broken;
    if (options.progress) options.progress(lab.now() - begin);
  }
  return "";
}

std::string EndAll(Lab& lab, Traffic& traffic, SoakResult& result) {
  traffic.Stop();
  traffic.Hangup();
  lab.Run(kUntilAllIsOver);
  std::string left = traffic.wrong();
  result.audits += lab.hosts();
  for (size_t i = 0; i < lab.hosts(); ++i) left += AuditEmpty(lab.host(i).stack());
  return left;
}

}  // namespace

Config SoakOptions::DeskConfig() {
  Config config = Config::Default();
  config.connections = 64;
  config.requests = 32;
  config.time_waits = 64;
  config.chunks = 1024;
  config.chunk_bytes = 1024;
  config.socket.receive_buffer = 32 << 10;
  config.socket.send_buffer = 32 << 10;
  return config;
}

SoakResult Soak(const SoakOptions& options) {
  SoakResult result;
  Lab lab(options.seed, options.start);
  lab.AddHost(options.config);
  lab.AddHost(options.config);
  lab.wire().set_faults(options.faults);
  lab.wire().set_watch([&result](Instant, size_t, Bytes, Wire::Fate fate) {
    ++result.frames;
    if (fate != Wire::Fate::kDelivered) ++result.lost;
  });
  if (options.prepare) options.prepare(lab);
  Traffic traffic(lab, options.traffic, options.seed);
  result.wrong = TalkFor(lab, traffic, options, result);
  if (result.wrong.empty()) result.wrong = EndAll(lab, traffic, result);
  result.tally = traffic.tally();
  for (size_t i = 0; i < lab.hosts(); ++i) result.reports.push_back(ReportOf(lab.host(i)));
  return result;
}

}  // namespace handfast
