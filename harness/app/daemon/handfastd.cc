// handfastd: a host of its own on a TAP or TUN device, whose TCP is this project's.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <string>
#include <variant>

#include "harness/app/daemon/daemon.h"
#include "harness/app/daemon/options.h"
#include "harness/app/daemon/words.h"

namespace {

// No other descriptor is to become standard input or output.
void OpenStandardDescriptors() {
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = dup(fd);
  if (fd >= 0) close(fd);
}

int Refuse(const std::string& why, int status) {
  std::fprintf(stderr, "handfastd: %s\n", why.c_str());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace handfast;
  OpenStandardDescriptors();
  const std::variant<DaemonOptions, Refusal> options = ReadOptions(argc, argv);
  if (const auto* const refusal = std::get_if<Refusal>(&options)) {
    if (refusal->status != 0) return Refuse(refusal->text, refusal->status);
    const bool said =
        std::fputs(refusal->text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return said ? 0 : Refuse("standard output cannot be written", 1);
  }
  try {
    return Daemon(std::get<DaemonOptions>(options)).Run();
  } catch (const Mistake& mistake) {
    return Refuse(mistake.what(), 2);
  } catch (const Failure& failure) {
    return Refuse(failure.what(), 1);
  } catch (const std::bad_alloc&) {
    return Refuse("not enough memory for so many --connections", 1);
  }
}
