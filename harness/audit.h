// Audit: what must hold of a stack whenever no call is running, as numbered invariants.
//
// Each invariant is a row: its number, a sentence, and functions that look for an exception.
// The quick ones look at each live object once, after every step. The thorough ones count
// again from scratch (chains, lists, the flow table, hashes): after every n-th.
//
// What must hold of a step, from before to after, is in harness/step_audit.h.

#ifndef HARNESS_AUDIT_H_
#define HARNESS_AUDIT_H_

#include <span>
#include <string>

#include "harness/audit/finding.h"
#include "harness/audit/state.h"
#include "stack/link/ethernet.h"
#include "stack/stack.h"

namespace handfast {

// With one thorough audit in so many steps, it costs about as much as the quick ones do.
inline constexpr uint32_t kThoroughEvery = 16;

inline Depth DepthOf(uint64_t step) {
  return step % kThoroughEvery == 0 ? Depth::kThorough : Depth::kQuick;
}

// All rows, in the order of their numbers.
std::span<const Invariant> Invariants();

// Every exception that there is. kThorough does all that kQuick does, too.
Findings Audit(const Stack& stack, Depth depth = Depth::kThorough);

// One line for each; "" if all hold.
inline std::string AuditText(const Stack& stack, Depth depth = Depth::kThorough) {
  return Audit(stack, depth).Text();
}

// I-17, of a link: every frame carried a datagram, was ARP, or was dropped for one reason.
std::string AuditText(const Ethernet& link);

// What must hold when every connection was closed and all time has run out: nothing is left
// but listeners.
std::string AuditQuiet(const Stack& stack);

// The same when listeners were closed, too: nothing is left.
std::string AuditEmpty(const Stack& stack);

}  // namespace handfast

#endif  // HARNESS_AUDIT_H_
