// StepAudit: what must hold of a step of a stack, from before to after, given what came in,
// what went out and what was answered. The numbers are those of harness/audit.h; what must
// hold between steps is there.
//
//     audit.Note(stack);                                    before each of these:
//     stack.Input(now, {&datagram, 1}, tx, &trace);
//     audit.OnInput(stack, datagram, trace.records()[0], tx);
//
// A StepAudit is a value: copied beside its stack, it goes on as the original does. It keeps
// no more of the past than some invariants need: text that was sent and not acknowledged,
// and what was sent to whom before they proved that they are there.

#ifndef HARNESS_STEP_AUDIT_H_
#define HARNESS_STEP_AUDIT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "harness/audit/history.h"
#include "harness/audit/note.h"
#include "harness/audit/step.h"
#include "stack/stack.h"
#include "stack/trace.h"
#include "stack/tx.h"

namespace handfast {

// All rows, in the order of their numbers.
std::span<const StepInvariant> StepInvariants();

class StepAudit {
 public:
  explicit StepAudit(const Stack& stack) { Restart(stack); }

  // A step begins: all of the stack but its text is copied. Time may be set, and the stack be
  // asked what it likes, between this and what follows; nothing else.
  void Note(const Stack& stack) { before_.Take(stack); }

  // The step was: Input of one datagram, into an empty burst.
  void OnInput(const Stack& stack, Bytes datagram, const TraceRecord& record,
               const TxBurst& out);
  // Expire, into an empty burst. The trace is whole, or its records are not looked at.
  void OnExpire(const Stack& stack, const Trace& trace, const TxBurst& out);
  // A call; also SetInterest and NextEvent, but not Rekey.
  void OnCall(const Stack& stack, const Answered& call);

  // The stack is another one from now on: restored, or new.
  void Restart(const Stack& stack);

  // All exceptions so far.
  const Findings& findings() const { return findings_; }
  void Clear() { findings_.Clear(); }

 private:
  void Look(const Step& step);

  StackNote before_;
  SentText sent_;
  Ledger ledger_;
  Findings findings_;
};

}  // namespace handfast

#endif  // HARNESS_STEP_AUDIT_H_
