// Invariant: a row of the audit of one state. Its functions are asked about each live object
// of their kind, and `whole` in the end about what was counted on the way.

#ifndef HARNESS_AUDIT_STATE_H_
#define HARNESS_AUDIT_STATE_H_

#include <cstdint>
#include <span>

#include "harness/audit/finding.h"
#include "stack/stack.h"

namespace handfast {

enum class Depth : uint8_t { kQuick, kThorough };

// A recount of the live objects.
struct Tally {
  uint32_t listeners = 0;
  uint32_t requests = 0;
  uint32_t connections = 0;
  uint32_t time_waits = 0;
  uint32_t open = 0;         // connections that are not in CLOSED
  uint32_t established = 0;  // ESTABLISHED and CLOSE-WAIT
  uint32_t output = 0;       // in the output list
  uint32_t owned = 0;
  uint32_t in_accept_queue = 0;
  uint32_t ready_sockets = 0;
  uint32_t ready_listeners = 0;
  uint32_t syn_queues = 0;     // what listeners say, added up
  uint32_t accept_queues = 0;  // the same
  uint32_t armed = 0;          // timers
  uint64_t first_tick = TimerLink::kUnarmed;
};

struct Audited {
  const Stack& stack;
  const Tables& t;
  Tally tally;
};

struct Invariant {
  const char* id;
  const char* sentence;
  Depth depth = Depth::kQuick;
  void (*listener)(const Audited&, Slot<Listener>, const Listener&, Report&) = nullptr;
  void (*request)(const Audited&, Slot<Request>, const Request&, Report&) = nullptr;
  void (*connection)(const Audited&, Slot<Connection>, const Connection&, Report&) = nullptr;
  void (*time_wait)(const Audited&, Slot<TimeWait>, const TimeWait&, Report&) = nullptr;
  void (*whole)(const Audited&, Report&) = nullptr;
};

// Calls visit(slot, object) for each object in use.
template <typename T, typename Visit>
void ForEach(const Pool<T>& pool, Visit&& visit) {
  for (uint32_t i = 0; i < pool.high_water(); ++i)
    if (const Slot<T> slot(i); pool.live(slot)) visit(slot, pool[slot]);
}

// How many objects a list leads to. More than the pool holds: it is a circle, or broken.
template <typename T, ListLink T::* kLink>
uint32_t Walk(const Pool<T>& pool, const List<T, kLink>& list) {
  uint32_t length = 0;
  uint32_t prev = kNoIndex;
  for (Slot<T> slot = list.front(); slot; slot = list.Next(pool, slot)) {
    if (!pool.live(slot) || (pool[slot].*kLink).prev != prev) return ~uint32_t{0};
    if (++length > pool.capacity()) break;
    prev = slot.index();
  }
  return length;
}

// The rows, by subject.
std::span<const Invariant> TimerInvariants();
std::span<const Invariant> TableInvariants();
std::span<const Invariant> LawInvariants();
std::span<const Invariant> ConnectionInvariants();

}  // namespace handfast

#endif  // HARNESS_AUDIT_STATE_H_
