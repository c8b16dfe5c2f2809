// Step: all that is known of one step of a stack. StepInvariant: a row of its audit.

#ifndef HARNESS_AUDIT_STEP_H_
#define HARNESS_AUDIT_STEP_H_

#include <cstdint>
#include <optional>
#include <span>

#include "harness/audit/finding.h"
#include "harness/audit/note.h"
#include "harness/audit/reading.h"
#include "harness/audit/state.h"
#include "stack/stack.h"
#include "stack/trace.h"
#include "stack/tx.h"

namespace handfast {

// How a call was answered, and whose it was: of a socket, of a listener, or of neither.
struct Answered {
  Errno error = Errno::kOk;
  std::optional<SocketId> socket;
  std::optional<ListenerId> listener;
};

struct Step {
  enum class Kind : uint8_t { kInput, kExpire, kCall };

  Kind kind;
  const StackNote& note;
  const Tables& before;
  const Stack& stack;
  const Tables& after;
  std::span<const TraceRecord> records;
  std::span<const Reading> out;
  const TxBurst* burst = nullptr;

  Reading in;                      // of kInput
  Ref owner_before;                // of the flow of `in`
  Ref owner_after;                 //
  const Answered* call = nullptr;  // of kCall

  Step(Kind k, const StackNote& n, const Stack& s)
      : kind(k), note(n), before(n.tables()), stack(s), after(s.tables()) {}

  // Of kInput.
  const TraceRecord& record() const { return records[0]; }
  Action action() const { return record().verdict.action; }
  bool is_segment() const { return in.tcp && record().verdict.drop != Drop::kTcpOptions; }
  // Who it was for, before and after; nullptr: not of this kind.
  const Request* request_before() const { return At(before, before.requests, owner_before); }
  const Request* request_after() const { return At(after, after.requests, owner_after); }
  const Connection* conn_before() const { return At(before, before.connections, owner_before); }
  const Connection* conn_after() const { return At(after, after.connections, owner_after); }
  const TimeWait* time_wait_before() const {
    return At(before, before.time_waits, owner_before);
  }
  // Did its connection have something to say before?
  bool pending() const {
    const Connection* const conn = conn_before();
    return conn != nullptr && conn->output.linked();
  }

 private:
  template <typename T>
  static const T* At(const Tables&, const Pool<T>& pool, Ref ref) {
    const Slot<T> slot(ref.index());
    return ref.raw != 0 && Ref::Of(slot).raw == ref.raw ? &pool[slot] : nullptr;
  }
};

struct StepInvariant {
  const char* id;
  const char* sentence;
  void (*input)(const Step&, Report&) = nullptr;
  void (*expire)(const Step&, Report&) = nullptr;
  void (*call)(const Step&, Report&) = nullptr;
  // For each segment that left, with the record of why.
  void (*output)(const Step&, const TraceRecord&, const Reading&, Report&) = nullptr;
  // For each connection that changed in any step; the second is nullptr if it is gone.
  void (*connection)(const Step&, Slot<Connection>, const Connection&, const Connection*,
                     Report&) = nullptr;
};

// The rows, by subject.
std::span<const StepInvariant> InputInvariants();
std::span<const StepInvariant> VerdictInvariants();
std::span<const StepInvariant> OutputInvariants();
std::span<const StepInvariant> ChangeInvariants();
std::span<const StepInvariant> CallInvariants();

// A change of a connection that says nothing of itself: its place in lists and in the wheel.
inline Connection WithoutLinks(const Connection& conn) {
  Connection copy = conn;
  copy.head = {};
  copy.timer = {};
  copy.output = copy.queue = copy.bind = {};
  return copy;
}

inline bool SameBytes(const Connection& a, const Connection& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace handfast

#endif  // HARNESS_AUDIT_STEP_H_
