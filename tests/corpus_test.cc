// The seeds of the fuzz targets that play scenarios: each leads where its name says, and
// together they lead everywhere.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "harness/fuzz/op_reach.h"
#include "harness/op/matrix.h"
#include "harness/op/script.h"

namespace handfast {
namespace {

namespace fs = std::filesystem;

struct SeedFile {
  std::string name;
  std::string octets;
};

// Those of a target that have a word for a name, or all.
enum class Which : uint8_t { kNamed, kAll };
std::vector<SeedFile> SeedsOf(const std::string& target, Which which) {
  std::vector<SeedFile> seeds;
  for (const auto& entry : fs::directory_iterator(fs::path(HANDFAST_CORPUS) / target)) {
    const std::string name = entry.path().filename();
    const bool named = name.rfind("found-", 0) != 0 && name.rfind("regress-", 0) != 0;
    if (which == Which::kNamed && !named) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    seeds.push_back({name, {std::istreambuf_iterator<char>(file), {}}});
  }
  return seeds;
}

OpInput InputOf(const SeedFile& seed) {
  return OpInput::Decode(
      {reinterpret_cast<const uint8_t*>(seed.octets.data()), seed.octets.size()});
}

void ExpectNamedAfter(const SeedFile& seed, std::span<const uint8_t> cells) {
  const std::string prefix = SeedPrefix(cells);
  EXPECT_EQ(seed.name.substr(0, prefix.size()), prefix) << seed.name;
}

TEST(CorpusTest, SeedsReachTheStateOfTheirName) {
  for (const char* const target : {"ops", "oracle", "burst"}) {
    const std::vector<SeedFile> seeds = SeedsOf(target, Which::kNamed);
    EXPECT_GT(seeds.size(), 50u) << target;
    for (const SeedFile& seed : seeds) ExpectNamedAfter(seed, CellsOf(InputOf(seed)));
  }
}

TEST(CorpusTest, DuelsReachTheStateOfTheirName) {
  const std::vector<SeedFile> seeds = SeedsOf("duel", Which::kNamed);
  EXPECT_GT(seeds.size(), 20u);
  for (const SeedFile& seed : seeds)
    ExpectNamedAfter(seed, CellsOf(InputOf(seed), PlayedAs::kDuel));
}

TEST(CorpusTest, ScriptsReachTheStateOfTheirNameAndHold) {
  const std::vector<SeedFile> seeds = SeedsOf("script", Which::kNamed);
  EXPECT_GT(seeds.size(), 20u);
  for (const SeedFile& seed : seeds) {
    const Parsed parsed = Parse(seed.octets);
    ASSERT_TRUE(parsed.script) << seed.name << ": " << parsed.error;
    ExpectNamedAfter(seed, CellsOf({parsed.script->setup, parsed.script->scenario()}));
    EXPECT_EQ(Plays(seed.octets), "") << seed.name;
  }
}

TEST(CorpusTest, OpsReachAllThatThereIs) {
  Matrix matrix;
  std::vector<uint8_t> all(Reach::kCells);
  for (const SeedFile& seed : SeedsOf("ops", Which::kAll)) {
    const std::vector<uint8_t> cells = CellsOf(InputOf(seed));
    matrix.Add(cells);
    for (size_t i = 0; i < all.size(); ++i) all[i] |= cells[i];
  }
  for (const std::string& surprise : matrix.Surprises()) ADD_FAILURE() << surprise;
  EXPECT_EQ(StatesReached(all), kStateCount - 1);
}

// The part that the model knows: all of setup, and TIME-WAIT.
TEST(CorpusTest, OracleReachesAllOfSetup) {
  Matrix matrix;
  for (const SeedFile& seed : SeedsOf("oracle", Which::kAll))
    matrix.Add(CellsOf(InputOf(seed)));
  for (size_t i = 0; i < Reach::kMatrix; ++i) {
    const auto state = static_cast<State>(i / kActionCount / kComingCount);
    const auto coming = static_cast<Coming>(i / kActionCount % kComingCount);
    const auto action = static_cast<Action>(i % kActionCount);
    if (IsSynchronized(state) && state != State::kTimeWait) continue;
    if (WhyNot(state, coming, action) != nullptr) continue;
    EXPECT_GT(matrix.At(state, coming, action), 0u)
        << Name(state) << ", " << Name(coming) << ": " << Text(action);
  }
}

}  // namespace
}  // namespace handfast
