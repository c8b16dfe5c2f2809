// Two stacks over a wire on which everything goes wrong that can.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/sim/traffic.h"

namespace handfast {
namespace {

Config Host() {
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

// Runs users for so long, then lets everything end. "" if all was right.
std::string Live(const Faults& faults, Duration duration, uint64_t seed,
                 Traffic::Tally* tally) {
  Lab lab(seed);
  lab.AddHost(Host());
  lab.AddHost(Host());
  lab.wire().set_faults(faults);
  Traffic traffic(lab, {}, seed);
  const Instant end = lab.now() + duration;
  for (uint64_t steps = 0; lab.now() < end; ++steps) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
    if (!traffic.wrong().empty()) return traffic.wrong();
    if (steps % 64 != 0) continue;
    for (size_t i = 0; i < 2; ++i)
      if (std::string broken = AuditText(lab.host(i).stack()); !broken.empty()) return broken;
  }
  traffic.Stop();
  traffic.Hangup();
  lab.Run(1000s);
  *tally = traffic.tally();
  std::string left;
  for (size_t i = 0; i < 2; ++i) left += AuditEmpty(lab.host(i).stack());
  return traffic.wrong() + left;
}

TEST(DuelTest, APerfectWireLosesNothingAndFailsNobody) {
  Traffic::Tally tally;
  EXPECT_EQ(Live({}, 600s, 1, &tally), "");
  EXPECT_GT(tally.finished, 1000u);
  EXPECT_EQ(tally.errors.count("ETIMEDOUT"), 0u);
}

TEST(DuelTest, AThirdLostSomeDoubledSomeOvertakenSomeDamaged) {
  Faults faults;
  faults.loss = 300;
  faults.duplicate = 100;
  faults.reorder = 200;
  faults.corrupt = 20;
  faults.refuse = 20;
  faults.delay_min = 1ms;
  faults.delay_max = 30ms;
  Traffic::Tally tally;
  EXPECT_EQ(Live(faults, 3600s, 2, &tally), "");
  EXPECT_GT(tally.finished, 100u);
  for (const auto& [name, count] : tally.errors) printf("%s %lu\n", name.c_str(), count);
  printf("opened %lu finished %lu octets %lu refused %lu\n", tally.opened, tally.finished,
         tally.octets, tally.refused);
}

}  // namespace
}  // namespace handfast
