// A pump: what it asks of its gifts, and when.

#include "stack/pump.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/sim/clock.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Instant kStart{1'000'000'000};

// Counts what it is asked for. What it gives is a fixed pattern, with one octet on top.
class CountingRng final : public Rng {
 public:
  void Fill(MutableBytes out) override {
    ++fills;
    octets += out.size();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<uint8_t>(i == changed ? ~fills : fills);
  }
  size_t fills = 0;
  size_t octets = 0;
  size_t changed = 99;  // the place of the octet that is another
};

class NoLink final : public Link {
 public:
  size_t Receive(std::span<Bytes>) override { return 0; }
  size_t Transmit(std::span<const Bytes> frames) override { return frames.size(); }
};

struct Pumped {
  Pumped() : memory(Pump::MemoryFor(Here())) {}
  static Config Here() { return SmallConfig(Config::Default().With(kHere, 24)); }

  // The time comes, and the pump turns. How often it has asked for randomness by now.
  size_t TurnAt(Duration since_start) {
    clock.AdvanceTo(kStart + since_start);
    pump.Turn();
    return rng.fills;
  }
  SipKey key() const { return stack->tables().keys.port; }

  SimClock clock{kStart};
  CountingRng rng;
  NoLink link;
  OwnedStack stack{Here(), Secrets{{1, 2}}};
  std::vector<uint8_t> memory;
  Pump pump{*stack, nullptr, clock, rng, link, memory};
};

// Incident 31, C4: fresh entropy at the first turn, and then every ten seconds, counted from
// the turn that asked last; at no other turn is any asked for, and the key stands.
TEST(PumpTest, TheKeyOfPortsIsRenewedEveryTenSeconds) {
  Pumped pumped;
  SipKey before = pumped.key();
  size_t fills = 0;
  for (const auto& [at, renewed] : {std::pair<Duration, size_t>{0s, 1},
                                    {0s, 0},
                                    {1ns, 0},
                                    {5s, 0},
                                    {10s - 1ns, 0},
                                    {10s, 1},
                                    {10s, 0},
                                    {20s - 1ns, 0},
                                    {25s, 1},
                                    {30s, 0},
                                    {35s - 1ns, 0},
                                    {35s, 1}}) {
    EXPECT_EQ(pumped.TurnAt(at), fills += renewed) << at.count() << " ns";
    EXPECT_EQ(pumped.key() == before, renewed == 0) << at.count() << " ns";
    before = pumped.key();
  }
  EXPECT_EQ(pumped.rng.octets, 16 * fills);
}

TEST(PumpTest, EachOctetOfEntropyMakesAnotherKey) {
  std::vector<SipKey> keys;
  for (size_t changed = 0; changed <= 16; ++changed) {
    Pumped pumped;
    pumped.rng.changed = changed;
    pumped.TurnAt(0s);
    EXPECT_EQ(std::count(keys.begin(), keys.end(), pumped.key()), 0) << changed;
    keys.push_back(pumped.key());
  }
}

// Nobody is woken for a key that nobody draws from.
TEST(PumpTest, AnIdleStackHasNoDeadline) {
  Pumped pumped;
  pumped.TurnAt(0s);
  EXPECT_TRUE(pumped.pump.next_deadline().never());
}

// A trap, before anything is taken from what is not there: nothing else has a word to say.
TEST(PumpDeathTest, TooLittleMemoryIsRefusedBeforeItIsDivided) {
  Pumped pumped;
  const auto pump_with = [&](size_t octets) {
    Pump(*pumped.stack, nullptr, pumped.clock, pumped.rng, pumped.link,
         MutableBytes(pumped.memory).first(octets));
  };
  pump_with(pumped.memory.size());
  for (const size_t octets : {pumped.memory.size() - 1, size_t{100}, size_t{0}})
    EXPECT_DEATH(pump_with(octets), "^$") << octets;
}

}  // namespace
}  // namespace handfast
