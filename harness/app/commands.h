// The subcommands of the workbench. Each has a file of its own.

#ifndef HARNESS_APP_COMMANDS_H_
#define HARNESS_APP_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace handfast {

// What carries out the subcommand that was chosen. Its value is the exit status: 0 done,
// 1 the thing asked about is not so, 2 wrong usage.
using Command = std::function<int()>;

// Checks of an option's value: what is wrong with it, or "".

// As a variable of a script that was not set.
inline std::string NotEmpty(const std::string& text) {
  return text.empty() ? "has an empty value" : "";
}
// 010 would be 8, +5 and " 5" would pass.
inline std::string IsDecimal(const std::string& text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return digits && (text[0] != '0' || text.size() == 1) ? "" : "must be a decimal number";
}

void AddSimulate(CLI::App& app, Command& chosen);
void AddExplore(CLI::App& app, Command& chosen);
void AddReach(CLI::App& app, Command& chosen);
void AddRepro(CLI::App& app, Command& chosen);
void AddZoo(CLI::App& app, Command& chosen);

}  // namespace handfast

#endif  // HARNESS_APP_COMMANDS_H_
