#include "harness/tap/os_rng.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace handfast {

void OsRng::Fill(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno != EINTR) std::abort();
    if (count > 0) out = out.subspan(static_cast<size_t>(count));
  }
}

}  // namespace handfast
