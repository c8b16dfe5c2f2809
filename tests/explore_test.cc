// Explorations, and the hash by which they know where they have been.

#include "harness/op/explore.h"

#include <gtest/gtest.h>

#include "harness/abstract.h"

namespace handfast {
namespace {

const Alphabet& Named(const std::string& name) {
  for (const Alphabet& alphabet : Alphabets())
    if (name == alphabet.name) return alphabet;
  std::abort();
}

const Op& LetterOf(const Alphabet& alphabet, const std::string& name) {
  for (const Letter& letter : alphabet.letters)
    if (name == letter.name) return letter.op;
  std::abort();
}

uint64_t HashAfter(const std::vector<std::string>& letters, uint64_t seed = 1) {
  const Alphabet& passive = Named("passive");
  Play play(0, seed);
  play.Do(passive.beginning);
  for (const std::string& name : letters) play.Do(LetterOf(passive, name));
  return AbstractHash(play.stack());
}

TEST(AbstractHashTest, SecretsDoNotMatter) {
  EXPECT_EQ(HashAfter({"B: SYN", "B: ACK"}, 1), HashAfter({"B: SYN", "B: ACK"}, 2));
}

TEST(AbstractHashTest, WhatIsOverDoesNotMatter) {
  EXPECT_EQ(HashAfter({"another: SYN", "another: RST", "B: SYN"}), HashAfter({"B: SYN"}));
}

TEST(AbstractHashTest, WhatIsThereMatters) {
  const std::vector<std::vector<std::string>> ways{{},
                                                   {"B: SYN"},
                                                   {"another: SYN"},
                                                   {"B: SYN", "B: ACK"},

                                                   {"B: SYN", "to the next deadline"},
                                                   {"close the listener"},
                                                   {"B: SYN", "B: ACK", "B: text"},
                                                   {"B: SYN", "B: ACK", "B: FIN"}};
  for (size_t i = 0; i < ways.size(); ++i)
    for (size_t j = 0; j < i; ++j) EXPECT_NE(HashAfter(ways[i]), HashAfter(ways[j])) << i << j;
}

TEST(ExploreTest, NothingIsWrongNearby) {
  for (const Alphabet& alphabet : Alphabets())
    for (uint8_t setup = 0; setup < kSetups; ++setup) {
      ExploreOptions options;
      options.setup = setup;
      options.depth = 4;
      const Explored explored = Explore(alphabet, options);
      EXPECT_EQ(explored.wrong, "") << alphabet.name << explored.way;
      EXPECT_GT(explored.all(), 100u);
    }
}

TEST(ExploreTest, TheSameIsFoundAgain) {
  const Explored first = Explore(Named("closing"), {});
  const Explored second = Explore(Named("closing"), {});
  EXPECT_EQ(first.states, second.states);
  EXPECT_EQ(first.steps, second.steps);
}

// A law that does not hold is refuted on the shortest way.
TEST(ExploreTest, AShortestWayIsFound) {
  ExploreOptions options;
  options.law = [](const Play& play) {
    return play.stack().counters()[Counter::kTcpCurrEstab] == 0 ? "" : "somebody is connected";
  };
  const Explored explored = Explore(Named("passive"), options);
  EXPECT_EQ(explored.wrong, "somebody is connected");
  EXPECT_EQ(explored.way, "B: SYN\nB: ACK\n");
  Play play(options.setup);
  play.Do(explored.scenario);
  EXPECT_EQ(play.stack().counters()[Counter::kTcpCurrEstab], 1u);
}

// All eleven states are within reach of the three beginnings.
TEST(ExploreTest, EveryStateIsReached) {
  std::array<bool, kStateCount> reached{};
  for (const Alphabet& alphabet : Alphabets()) {
    ExploreOptions options;
    options.depth = 4;
    options.law = [&](const Play& play) {
      const Tables& t = play.stack().tables();
      if (t.requests.used() > 0) reached[static_cast<size_t>(State::kSynReceived)] = true;
      if (t.time_waits.used() > 0) reached[static_cast<size_t>(State::kTimeWait)] = true;
      if (t.listeners.used() > 0) reached[static_cast<size_t>(State::kListen)] = true;
      for (uint32_t i = 0; i < t.connections.high_water(); ++i)
        if (const Slot<Connection> slot(i); t.connections.live(slot))
          reached[static_cast<size_t>(t.connections[slot].state)] = true;
      return std::string();
    };
    EXPECT_EQ(Explore(alphabet, options).wrong, "");
  }
  for (size_t i = 1; i < kStateCount; ++i)
    EXPECT_TRUE(reached[i]) << Name(static_cast<State>(i));
}

}  // namespace
}  // namespace handfast
