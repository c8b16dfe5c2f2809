// handfast reach: which states and verdicts inputs of the fuzzers lead to.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "harness/app/commands.h"
#include "harness/app/files.h"
#include "harness/app/reproduction.h"
#include "harness/op/matrix.h"

namespace handfast {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::vector<std::string> inputs;
  std::string html;
  bool json = false;
};

int Complain(const std::string& what) {
  std::cerr << "handfast: " << what << "\n";
  return 2;
}

// Files, and the files of folders, in the order of their names.
std::vector<fs::path> FilesOf(const std::vector<std::string>& inputs) {
  std::vector<fs::path> files;
  for (const std::string& input : inputs) {
    if (!fs::is_directory(input)) {
      files.emplace_back(input);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(input)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int Run(const Arguments& arguments) {
  Matrix matrix;
  size_t played = 0;
  for (const fs::path& path : FilesOf(arguments.inputs)) {
    std::string error;
    const std::optional<std::string> octets = ReadFile(path, error);
    if (!octets) return Complain(path.string() + ": " + error);
    const Loaded loaded = Load(*octets);
    if (!loaded.what) return Complain(path.string() + ": " + loaded.error);
    matrix.Add(CellsToTheEnd(loaded.what->scenario, loaded.what->setup));
    ++played;
  }
  if (played == 0) return Complain("there is no input in what was given");
  if (!arguments.html.empty()) {
    std::ofstream html(arguments.html);
    if (!(html << matrix.Html()).flush()) return Complain("cannot write " + arguments.html);
  }
  const std::vector<std::string> surprises = matrix.Surprises();
  const Matrix::Totals totals = matrix.totals();
  if (arguments.json) {
    std::cout << matrix.Json(played) << "\n";
    return surprises.empty() ? 0 : 1;
  }
  std::cout << matrix.Text() << "\n";
  for (const std::string& surprise : surprises) std::cout << surprise << "\n";
  std::cout << played << " inputs: " << totals.reached << " of " << totals.possible
            << " cells, " << totals.moves << " moves from state to state\n";
  return surprises.empty() ? 0 : 1;
}

}  // namespace

void AddReach(CLI::App& app, Command& chosen) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("reach", "Which states and verdicts inputs lead to");
  command.footer(
      "INPUT is a file as 'handfast repro' takes it, or a folder of such files. All are "
      "played,\n"
      "and the matrix is shown: in which state, what came, what was made of it, how often.\n"
      "Exit status: 0 every cell that there is was reached, 1 one was not, 2 wrong usage.");
  command.add_option("INPUT", arguments->inputs, "Files and folders")
      ->required()
      ->check(CLI::ExistingPath);
  command
      .add_option("--html", arguments->html,
                  "The same as a page, with a reason for each "
                  "empty cell")
      ->check(NotEmpty)
      ->option_text("FILE");
  command.add_flag("--json", arguments->json, "For machines");
  command.callback([arguments, &chosen] { chosen = [arguments] { return Run(*arguments); }; });
}

}  // namespace handfast
