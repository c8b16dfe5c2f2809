// Visit: one short conversation, from the first SYN to the end of TIME-WAIT.

#ifndef HARNESS_SIM_VISIT_H_
#define HARNESS_SIM_VISIT_H_

#include <string>

#include "harness/sim/host.h"
#include "stack/base/result.h"

namespace handfast {

inline constexpr Port kVisitPort{7007};  // echo, one of those that no capture decodes

struct VisitResult {
  Errno outcome = Errno::kOk;  // what the visitor was told
  std::string wrong;           // "" while all is right
};

// A host opens a connection to another, says a few words, hears them again, and closes; the
// other follows. Who hears nothing for too long closes, too; if it is the visitor, then with
// kTimedOut. Time passes until nothing of it is left on either.
VisitResult Visit(Lab& lab, size_t visitor, size_t visited);

}  // namespace handfast

#endif  // HARNESS_SIM_VISIT_H_
