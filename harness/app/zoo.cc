// handfast zoo: which oracle finds which historical bug. Building stacks with bugs is a matter
// of compilers and patches, so ci/zoo of the source tree does it.

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "harness/app/commands.h"

namespace handfast {
namespace {

struct Arguments {
  std::vector<std::string> bugs;
  std::string seconds = "60";
  std::string baseline;
  std::string seed = "1";
  bool list = false;
  bool verbose = false;
  bool json = false;
};

// ci/zoo of the tree that this program was built in, or "".
std::string ScriptNear(const std::filesystem::path& program) {
  for (auto folder = program.parent_path(); folder != folder.parent_path();
       folder = folder.parent_path())
    if (const auto script = folder / "ci" / "zoo"; std::filesystem::exists(script))
      return script;
  return "";
}

int Run(const Arguments& arguments) {
  std::error_code error;
  const std::string script = ScriptNear(std::filesystem::read_symlink("/proc/self/exe", error));
  if (script.empty()) {
    std::cerr << "handfast: the zoo needs the source tree, and ci/zoo is in no folder above "
                 "this program\n";
    return 1;
  }
  std::vector<std::string> words = {script, "--seconds", arguments.seconds, "--seed",
                                    arguments.seed};
  if (!arguments.baseline.empty())
    words.insert(words.end(), {"--baseline", arguments.baseline});
  if (arguments.list) words.emplace_back("--list");
  if (arguments.verbose) words.emplace_back("--verbose");
  if (arguments.json) words.emplace_back("--json");
  words.insert(words.end(), arguments.bugs.begin(), arguments.bugs.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(script.c_str(), pointers.data());
  std::cerr << "handfast: cannot run " << script << ": " << std::strerror(errno) << "\n";
  return 1;
}

}  // namespace

void AddZoo(CLI::App& app, Command& chosen) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("zoo", "Which oracle finds which historical bug");
  command.footer(
      "Each bug is a patch of tests/zoo. ci/zoo, which this runs, builds the stack with it,\n"
      "apart, and hunts it on one core; beside it stands what octets at random have found\n"
      "under the same oracles. A bug is added by adding its patch.\n"
      "Exit status: 0 each bug was found, 1 one was not, 2 wrong usage.");
  command.add_option("bugs", arguments->bugs, "Their names; all unless given")
      ->option_text("BUG...");
  command.add_option("--seconds", arguments->seconds, "For each bug; 60 unless given")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
  command
      .add_option("--baseline", arguments->baseline, "The same for octets at random; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
  command.add_option("--seed", arguments->seed, "Of the hunt; 1 unless given")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
  command.add_flag("--list", arguments->list, "What is in the zoo");
  command.add_flag("--verbose", arguments->verbose, "What was noticed, in words");
  command.add_flag("--json", arguments->json, "For machines");
  command.callback([arguments, &chosen] { chosen = [arguments] { return Run(*arguments); }; });
}

}  // namespace handfast
