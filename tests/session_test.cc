// Whole conversations between two stacks: any datagram may be lost or doubled, and the stacks
// may be copied, polled, or fed by bursts, at any step.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/sim/duo.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

// Longer than any time-out of a conversation, and TIME-WAIT.
constexpr Duration kLong = 1h;

Duo::Options Saying(uint64_t client, uint64_t server) {
  Duo::Options options;
  options.talks[0].to_say = client;
  options.talks[1].to_say = server;
  return options;
}

// Small windows, readers who rest, small writes: windows close and open all the time.
Duo::Options Sluggish(uint64_t octets) {
  Duo::Options options = Saying(octets, octets);
  for (size_t i = 0; i < 2; ++i) {
    options.configs[i].socket.receive_buffer = 2000;
    options.configs[i].chunks = 24;
    options.talks[i].breath = 700;
    options.talks[i].bite = 900;
    options.talks[i].rest = i == 0 ? 130ms : 90ms;
  }
  return options;
}

Duo::Options Crossing(uint64_t octets) {
  Duo::Options options = Saying(octets, octets);
  options.talks[1].opening = Talk::Opening::kConnects;
  return options;
}

std::vector<Duo::Options> Kinds() {
  return {Saying(6000, 9000), Saying(0, 0), Sluggish(5000), Crossing(4000)};
}

std::string PlayedOut(Duo& duo) {
  duo.Run(kLong);
  return duo.Unfinished();
}

size_t Datagrams(const Duo::Options& options) {
  Duo duo(options);
  EXPECT_EQ(PlayedOut(duo), "");
  return duo.sent().size();
}

TEST(SessionTest, APerfectWireCarriesConversationsWithoutRetransmission) {
  for (const Duo::Options& options : Kinds()) {
    Duo duo(options);
    ASSERT_EQ(PlayedOut(duo), "");
    for (size_t i = 0; i < 2; ++i)
      EXPECT_EQ(duo.stack(i).counters()[Counter::kTcpExtTCPTimeouts], 0u);
  }
}

// F-68: a handshake of three segments and a close of at most four.
TEST(SessionTest, SilenceCostsSevenSegments) { EXPECT_LE(Datagrams(Saying(0, 0)), 7u); }

// Two readers who are full, two senders who probe: each window must open at once for the
// other (I-53).
TEST(SessionTest, TwoClosedWindowsDoNotWaitForEachOther) {
  Duo duo(Sluggish(60'000));
  duo.Run(20s);
  EXPECT_TRUE(duo.user(0).satisfied() && duo.user(1).satisfied())
      << duo.user(0).heard << " and " << duo.user(1).heard << " octets";
}

// F-04: any one datagram.
TEST(SessionTest, AnyDatagramMayBeLost) {
  for (const Duo::Options& options : Kinds()) {
    const size_t count = Datagrams(options);
    for (size_t lost = 0; lost < count; ++lost) {
      Duo duo(options);
      duo.set_judge([lost](uint64_t number, size_t, Datagram&) {
        return number == lost ? Duo::Fate::kLost : Duo::Fate::kDelivered;
      });
      while (duo.Step(kLong))
        for (size_t i = 0; i < 2; ++i) ASSERT_EQ(AuditText(duo.stack(i)), "") << lost;
      ASSERT_EQ(duo.Unfinished(), "") << "datagram " << lost << " of " << count;
    }
  }
}

// Incident 128, F-04: any two, the two FINs and their ACKs among them.
TEST(SessionTest, AnyTwoDatagramsMayBeLost) {
  for (const Duo::Options& options : {Saying(3000, 2000), Saying(0, 0), Crossing(1000)}) {
    const size_t count = Datagrams(options);
    for (size_t first = 0; first < count; ++first)
      for (size_t second = first + 1; second < count + 5; ++second) {
        Duo duo(options);
        duo.set_judge([=](uint64_t number, size_t, Datagram&) {
          return number == first || number == second ? Duo::Fate::kLost : Duo::Fate::kDelivered;
        });
        ASSERT_EQ(PlayedOut(duo), "") << "datagrams " << first << " and " << second;
      }
  }
}

// I-52: a datagram that comes twice changes nothing but counters, and costs an ACK.
TEST(SessionTest, AnyDatagramMayComeTwice) {
  for (const Duo::Options& options : Kinds()) {
    const size_t count = Datagrams(options);
    for (size_t twice = 0; twice < count; ++twice) {
      Duo duo(options);
      duo.set_judge([twice](uint64_t number, size_t, Datagram&) {
        return number == twice ? Duo::Fate::kDoubled : Duo::Fate::kDelivered;
      });
      ASSERT_EQ(PlayedOut(duo), "") << "datagram " << twice;
      EXPECT_LE(duo.sent().size(), count + 2) << "datagram " << twice;
    }
  }
}

// F-20: the k-th chunk of text is not to be had, for any k; what was refused comes later.
TEST(SessionTest, AnyNumberOfChunksIsEnough) {
  for (const Duo::Options& kind : {Saying(20'000, 20'000), Sluggish(5000)})
    for (uint32_t chunks = 2; chunks < 60; ++chunks) {
      Duo::Options options = kind;
      for (Config& config : options.configs) {
        config.chunks = chunks;
        config.chunk_bytes = 1460;
      }
      Duo duo(options);
      ASSERT_EQ(PlayedOut(duo), "") << chunks << " chunks";
    }
}

// Loses a tenth of what is sent, by a rule that is a value.
Duo::Judge Lossy(uint64_t seed) {
  return [seed](uint64_t number, size_t, Datagram&) {
    return SimRng(seed + number * 7919).Chance(100) ? Duo::Fate::kLost : Duo::Fate::kDelivered;
  };
}

// I-85, F-30.
TEST(SessionTest, ACopyTakenAtAnyStepHasTheSameFuture) {
  for (const Duo::Options& options : Kinds()) {
    Duo original(options);
    original.set_judge(Lossy(3));
    std::vector<Duo> copies;
    while (original.Step(kLong)) copies.push_back(original);
    ASSERT_GT(copies.size(), 5u);
    for (size_t step = 0; step < copies.size(); ++step) {
      ASSERT_EQ(PlayedOut(copies[step]), original.Unfinished());
      ASSERT_EQ(copies[step].sent(), original.sent()) << "copied at step " << step;
      for (size_t i = 0; i < 2; ++i)
        ASSERT_EQ(copies[step].stack(i), original.stack(i)) << "copied at step " << step;
    }
  }
}

// I-90, I-04: asking at other instants than the deadlines changes nothing.
TEST(SessionTest, PollingAtAnyInstantChangesNothing) {
  SimRng rng(90);
  for (const Duo::Options& options : Kinds()) {
    Duo lazy(options), eager(options);
    lazy.set_judge(Lossy(5));
    eager.set_judge(Lossy(5));
    while (lazy.Step(kLong)) {
      const Duration now = eager.now();
      const Duration gap = std::min(eager.next_event(), now + 10s) - now;
      for (int polls = 0; polls < 5 && gap > 0ns; ++polls)
        eager.Poll(now + gap * polls / 5 +
                   Duration(static_cast<int64_t>(
                       rng.Below(1 + static_cast<uint64_t>((gap / 5).count())))));
      ASSERT_TRUE(eager.Step(kLong));
    }
    EXPECT_EQ(eager.wrong(), "");
    EXPECT_EQ(eager.sent(), lazy.sent());
    EXPECT_EQ(eager.Unfinished(), lazy.Unfinished());
  }
}

// I-88: what comes at one instant may be given in one burst, or one by one.
TEST(SessionTest, BurstsAreFedAsTheirSegmentsOneByOne) {
  for (Duo::Options options : Kinds()) {
    Duo bursts(options);
    options.feed = Duo::Feed::kOneByOne;
    Duo singles(options);
    bursts.set_judge(Lossy(7));
    singles.set_judge(Lossy(7));
    while (bursts.Step(kLong)) {
      ASSERT_TRUE(singles.Step(kLong));
      for (size_t i = 0; i < 2; ++i) ASSERT_EQ(bursts.stack(i), singles.stack(i));
    }
    EXPECT_EQ(bursts.sent(), singles.sent());
    EXPECT_EQ(bursts.Unfinished(), "");
  }
}

// When both users had closed.
Duration Ended(Duo& duo) {
  while (!(duo.user(0).closed && duo.user(1).closed))
    if (!duo.Step(kLong)) return Duo::kNever;
  return duo.now();
}

// Where a stack may say little at once it says the rest at the next opportunity.
TEST(SessionTest, LittleRoomForOutputDelaysNothing) {
  for (const Duo::Options& kind : Kinds()) {
    Duo plain(kind);
    const Duration end = Ended(plain);
    for (size_t room = 1; room < 12; ++room) {
      Duo::Options options = kind;
      options.room = room;
      Duo duo(options);
      EXPECT_EQ(Ended(duo), end) << "room for " << room;
      ASSERT_EQ(PlayedOut(duo), "") << "room for " << room;
    }
  }
}

}  // namespace
}  // namespace handfast
