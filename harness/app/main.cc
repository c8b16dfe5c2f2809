// handfast: the workbench.

#include <iostream>

#include "harness/app/commands.h"
#include "harness/app/version.h"

namespace {

// The help that says what is allowed here.
std::string Advice(const CLI::App& app) {
  std::string name = "handfast";
  for (const CLI::App* const command : app.get_subcommands()) name += " " + command->get_name();
  return "see '" + name + " --help'\n";
}

// What was said counts only once it is out.
int Finish(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "handfast: standard output cannot be written\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A laboratory for TCP connection setup.", "handfast");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "handfast " + std::string(handfast::kVersion));
  app.footer(
      "'handfast SUBCOMMAND --help' says more.\n"
      "Exit status: 0 done, 1 the thing asked about is not so, 2 wrong usage.");
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return "handfast: " + std::string(error.what()) + "\n" + Advice(*failed);
  });
  handfast::Command chosen;
  handfast::AddSimulate(app, chosen);
  handfast::AddExplore(app, chosen);
  handfast::AddReach(app, chosen);
  handfast::AddRepro(app, chosen);
  handfast::AddZoo(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Finish(app.exit(error) == 0 ? 0 : 2);  // 0: it was a call for help
  }
  if (!chosen) {
    std::cerr << "handfast: a subcommand is missing\n" << Advice(app);
    return 2;
  }
  return Finish(chosen());
}
