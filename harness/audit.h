// Audit: what must hold of a stack whenever no call is running, recounted from scratch.

#ifndef HARNESS_AUDIT_H_
#define HARNESS_AUDIT_H_

#include <string>
#include <vector>

#include "stack/stack.h"

namespace handfast {

// One sentence for each invariant that is broken, with its number; empty if all hold.
//
//   I-05  each object's timer is armed for the earliest of its deadlines, or not at all
//   I-06  every length and gauge equals a recount
//   I-08  each chunk of text is in exactly one queue, or free
//   I-14  half-open: opened = completed + reset + timed out + unreachable + closed + there
//   I-17  datagrams: received = delivered + dropped, by reason
//   I-21  no queue is longer than its limit
//   I-22  a flow has one owner
//   I-23  a lookup finds that owner
//   I-26  the ready lists hold what is ready, and nothing else
//   I-32  SND.UNA =< resend =< SND.NXT =< what is queued, RCV.NXT =< the right edge
//   I-42  the send MSS lies between its floor and what the path carries
std::vector<std::string> Audit(const Stack& stack);

// All of the above, in one string; "" if all hold.
std::string AuditText(const Stack& stack);

// What must hold when every socket was closed and all time has run out: nothing is left.
std::string AuditEmpty(const Stack& stack);

}  // namespace handfast

#endif  // HARNESS_AUDIT_H_
