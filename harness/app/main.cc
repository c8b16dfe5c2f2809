// handfast: the workbench.

#include <iostream>

#include "harness/app/commands.h"

int main(int argc, char** argv) {
  CLI::App app("A laboratory for TCP connection setup.", "handfast");
  app.require_subcommand(0, 1);
  app.footer(
      "'handfast SUBCOMMAND --help' says more.\n"
      "Exit status: 0 done, 1 the thing asked about is not so, 2 wrong usage.");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return "handfast: " + std::string(error.what()) + "\nsee 'handfast --help'\n";
  });
  handfast::Command chosen;
  handfast::AddSimulate(app, chosen);
  handfast::AddExplore(app, chosen);
  handfast::AddReach(app, chosen);
  handfast::AddRepro(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // 0: it was a call for help
  }
  if (!chosen) {
    std::cerr << "handfast: a subcommand is missing\nsee 'handfast --help'\n";
    return 2;
  }
  const int status = chosen();
  if (!std::cout.flush()) {
    std::cerr << "handfast: standard output cannot be written\n";
    return 1;
  }
  return status;
}
