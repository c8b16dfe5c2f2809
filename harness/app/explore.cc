// handfast explore: every sequence of a few ops, up to a length.

#include "harness/op/explore.h"

#include <unistd.h>

#include <iostream>
#include <memory>

#include "harness/app/commands.h"
#include "harness/json.h"

namespace handfast {
namespace {

struct Arguments {
  std::string alphabet = "all";
  std::string setup = "tiny";
  uint32_t depth = 7;
  bool json = false;
};

void ShowProgress(const Alphabet& alphabet, uint32_t depth, uint64_t done, uint64_t of) {
  if (done % 256 == 0)
    std::cerr << "\r\033[K" << alphabet.name << ": depth " << depth << ", " << done * 100 / of
              << " %" << std::flush;
}

void ShowText(const Alphabet& alphabet, const Explored& explored) {
  std::cout << alphabet.name << ": " << explored.all() << " states, " << explored.steps
            << " steps, " << explored.states.size() - 1 << " deep; new at each depth:";
  for (const uint64_t states : explored.states) std::cout << " " << states;
  std::cout << "\n";
  if (explored.wrong.empty()) return;
  std::cout << "  wrong: " << explored.wrong << "\n  after:\n";
  for (size_t at = 0; at < explored.way.size();) {
    const size_t end = explored.way.find('\n', at);
    std::cout << "    " << explored.way.substr(at, end - at) << "\n";
    at = end + 1;
  }
}

void AddJson(JsonWriter& json, const Alphabet& alphabet, const Explored& explored) {
  json.BeginObject()
      .Field("alphabet", alphabet.name)
      .Field("states", explored.all())
      .Field("steps", explored.steps)
      .Field("depth", explored.states.size() - 1)
      .Field("wrong", explored.wrong)
      .Field("way", explored.way)
      .End();
}

int Run(const Arguments& arguments) {
  ExploreOptions options;
  options.depth = arguments.depth;
  for (uint8_t setup = 0; setup < kSetups; ++setup)
    if (arguments.setup == SetupName(setup)) options.setup = setup;
  bool wrong = false;
  JsonWriter json;
  json.BeginArray();
  for (const Alphabet& alphabet : Alphabets()) {
    if (arguments.alphabet != "all" && arguments.alphabet != alphabet.name) continue;
    const bool terminal = isatty(STDERR_FILENO) != 0;
    if (terminal)
      options.progress = [&](uint32_t depth, uint64_t done, uint64_t of) {
        ShowProgress(alphabet, depth, done, of);
      };
    const Explored explored = Explore(alphabet, options);
    if (terminal) std::cerr << "\r\033[K" << std::flush;
    if (arguments.json)
      AddJson(json, alphabet, explored);
    else
      ShowText(alphabet, explored);
    wrong = wrong || !explored.wrong.empty();
  }
  if (arguments.json)
    std::cout << json.End().text() << "\n";
  else if (!wrong)
    std::cout << "nothing is wrong\n";
  return wrong ? 1 : 0;
}

}  // namespace

void AddExplore(CLI::App& app, Command& chosen) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("explore", "Every sequence of a few ops");
  command.footer(
      "Goes all ways of up to N steps from a beginning, each state once, and audits each; "
      "from\n"
      "each it lets everybody close and time run out, and nothing may be left. What is wrong\n"
      "is shown with a shortest way to it.\n"
      "Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage.");
  std::vector<std::string> alphabets{"all"}, setups;
  for (const Alphabet& alphabet : Alphabets()) alphabets.emplace_back(alphabet.name);
  for (uint8_t setup = 0; setup < kSetups; ++setup) setups.emplace_back(SetupName(setup));
  command.add_option("--alphabet", arguments->alphabet, "What may happen; all unless given")
      ->check(CLI::IsMember(alphabets));
  command.add_option("--setup", arguments->setup, "The stack's config; tiny unless given")
      ->check(CLI::IsMember(setups));
  command.add_option("--depth", arguments->depth, "The longest way; 7 unless given")
      ->check(CLI::Range(0u, 40u))
      ->check(IsDecimal)
      ->option_text("N");
  command.add_flag("--json", arguments->json, "For machines");
  command.callback([arguments, &chosen] { chosen = [arguments] { return Run(*arguments); }; });
}

}  // namespace handfast
