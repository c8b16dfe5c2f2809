#include "harness/fuzz/scenario_seeds.h"

#include <cctype>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "harness/fuzz/op_reach.h"
#include "harness/fuzz/walks.h"
#include "harness/op/script.h"
#include "harness/op/shrink.h"

namespace handfast {
namespace {

using Keys = std::set<std::string>;

// As a part of a file's name: "IpTooShort" is ip-too-short.
std::string Slug(std::string_view text) {
  std::string slug;
  bool lower = false;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (lower && std::isupper(letter) != 0) slug += '-';
    lower = std::islower(letter) != 0;
    if (std::isalnum(letter) != 0)
      slug += static_cast<char>(std::tolower(letter));
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

const char* Short(Action action) {
  constexpr const char* kShort[kActionCount] = {
      "drop",       "rst",    "ack",       "challenge",   "queue", "synack",
      "forget",     "refuse", "hold",      "establish",   "cross", "rst-repeat",
      "reset",      "accept", "restart",   "restart-ack", "end",   "reopen",
      "soft-error", "abort",  "lower-mtu", "echo"};
  return kShort[static_cast<size_t>(action)];
}

enum class Cells : uint8_t {
  kAll,      // the matrix, drops by reason, moves
  kOfSetup,  // the matrix in states of setup, moves between them
  kActions,  // state and action only
};

bool IsOfSetup(State state) { return !IsSynchronized(state) || state == State::kTimeWait; }

void AddMatrix(std::span<const uint8_t> cells, Cells which, Keys& keys) {
  for (size_t i = 0; i < Reach::kMatrix; ++i) {
    if (cells[i] == 0) continue;
    const auto state = static_cast<State>(i / kActionCount / kComingCount);
    const auto coming = static_cast<Coming>(i / kActionCount % kComingCount);
    const auto action = static_cast<Action>(i % kActionCount);
    if (which == Cells::kOfSetup && !IsOfSetup(state)) continue;
    std::string key = FileWord(state) + " ";
    if (which != Cells::kActions) key.append(Name(coming)).append(" ");
    const bool judged = coming != Coming::kTimer && coming != Coming::kCall;
    keys.insert(key + (judged ? Short(action) : "happens"));
  }
}

Keys KeysOf(std::span<const uint8_t> cells, Cells which) {
  Keys keys;
  AddMatrix(cells, which, keys);
  for (size_t i = 0; i < Reach::kMoves; ++i) {
    const auto from = static_cast<State>(i / kStateCount);
    const auto to = static_cast<State>(i % kStateCount);
    if (cells[Reach::kMatrix + Reach::kDrops + i] == 0 || from == to) continue;
    if (which == Cells::kAll || (which == Cells::kOfSetup && IsOfSetup(from) && IsOfSetup(to)))
      keys.insert(FileWord(from) + " to " + FileWord(to));
  }
  for (size_t i = 0; which == Cells::kAll && i < Reach::kDrops; ++i)
    if (cells[Reach::kMatrix + i] != 0)
      keys.insert(FileWord(static_cast<State>(i / kDropCount)) + " drops " +
                  Name(static_cast<Drop>(i % kDropCount)));
  return keys;
}

// Chooses and simplifies; what was reached before is not worth a seed.
class Harvest {
 public:
  using KeyFunction = std::function<Keys(const OpInput&)>;
  using PrefixFunction = std::function<std::string(const OpInput&)>;

  Harvest(std::string target, KeyFunction keys, PrefixFunction prefix)
      : target_(std::move(target)), keys_of_(std::move(keys)), prefix_of_(std::move(prefix)) {}

  void Add(const std::vector<OpInput>& walks) {
    for (const OpInput& walk : walks) {
      const Keys fresh = Fresh(keys_of_(walk));
      if (!fresh.empty()) Keep(walk, fresh);
    }
  }
  std::vector<OpInput> Take(std::vector<Seed>& seeds) {
    std::vector<OpInput> inputs;
    for (auto& [input, name] : kept_) {
      seeds.push_back({target_, name, input.Encode()});
      inputs.push_back(input);
    }
    return inputs;
  }

 private:
  Keys Fresh(const Keys& keys) const {
    Keys fresh;
    for (const std::string& key : keys)
      if (reached_.count(key) == 0) fresh.insert(key);
    return fresh;
  }

  void Keep(const OpInput& walk, const Keys& fresh) {
    constexpr int kMostTries = 2000;
    OpInput least = walk;
    least.ops = Shrink(
        walk.ops,
        [&](const Scenario& ops) {
          const Keys keys = keys_of_({walk.head, ops});
          for (const std::string& key : fresh)
            if (keys.count(key) == 0) return false;
          return true;
        },
        kMostTries);
    for (const std::string& key : keys_of_(least)) reached_.insert(key);
    const std::string prefix = prefix_of_(least);
    std::string slug = Slug(*fresh.begin());
    if (slug.compare(0, prefix.size(), prefix) == 0) slug.erase(0, prefix.size());
    std::string name = prefix + slug;
    for (int i = 2; !names_.insert(name).second; ++i)
      name = prefix + slug + "-" + std::to_string(i);
    kept_.push_back({least, name});
  }

  std::string target_;
  KeyFunction keys_of_;
  PrefixFunction prefix_of_;
  Keys reached_, names_;
  std::vector<std::pair<OpInput, std::string>> kept_;
};

Harvest HarvestOf(const char* target, Cells which, PlayedAs played = PlayedAs::kScenario) {
  return Harvest(
      target, [=](const OpInput& input) { return KeysOf(CellsOf(input, played), which); },
      [=](const OpInput& input) { return SeedPrefix(CellsOf(input, played)); });
}

// All words of a script but flags and numbers, and how deep it goes.
Keys WordsOf(const OpInput& input) {
  Keys words{FileWord(DeepestReached(CellsOf(input))) + " script"};
  std::string word;
  for (const char c : Print(input.ops, input.setup()) + "\n") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-') {
      word += c;
    } else if (!word.empty()) {
      if (word.size() > 1 && word.find_first_not_of("FSRPUEW") != std::string::npos)
        words.insert(word);
      word.clear();
    }
  }
  return words;
}

// With expectations, which are no part of a scenario.
constexpr const char* kAccepted = R"(// A passive open, from listen() to accept().
--setup=linux
+0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, 80) = 0
+0   listen(3, 1) = 0
+.1  < B:40001 > 80  S 1000(0) win 65535 <mss 1460,sackOK,ts fresh zero,nop,ws 7>
+0   > B:40001  S. 0 ack 1 win 15928 <...>
 ?   synq 1 acceptq 0  TcpExt.ListenDrops=0
+.01 < B:40001 > 80  . rcv_nxt(0) ack snd_nxt win 65535 <ts fresh fresh>
 ?   synq 0 acceptq 1
+0   accept(3, ..., ...) = 4
 ?   state 4 ESTABLISHED
)";
constexpr const char* kRefused = R"(// Nobody listens there.
+0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0   connect(5, B:80) = 0
 ?   state 5 SYN-SENT
+.1  < to 5  R. 0(0) ack snd_nxt win 0
 ?   state 5 CLOSED
+0   so_error(5) = ECONNREFUSED
)";
constexpr const char* kClosed = R"(// A close from here, and the peer's.
+0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, 80) = 0
+0   listen(3, 1) = 0
+0   < C:40000 > 80  S 7(0) win 65535
+0   < C:40000 > 80  . rcv_nxt(0) ack snd_nxt win 65535
+0   accept(3, ..., ...) = 4
+0   write(4, ..., 10) = 10
+0   close(4) = 0
+.2  < C:40000 > 80  F. rcv_nxt(0) ack snd_nxt win 65535
+60
)";

void AddScripts(std::vector<Seed>& seeds) {
  for (const auto& [name, script] :
       {std::pair<const char*, std::string>{"established-with-expectations", kAccepted},
        {"syn-sent-with-expectations", kRefused},
        {"time-wait-with-answers", kClosed}})
    seeds.push_back({"script", name, {script.begin(), script.end()}});
  Harvest words("script", WordsOf,
                [](const OpInput& input) { return SeedPrefix(CellsOf(input)); });
  words.Add(RandomWalks(2000, 12));
  std::vector<Seed> coded;
  const std::vector<OpInput> inputs = words.Take(coded);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string text = Print(inputs[i].ops, inputs[i].setup());
    seeds.push_back({"script", coded[i].name, {text.begin(), text.end()}});
  }
}

}  // namespace

std::vector<Seed> ScenarioSeeds() {
  std::vector<Seed> seeds;
  Harvest ops = HarvestOf("ops", Cells::kAll);
  Harvest oracle = HarvestOf("oracle", Cells::kOfSetup);
  Harvest burst = HarvestOf("burst", Cells::kActions);
  for (Harvest* const harvest : {&ops, &oracle, &burst}) {
    harvest->Add(StateWalks());
    harvest->Add(MixedWalks(40'000));
    harvest->Add(RandomWalks(4000, 60));
    (void)harvest->Take(seeds);
  }
  Harvest duel = HarvestOf("duel", Cells::kAll, PlayedAs::kDuel);
  duel.Add(DuelWalks(4000));
  (void)duel.Take(seeds);
  AddScripts(seeds);
  return seeds;
}

}  // namespace handfast
