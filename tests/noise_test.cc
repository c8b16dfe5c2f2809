// Noise goes where bugs have been.

#include "harness/op/noise.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/audit/reading.h"
#include "harness/audit/state.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

// What has happened, so often.
class Places final : public Spectator {
 public:
  int crossed = 0;      // established by a SYN-ACK that repeats a SYN that crossed ours
  int held = 0;         // last ACKs for a full accept queue
  int old = 0;          // ACKs of what was never sent, below what was
  int narrowed = 0;     // claims about the path that are believed
  int aged = 0;         // old timestamps that count, as all others are older still
  uint32_t pieces = 0;  // of text with gaps, at the most

  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst&) override {
    const Reading in = ReadDatagram(datagram);
    const Verdict verdict = record.verdict;
    crossed += verdict.action == Action::kEstablish && record.before == State::kSynReceived &&
                       record.owner == Owner::kConnection && in.has(kSyn)
                   ? 1
                   : 0;
    held += verdict.action == Action::kHold ? 1 : 0;
    old += verdict.drop == Drop::kAckOld ? 1 : 0;
    narrowed += verdict.action == Action::kLowerMtu ? 1 : 0;
    const Tables& t = play.stack().tables();
    ForEach(t.connections, [this](Slot<Connection>, const Connection& conn) {
      pieces = std::max<uint32_t>(pieces, conn.beyond_count);
    });
    aged += verdict.action == Action::kAccept && play.now() - latest_ >= 24h * 24 ? 1 : 0;
    latest_ = play.now();
  }

 private:
  Instant latest_{1'000'000'000};
};

// Incidents 48, 56, 66, 74, 83, 109.
TEST(NoiseTest, GoesWhereBugsHaveBeen) {
  Places places;
  for (uint64_t seed = 0; seed < 400 * kSetups; ++seed) {
    Play play(static_cast<uint8_t>(seed % kSetups));
    play.set_audits(Play::Audits::kNone);
    play.set_spectator(&places);
    play.Do(Noise(seed).Draw(200));
  }
  EXPECT_GT(places.crossed, 20);
  EXPECT_GT(places.held, 200);
  EXPECT_GT(places.old, 20);
  EXPECT_GT(places.narrowed, 20);
  EXPECT_GT(places.aged, 3);
  EXPECT_GT(places.pieces, 8u);
}

TEST(NoiseTest, TheSameSeedMakesTheSame) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Scenario scenario = Noise(seed).Draw(100);
    EXPECT_EQ(scenario, Noise(seed).Draw(100));
    for (const Op& op : scenario) ASSERT_EQ(op, Normal(op));
  }
}

}  // namespace
}  // namespace handfast
