// A link that does not take a frame is a wire that loses it (I-87, incident 121, F-17).

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/sim/normal.h"
#include "harness/sim/traffic.h"
#include "stack/wire/ethernet.h"

namespace handfast {
namespace {

struct Outcome {
  std::vector<std::string> frames;  // all that were offered to the link
  std::set<uint64_t> gone;          // those that did not get through
  std::array<Counters, 2> counters;
  std::string wrong;
};

// A few conversations, and then all is closed.
Outcome Converse(const Wire::Judge& judge) {
  Outcome outcome;
  Config config = Config::Default();
  config.connections = config.requests = config.time_waits = 16;
  config.chunks = 128;
  Lab lab(17);
  lab.AddHost(config);
  lab.AddHost(config);
  lab.wire().set_judge(judge);
  Normal normal;
  lab.wire().set_watch([&](Instant at, size_t station, Bytes frame, Wire::Fate fate) {
    if (fate != Wire::Fate::kDelivered) outcome.gone.insert(outcome.frames.size());
    outcome.frames.push_back(std::to_string(at.ns()) + " " + std::to_string(station) + " " +
                             normal.Show(frame.subspan(kEthernetHeader)));
  });
  TrafficOptions options;
  options.at_once = 1;
  options.longest = 6000;
  options.crossing = 300;
  Traffic traffic(lab, options, 17);
  const Instant end = lab.now() + 3s;
  while (lab.now() < end) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
  }
  traffic.Stop();
  traffic.Hangup();
  lab.Run(1h);
  outcome.wrong = traffic.wrong();
  for (size_t i = 0; i < 2; ++i) {
    outcome.wrong += AuditEmpty(lab.host(i).stack());
    outcome.counters[i] = lab.host(i).stack().counters();
  }
  return outcome;
}

std::string Difference(const Outcome& a, const Outcome& b) {
  if (a.frames != b.frames) return "the frames";
  for (size_t host = 0; host < 2; ++host)
    for (size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      if (counter == Counter::kHandfastTxRefused) continue;
      if (a.counters[host][counter] != b.counters[host][counter]) return Name(counter);
    }
  return "";
}

enum class HowLong : uint8_t { kOnce, kForEver };

// The k-th frame is refused, and with it the rest of its burst; in another world the same
// frames are taken and lost.
void RefuseAt(uint64_t k, HowLong how_long) {
  const Outcome refused = Converse([=](uint64_t number) {
    const bool no = number == k || (number > k && how_long == HowLong::kForEver);
    return no ? Wire::Fate::kRefused : Wire::Fate::kDelivered;
  });
  const Outcome lost = Converse([&](uint64_t number) {
    return refused.gone.contains(number) ? Wire::Fate::kLost : Wire::Fate::kDelivered;
  });
  ASSERT_EQ(refused.wrong, "") << "frame " << k;
  ASSERT_EQ(Difference(refused, lost), "") << "frame " << k;
  EXPECT_EQ(lost.counters[0][Counter::kHandfastTxRefused], 0u);
  EXPECT_EQ(refused.counters[0][Counter::kHandfastTxRefused] +
                refused.counters[1][Counter::kHandfastTxRefused],
            refused.gone.size());
}

TEST(LinkFailureTest, ARefusedFrameIsALostOne) {
  const Outcome plain = Converse([](uint64_t) { return Wire::Fate::kDelivered; });
  EXPECT_EQ(plain.wrong, "");
  const size_t count = plain.frames.size();
  EXPECT_GT(count, 50u);
  for (uint64_t k = 0; k < count; ++k) RefuseAt(k, HowLong::kOnce);
}

TEST(LinkFailureTest, ALinkThatBreaksForEverIsAWireThatIsCut) {
  const size_t count = Converse([](uint64_t) { return Wire::Fate::kDelivered; }).frames.size();
  for (uint64_t k = 0; k < count; k += 7) RefuseAt(k, HowLong::kForEver);
}

}  // namespace
}  // namespace handfast
