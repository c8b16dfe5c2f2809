// Files, as a user names them.

#ifndef HARNESS_APP_FILES_H_
#define HARNESS_APP_FILES_H_

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace handfast {

// No input is longer; what claims to be is none.
inline constexpr size_t kMostOfAFile = 1 << 20;

// All octets of a regular file; or nothing, and why.
inline std::optional<std::string> ReadFile(const std::filesystem::path& path,
                                           std::string& error) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) {
    error = code ? code.message() : "it is no regular file";
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::string octets(kMostOfAFile + 1, '\0');
  file.read(octets.data(), static_cast<std::streamsize>(octets.size()));
  octets.resize(static_cast<size_t>(file.gcount()));
  if (octets.size() <= kMostOfAFile && !file.bad() && file.eof()) return octets;
  error = octets.size() > kMostOfAFile ? "it is longer than 1 MiB" : std::strerror(errno);
  return std::nullopt;
}

}  // namespace handfast

#endif  // HARNESS_APP_FILES_H_
