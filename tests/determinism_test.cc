// The same config, seed and inputs give the same bytes. (That it does not matter when the clock
// began is in day_test.cc.)

#include <gtest/gtest.h>

#include <cinttypes>
#include <string>

#include "harness/audit.h"
#include "harness/packet.h"
#include "harness/sim/normal.h"
#include "harness/sim/traffic.h"
#include "stack/wire/ethernet.h"

namespace handfast {
namespace {

Config Host() {
  Config config = Config::Default();
  config.connections = 32;
  config.requests = 16;
  config.time_waits = 32;
  config.chunks = 512;
  config.chunk_bytes = 1024;
  return config;
}

// Everything that was on the wire.
class WireTrace {
 public:
  explicit WireTrace(Instant start) : start_(start) {}

  void Add(Instant at, size_t station, Bytes frame, Wire::Fate fate) {
    char head[64];
    std::snprintf(head, sizeof head, "%" PRId64 " %zu %d ", (at - start_).count(), station,
                  static_cast<int>(fate));
    lines_ += head + normal_.Show(frame.subspan(kEthernetHeader)) + "\n";
  }
  const std::string& text() const { return lines_; }

 private:
  Instant start_;
  Normal normal_;
  std::string lines_;
};

std::string TraceOfHalfAnHour(uint64_t seed) {
  const Instant start(1'000'000'000);
  Lab lab(seed, start);
  lab.AddHost(Host());
  lab.AddHost(Host());
  Faults faults;
  faults.loss = 200;
  faults.duplicate = 50;
  faults.reorder = 100;
  faults.corrupt = 10;
  lab.wire().set_faults(faults);
  WireTrace trace(start);
  lab.wire().set_watch([&](Instant at, size_t station, Bytes frame, Wire::Fate fate) {
    trace.Add(at, station, frame, fate);
  });
  Traffic traffic(lab, {}, seed);
  const Instant end = start + 30min;
  while (lab.now() < end) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
  }
  EXPECT_EQ(traffic.wrong(), "");
  EXPECT_GT(traffic.tally().finished, 100u);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(AuditText(lab.host(i).stack()), "");
  return trace.text();
}

TEST(DeterminismTest, TheSameSeedGivesTheSameWire) {
  const std::string once = TraceOfHalfAnHour(7);
  EXPECT_GT(once.size(), 1'000'000u);
  EXPECT_EQ(once, TraceOfHalfAnHour(7));
  EXPECT_NE(once, TraceOfHalfAnHour(8));
}

// A copy goes the way of its original.
TEST(DeterminismTest, ACopyGoesTheWayOfItsOriginal) {
  OwnedStack original(Host().With(Addr::V4(10, 0, 0, 1), 24), Secrets{{3, 4}});
  Instant now(1'000'000'000);
  ASSERT_TRUE(original->Listen(now, {Addr::AnyV4(), Port{80}}, 5));
  OwnedStack copy = original;
  EXPECT_EQ(copy, original);
  EXPECT_EQ(copy->Hash(), original->Hash());

  OwnedTxBurst one(64, 1500), two(64, 1500);
  SimRng rng(5);
  for (int step = 0; step < 2000; ++step) {
    TcpPacket packet;
    packet.flow = {Addr::V4(10, 0, 0, static_cast<uint8_t>(2 + rng.Below(3))),
                   Addr::V4(10, 0, 0, 1), Port{static_cast<uint16_t>(1000 + rng.Below(4))},
                   Port{80}};
    packet.flags = static_cast<unsigned>(rng.Below(64));
    packet.seq = static_cast<uint32_t>(1000 + rng.Below(3));
    packet.text = Text(0, rng.Below(20));
    const Datagram datagram = packet.Seal();
    const Bytes view(datagram);
    now = now + Duration(static_cast<int64_t>(rng.Below(2'000'000'000)));
    for (const auto& [stack, tx] : {std::pair{&original, &one}, {&copy, &two}}) {
      tx->Clear();
      ASSERT_EQ((*stack)->Input(now, {&view, 1}, *tx), 1u);
      (*stack)->Expire(now, *tx);
    }
    ASSERT_EQ(one.size(), two.size());
    for (size_t i = 0; i < one.size(); ++i)
      ASSERT_TRUE(std::equal(one[i].begin(), one[i].end(), two[i].begin(), two[i].end()));
    ASSERT_EQ(copy, original) << "after step " << step;
  }
}

}  // namespace
}  // namespace handfast
