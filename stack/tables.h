// Tables: all state of a stack, as plain data in one block of memory.
//
//     Tables │ listeners │ requests │ connections │ time-waits │ flow table │ ports │ chunks
//
// Nothing in it is a pointer: objects refer to one another by slot, and arrays are found
// by their distance from the Tables that own them. A copy of the block is a copy of the
// stack. stack/commit writes it; others read.

#ifndef STACK_TABLES_H_
#define STACK_TABLES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/base/near.h"
#include "stack/base/time.h"
#include "stack/config.h"
#include "stack/counters.h"
#include "stack/secret/keys.h"
#include "stack/sock/connection.h"
#include "stack/sock/listener.h"
#include "stack/sock/request.h"
#include "stack/sock/time_wait.h"
#include "stack/table/ehash.h"
#include "stack/table/list.h"
#include "stack/table/pool.h"
#include "stack/table/wheel.h"
#include "stack/trace.h"
#include "stack/transfer/chunks.h"

namespace handfast {

// A flow's owner: which pool, which slot. Also the id of its timer. Never 0.
struct Ref {
  static constexpr uint32_t kSlotBits = 30;
  uint32_t raw = 0;

  static constexpr Ref Of(Slot<Request> slot) { return {1u << kSlotBits | slot.index()}; }
  static constexpr Ref Of(Slot<Connection> slot) { return {2u << kSlotBits | slot.index()}; }
  static constexpr Ref Of(Slot<TimeWait> slot) { return {3u << kSlotBits | slot.index()}; }

  constexpr Owner owner() const {
    constexpr Owner kOwners[] = {Owner::kNobody, Owner::kRequest, Owner::kConnection,
                                 Owner::kTimeWait};
    return kOwners[raw >> kSlotBits];
  }
  constexpr uint32_t index() const { return raw & ((1u << kSlotBits) - 1); }
};

// All time-waits share one timer, armed for the first of them to leave.
inline constexpr uint32_t kTimeWaitTimer = 3u << Ref::kSlotBits;

using OutputList = List<Connection, &Connection::output>;
using ReadyConnections = List<Connection, &Connection::queue>;
using ReadyListeners = List<Listener, &Listener::ready>;
using TimeWaitList = List<TimeWait, &TimeWait::order>;

// Whoever holds a port of this bucket by bind() or listen().
struct PortBucket {
  uint32_t listeners = 0;  // slot + 1 of the first; chained by Listener::chain
  List<Connection, &Connection::bind> bound;
};

struct Tables {
  Tables(const Config& c, const Secrets& secrets) : config(c), keys(secrets) {}

  Config config;
  Keys keys;
  Instant now;  // the latest that was given
  Counters counters;

  Pool<Listener> listeners;
  Pool<Request> requests;
  Pool<Connection> connections;
  Pool<TimeWait> time_waits;
  ChunkPool chunks;
  Ehash flows;
  Near<PortBucket> ports;
  Wheel wheel;
  TimerLink time_wait_timer;

  OutputList output;             // flows with something to send
  TimeWaitList time_wait_order;  // the first to leave is in front
  // What is ready: one list holds what this round has not told yet, the other the rest.
  std::array<ReadyListeners, 2> ready_listeners;
  std::array<ReadyConnections, 2> ready_connections;
  uint32_t ready_round = 0;  // which of the two this round takes from
  uint32_t port_draws = 0;   // numbers used up by ephemeral ports

  PortBucket& BucketOf(Port port) {
    return ports[static_cast<uint16_t>(port) & (ports.size() - 1)];
  }
  const PortBucket& BucketOf(Port port) const {
    return const_cast<Tables*>(this)->BucketOf(port);
  }
  uint32_t TagOf(const Flow& flow) const {
    return static_cast<uint32_t>(HashFlow<SipHash13>(keys.flow_table, flow));
  }
  uint32_t AdvertisedMss() const { return config.mtu - 40; }
};

// How the wheel finds the links of a timer's id.
struct TimerNodes {
  Tables& t;
  TimerLink& operator()(uint32_t id) const {
    const Ref ref{id};
    if (ref.owner() == Owner::kRequest) return t.requests[Slot<Request>(ref.index())].timer;
    if (ref.owner() == Owner::kConnection)
      return t.connections[Slot<Connection>(ref.index())].timer;
    return t.time_wait_timer;
  }
};

inline constexpr size_t kTablesAlignment = 64;

// Gives the arrays of new tables their places. REQUIRES: `t` stands at the start of `block`,
// which is aligned to kTablesAlignment, zeroed behind `t`, and config.Bytes() long.
void PlaceArrays(Tables& t, std::span<std::byte> block);

}  // namespace handfast

#endif  // STACK_TABLES_H_
