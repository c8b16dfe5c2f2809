#include "harness/sim/soak.h"

#include "harness/audit.h"
#include "harness/sim/normal.h"
#include "stack/base/siphash.h"
#include "stack/wire/ethernet.h"

namespace handfast {
namespace {

// Longer than any connection lives on without its user, and its TIME-WAIT.
constexpr Duration kUntilAllIsOver = 1h;

std::string AuditAll(Lab& lab, SoakResult& result) {
  std::string broken;
  result.audits += lab.hosts();
  for (size_t i = 0; i < lab.hosts(); ++i) {
    broken += AuditText(lab.host(i).stack());
    broken += AuditText(lab.host(i).ethernet());
  }
  return broken;
}

// Everything that was on the wire, in a number.
class Digest {
 public:
  explicit Digest(Instant start) : start_(start) {}

  void Add(Instant at, size_t station, Bytes frame, Wire::Fate fate) {
    const std::string line = std::to_string((at - start_).count()) + " " +
                             std::to_string(station) + " " +
                             std::to_string(static_cast<int>(fate)) + " " +
                             normal_.Show(frame.subspan(kEthernetHeader));
    const Bytes bytes(reinterpret_cast<const uint8_t*>(line.data()), line.size());
    hash_ = SipHash13::Of({hash_, 0}, bytes);
  }
  uint64_t hash() const { return hash_; }

 private:
  Instant start_;
  Normal normal_;
  uint64_t hash_ = 0;
};

std::string TalkFor(Lab& lab, Traffic& traffic, const SoakOptions& options,
                    SoakResult& result) {
  const Instant begin = lab.now();
  const Instant end = begin + options.duration;
  while (lab.now() < end) {
    lab.Step(Earliest(end, traffic.next_event()));
    if (lab.rng().Below(1'000'000) < options.jumps)
      lab.Jump(Duration(static_cast<int64_t>(lab.rng().Below(1000))) *
               options.jump_most.count() / 1000);
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
  for (int i = 0; i < 2; ++i)
    options.stuck ? lab.AddHost(options.config, SimRng::Stuck(*options.stuck))
                  : lab.AddHost(options.config);
  lab.set_laziness(options.laziness);
  lab.wire().set_faults(options.faults);
  Digest digest(options.start);
  lab.wire().set_watch([&](Instant at, size_t station, Bytes frame, Wire::Fate fate) {
    ++result.frames;
    if (fate != Wire::Fate::kDelivered) ++result.lost;
    digest.Add(at, station, frame, fate);
  });
  if (options.prepare) options.prepare(lab);
  Traffic traffic(lab, options.traffic, options.seed);
  result.wrong = TalkFor(lab, traffic, options, result);
  if (result.wrong.empty()) result.wrong = EndAll(lab, traffic, result);
  result.tally = traffic.tally();
  for (size_t i = 0; i < lab.hosts(); ++i) result.reports.push_back(ReportOf(lab.host(i)));
  result.trace = digest.hash();
  return result;
}

}  // namespace handfast
