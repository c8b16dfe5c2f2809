// Reproduction: whatever happened, as something that a person can work with.

#ifndef HARNESS_APP_REPRODUCTION_H_
#define HARNESS_APP_REPRODUCTION_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "harness/op/op.h"

namespace handfast {

struct Case {
  uint8_t setup = 0;
  Scenario scenario;
};

// The case that a file holds: a script (harness/op/README.md), or else an input of the fuzz
// targets ops and oracle. A script with a mistake is none, and the mistake is told.
struct Loaded {
  std::optional<Case> what;
  std::string error;
};
Loaded Load(std::string_view octets);

// How a case ends.
struct Outcome {
  std::string wrong;  // an invariant, an octet, a difference to the model; "" if nothing is
  bool dies = false;  // the process does: a check of the core's, or a sanitizer's
  size_t done = 0;    // ops before the one at which it dies
};
// Plays a case and says what is wrong, or "". Tells of each op that is done.
using Check = std::function<std::string(const Case&, const std::function<void()>& done)>;
// The one that counts: with all audits, beside the model of connection setup.
std::string WrongOfCase(const Case& what, const std::function<void()>& done);

// Plays it, to its end; in a process of its own.
Outcome OutcomeOf(const Case& what, const Check& check = WrongOfCase);

// The simplest case that ends in the same way: by the same invariant, if it was one.
Case Minimised(const Case& what, const Outcome& outcome, const Check& check = WrongOfCase);

// All that came of each op, as a script with comments.
std::string StoryOf(const Case& what, const Outcome& outcome);

// How our stack saw it: every conversation as a ladder.
enum class LadderStyle : uint8_t { kUnicode, kAscii };
std::string LaddersOf(const Case& what, const Outcome& outcome, LadderStyle style);

// The same as pcapng, with a comment on each datagram. The error if it cannot be written.
std::string Capture(const Case& what, const Outcome& outcome, std::ostream& out);

// A test that fails as long as something is wrong, ready for tests/regress_test.cc.
std::string TestOf(const Case& what, std::string_view name);

}  // namespace handfast

#endif  // HARNESS_APP_REPRODUCTION_H_
