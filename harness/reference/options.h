// The reference for TCP options: a walker and a reader, written from RFC 9293 §3.1, RFC 7323,
// RFC 2018, RFC 2385 and RFC 7413, that share nothing with stack/wire/options.h.

#ifndef HARNESS_REFERENCE_OPTIONS_H_
#define HARNESS_REFERENCE_OPTIONS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "stack/wire/options.h"

namespace handfast::reference {

using List = std::vector<uint8_t>;

// What RFC 9293 §3.1 makes of a list: options in order, up to the end or to a fault.
struct Walk {
  std::vector<std::pair<int, List>> options;
  bool malformed = false;
  friend bool operator==(const Walk&, const Walk&) = default;
};

Walk WalkOptions(const List& list);

// Each kind's last legal option, as text; Fast Open's even illegal lengths take back what
// stood before (Linux: tcp_parse_fastopen_option), odd ones say nothing.
std::string Meaning(const Walk& walk);

// What the stack learned, in the same words.
std::string Meaning(const Options& options);

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_OPTIONS_H_
