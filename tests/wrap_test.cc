// Sequence numbers and timestamps are points on circles: where they begin does not matter
// (I-33, I-34, I-35, F-63).

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "harness/audit.h"
#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "harness/sim/duo.h"
#include "harness/sim/normal.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

Duo::Options Options() {
  Duo::Options options;
  for (Talk& talk : options.talks) talk.to_say = 30'000;
  for (Config& config : options.configs) {
    config.mtu = 1000;
    config.socket.receive_buffer = 70'000;  // scaled by 2
    config.socket.send_buffer = 70'000;
    config.chunks = 512;
  }
  return options;
}

struct Played {
  std::string trace;
  std::array<uint32_t, 2> isn{}, tsval{};
};

Played Play(const std::array<Instant, 2>& starts) {
  Duo::Options options = Options();
  options.starts = starts;
  Duo duo(options);
  duo.set_judge([](uint64_t number, size_t, Datagram&) {
    return SimRng(number * 977).Chance(150) ? Duo::Fate::kLost : Duo::Fate::kDelivered;
  });
  duo.Run(1h);
  EXPECT_EQ(duo.Unfinished(), "");
  Played played;
  Normal normal;
  for (const Duo::Sent& sent : duo.sent()) {
    played.trace += std::to_string(sent.at.count()) + " " + normal.Show(sent.datagram) + "\n";
    const std::optional<Seen> seen = Read(sent.datagram);
    if (!seen || !seen->has(kSyn)) continue;
    played.isn[sent.from] = seen->seq;
    played.tsval[sent.from] = seen->options.ts_val;
  }
  return played;
}

constexpr std::array<Instant, 2> kStarts{Instant(1'000'000'000), Instant(1'000'000'000)};

// A start at which a clock of 64 ns has moved by `by`, but not within its millisecond.
Instant MovedIsn(Instant start, uint32_t by) {
  constexpr uint64_t kTicks = 15'625;  // of 64 ns in a millisecond
  uint64_t ticks = by;
  while (ticks % kTicks != 0) ticks += uint64_t{1} << 32;
  return Instant(start.ns() + 64 * ticks);
}

TEST(WrapTest, AnyIsnOnAnySideGivesTheSameConversation) {
  constexpr uint32_t kIsns[] = {0, 1, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff, 0xffff'c000};
  const Played plain = Play(kStarts);
  EXPECT_GT(plain.trace.size(), 5'000u);
  for (const uint32_t here : kIsns)
    for (const uint32_t there : kIsns) {
      const Played other = Play({MovedIsn(kStarts[0], here - plain.isn[0]),
                                 MovedIsn(kStarts[1], there - plain.isn[1])});
      ASSERT_EQ(other.isn[0], here);
      ASSERT_EQ(other.isn[1], there);
      ASSERT_EQ(other.trace, plain.trace) << here << " and " << there;
    }
}

TEST(WrapTest, AnyTimestampOnAnySideGivesTheSameConversation) {
  constexpr uint32_t kTsVals[] = {1, 0x7fff'fff0, 0xffff'ffd0};
  const Played plain = Play(kStarts);
  for (const uint32_t here : kTsVals)
    for (const uint32_t there : kTsVals) {
      const auto moved = [&](size_t i, uint32_t want) {
        return kStarts[i] + std::chrono::milliseconds(want - plain.tsval[i]);
      };
      const Played other = Play({moved(0, here), moved(1, there)});
      ASSERT_EQ(other.tsval[0], here);
      ASSERT_EQ(other.tsval[1], there);
      ASSERT_EQ(other.trace, plain.trace) << here << " and " << there;
    }
}

// A sender and a receiver in one memory, with segments of 64 KiB and windows of 8 MiB.
class Pipe {
 public:
  explicit Pipe(Instant start) : now_(start) {
    for (size_t i = 0; i < pattern_.size(); ++i) {
      const size_t at = i % kPeriod;
      pattern_[i] = static_cast<uint8_t>(at * 131 + (at >> 8) * 7);
    }
  }

  Seq Open() {
    const auto listener = stacks_[1]->Listen(now_, {Addr::AnyV4(), Port{80}}, 1);
    sender_ = *stacks_[0]->Connect(now_, {Addr::V4(10, 0, 0, 2), Port{80}});
    Exchange();
    receiver_ = *stacks_[1]->Accept(now_, *listener);
    return stacks_[0]->tables().connections[sender_.slot].iss;
  }

  // Moves so many octets, each of them checked. How many arrived as they were sent.
  uint64_t Move(uint64_t octets) {
    std::vector<uint8_t> in(1 << 16);
    uint64_t said = 0, heard = 0;
    while (heard < octets) {
      const uint64_t before = heard;
      while (said < octets) {
        const size_t at = said % kPeriod;
        const size_t part = std::min<uint64_t>(octets - said, 1 << 16);
        const auto count = stacks_[0]->Write(now_, sender_, Bytes(pattern_).subspan(at, part));
        if (!count) break;
        said += *count;
      }
      Exchange();
      while (const auto count = stacks_[1]->Read(now_, receiver_, in)) {
        if (*count == 0 || std::memcmp(in.data(), &pattern_[heard % kPeriod], *count) != 0)
          return heard;
        heard += *count;
      }
      if (heard == before) now_ = now_ + 10ms;
    }
    return heard;
  }

  const Stack& stack(size_t i) const { return *stacks_[i]; }

 private:
  static constexpr size_t kPeriod = 65'521;

  static Config ConfigOf(uint8_t number) {
    Config config = Config::Default();
    config.connections = config.requests = config.time_waits = config.listeners = 2;
    config.mtu = 65535;
    config.chunks = 512;
    config.chunk_bytes = 65535;
    config.socket.receive_buffer = config.socket.send_buffer = 8 << 20;
    config.verify_checksums = false;
    return config.With(Addr::V4(10, 0, 0, number), 24);
  }

  // Until both are silent.
  void Exchange() {
    for (size_t quiet = 0, i = 0; quiet < 2; i = 1 - i) {
      bursts_[i].Clear();
      stacks_[i]->Expire(now_, bursts_[i]);
      quiet = bursts_[i].empty() ? quiet + 1 : 0;
      for (size_t from = i; !bursts_[from].empty(); from = 1 - from) Carry(from);
    }
  }
  void Carry(size_t from) {
    std::vector<Bytes> views;
    for (size_t k = 0; k < bursts_[from].size(); ++k) views.push_back(bursts_[from][k]);
    bursts_[1 - from].Clear();
    if (stacks_[1 - from]->Input(now_, views, bursts_[1 - from]) != views.size()) std::abort();
  }

  Instant now_;
  std::array<OwnedStack, 2> stacks_{OwnedStack(ConfigOf(1), Secrets{{1, 1}}),
                                    OwnedStack(ConfigOf(2), Secrets{{2, 2}})};
  std::array<OwnedTxBurst, 2> bursts_{OwnedTxBurst(512, 65535), OwnedTxBurst(512, 65535)};
  std::vector<uint8_t> pattern_ = std::vector<uint8_t>(kPeriod + (1 << 16));
  SocketId sender_, receiver_;
};

// F-63, I-33: more than 4 GiB, across two wraps.
TEST(WrapTest, FourGibibytesGoAroundTheCircle) {
#ifdef HANDFAST_SANITIZED
  constexpr uint64_t kOctets = uint64_t{1} << 27;
  std::puts("shortened: wrap sends 128 MiB and wraps once, where else 4 GiB pass");
#else
  constexpr uint64_t kOctets = (uint64_t{1} << 32) + (1 << 20);
#endif
  const uint32_t iss = Pipe(kStarts[0]).Open().raw();
  Pipe pipe(MovedIsn(kStarts[0], 0xffff'0000 - iss));
  ASSERT_EQ(pipe.Open().raw(), 0xffff'0000);
  EXPECT_EQ(pipe.Move(kOctets), kOctets);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(AuditText(pipe.stack(i)), "");
    EXPECT_EQ(pipe.stack(i).counters()[Counter::kTcpRetransSegs], 0u);
  }
}

}  // namespace
}  // namespace handfast
