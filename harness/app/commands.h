// The subcommands of the workbench. Each has a file of its own.

#ifndef HARNESS_APP_COMMANDS_H_
#define HARNESS_APP_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace handfast {

// What carries out the subcommand that was chosen. Its value is the exit status: 0 done,
// 1 the thing asked about is not so, 2 wrong usage.
using Command = std::function<int()>;

void AddSimulate(CLI::App& app, Command& chosen);
void AddExplore(CLI::App& app, Command& chosen);
void AddReach(CLI::App& app, Command& chosen);
void AddRepro(CLI::App& app, Command& chosen);

}  // namespace handfast

#endif  // HARNESS_APP_COMMANDS_H_
