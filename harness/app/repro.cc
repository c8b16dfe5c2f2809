// handfast repro: an input of the fuzzers, or a script, as a story, a ladder, a capture and a
// test.

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>

#include "harness/app/commands.h"
#include "harness/app/files.h"
#include "harness/app/reproduction.h"

namespace handfast {
namespace {

struct Arguments {
  std::string input, pcap, name = "Named";
  bool whole = false, ascii = false;
};

int Complain(const std::string& what, int status) {
  std::cerr << "handfast: " << what << "\n";
  return status;
}

void Show(const Case& what, const Outcome& outcome, const Arguments& arguments) {
  const auto style = arguments.ascii ? LadderStyle::kAscii : LadderStyle::kUnicode;
  std::cout << "== the story\n" << StoryOf(what, outcome);
  if (const std::string ladders = LaddersOf(what, outcome, style); !ladders.empty())
    std::cout << "\n== as our stack saw it\n" << ladders;
  if (!outcome.wrong.empty())
    std::cout << "\n== a test for tests/regress_test.cc\n" << TestOf(what, arguments.name);
}

// False, and it was told, if there is no such file.
bool Open(const std::string& path, std::ofstream& capture) {
  errno = 0;
  capture.open(path, std::ios::binary);
  if (capture) return true;
  Complain("--pcap " + path + ": the file cannot be written: " + std::strerror(errno), 2);
  return false;
}

int Run(const Arguments& arguments) {
  std::string error;
  const std::optional<std::string> octets = ReadFile(arguments.input, error);
  if (!octets) return Complain(arguments.input + ": " + error, 2);
  const Loaded loaded = Load(*octets);
  if (!loaded.what) return Complain(arguments.input + ": " + loaded.error, 2);
  std::ofstream capture;
  if (!arguments.pcap.empty() && !Open(arguments.pcap, capture)) return 2;
  Case what = *loaded.what;
  Outcome outcome = OutcomeOf(what);
  const size_t ops = what.scenario.size();
  if (outcome.wrong.empty()) {
    std::cout << "nothing is wrong with these " << ops
              << " ops, by all invariants and the model\n\n";
  } else {
    if (!arguments.whole) {
      what = Minimised(what, outcome);
      outcome = OutcomeOf(what);
    }
    std::cout << "wrong: " << outcome.wrong << "\n"
              << what.scenario.size() << " ops of " << ops << "\n\n";
  }
  Show(what, outcome, arguments);
  if (!arguments.pcap.empty()) {
    error = Capture(what, outcome, capture);
    if (!error.empty()) return Complain("--pcap " + arguments.pcap + ": " + error, 1);
  }
  return outcome.wrong.empty() ? 0 : 1;
}

std::string IsName(const std::string& value) {
  const auto letter = [](unsigned char c) { return std::isalnum(c) != 0; };
  const bool name = !value.empty() && std::isalpha(static_cast<unsigned char>(value[0])) != 0 &&
                    std::all_of(value.begin(), value.end(), letter);
  return name ? "" : "a name is letters and digits, a letter first";
}

}  // namespace

void AddRepro(CLI::App& app, Command& chosen) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("repro", "What a fuzzer found, to work with");
  command.footer(
      "INPUT is an input of the fuzz targets ops or oracle, or a script. It is played with "
      "all\n"
      "invariants and beside the model of connection setup. What is wrong is minimised, and\n"
      "shown as a story in script form, as ladders and as a test. Other targets claim other\n"
      "things: build/release/fuzz/TARGET_fuzz INPUT looks.\n"
      "Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage.");
  command.add_option("INPUT", arguments->input, "The file")->required();
  command.add_option("--pcap", arguments->pcap, "Write what our stack saw, for Wireshark")
      ->check(NotEmpty)
      ->option_text("FILE");
  command.add_option("--name", arguments->name, "The test's name: words, as ANullWindowStays")
      ->check(IsName)
      ->option_text("NAME");
  command.add_flag("--whole", arguments->whole, "Do not minimise it");
  command.add_flag("--ascii", arguments->ascii, "Draw ladders with ASCII only");
  command.callback([arguments, &chosen] { chosen = [arguments] { return Run(*arguments); }; });
}

}  // namespace handfast
