#include "harness/audit.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "stack/commit/flows.h"
#include "stack/commit/life.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

using Broken = std::vector<std::string>;

void Expect(Broken& broken, const char* id, const std::string& what, uint64_t is,
            uint64_t want) {
  if (is != want)
    broken.push_back(std::string(id) + ": " + what + " is " + std::to_string(is) + ", not " +
                     std::to_string(want));
}

// Calls visit(slot, object) for each object in use.
template <typename T, typename Visit>
void ForEach(const Pool<T>& pool, Visit&& visit) {
  for (uint32_t i = 0; i < pool.high_water(); ++i)
    if (const Slot<T> slot(i); pool.live(slot)) visit(slot, pool[slot]);
}

template <typename T, ListLink T::* kLink>
uint32_t Walk(const Pool<T>& pool, const List<T, kLink>& list) {
  uint32_t length = 0;
  for (Slot<T> slot = list.front(); slot && length <= pool.capacity();
       slot = list.Next(pool, slot))
    ++length;
  return length;
}

std::string Number(const char* noun, uint32_t index) {
  return std::string(noun) + " " + std::to_string(index);
}

void AuditTimers(const Tables& t, Broken& broken) {
  uint32_t armed = t.time_wait_timer.armed() ? 1 : 0;
  ForEach(t.requests, [&](Slot<Request> slot, const Request& req) {
    Expect(broken, "I-05", Number("armed: request", slot.index()), req.timer.armed(), 1);
    ++armed;
  });
  ForEach(t.connections, [&](Slot<Connection> slot, const Connection& conn) {
    const Instant first = Earliest(conn.end_at, Earliest(conn.resend_at, conn.ack_at));
    const uint64_t want =
        first.never() ? TimerLink::kUnarmed : std::max(TickOf(first), t.wheel.cursor());
    Expect(broken, "I-05", Number("deadline of connection", slot.index()), conn.timer.deadline,
           want);
    armed += conn.timer.armed() ? 1 : 0;
    const bool outstanding = conn.snd_nxt != conn.snd_una && conn.state != State::kClosed;
    const bool waiting = conn.send.size > 0;
    const bool silent = conn.state == State::kFinWait2 || conn.state == State::kClosed;
    if (silent && !conn.resend_at.never())
      broken.push_back("I-05: connection " + std::to_string(slot.index()) +
                       " has nothing to repeat, and a timer for it");
    if ((outstanding || waiting) && conn.resend_at.never() && !conn.output.linked())
      broken.push_back("I-05: nothing will send, or repeat, what connection " +
                       std::to_string(slot.index()) + " has to say");
  });
  Expect(broken, "I-05", "armed timers", t.wheel.armed(), armed);
  const Slot<TimeWait> first = t.time_wait_order.front();
  Expect(broken, "I-05", "deadline of the time-waits", t.time_wait_timer.deadline,
         first ? TickOf(t.time_waits[first].expires) : TimerLink::kUnarmed);
}

void AuditListeners(const Tables& t, Broken& broken) {
  std::map<uint32_t, uint32_t> requests, young;
  ForEach(t.requests, [&](Slot<Request>, const Request& req) {
    ++requests[req.listener];
    young[req.listener] += req.timeouts == 0 ? 1 : 0;
  });
  uint32_t queued = 0;
  ForEach(t.listeners, [&](Slot<Listener> slot, const Listener& listener) {
    const uint32_t index = slot.index();
    Expect(broken, "I-06", Number("SYN queue of listener", index), listener.requests.size(),
           requests[index]);
    Expect(broken, "I-06", Number("young requests of listener", index), listener.young,
           young[index]);
    Expect(broken, "I-06", Number("accept queue of listener", index), listener.children.size(),
           Walk(t.connections, listener.children));
    requests.erase(index);
    queued += listener.children.size();
    // A backlog that was lowered binds only what comes later.
    if (listener.requests.size() > uint64_t{t.config.somaxconn} + 1 ||
        listener.children.size() > uint64_t{t.config.somaxconn} + 1)
      broken.push_back("I-21: a queue of listener " + std::to_string(index) + " is too long");
  });
  Expect(broken, "I-06", "requests without a listener", requests.size(), 0);
  uint32_t children = 0;
  ForEach(t.connections, [&](Slot<Connection>, const Connection& conn) {
    children += conn.has(Connection::kInAcceptQueue) ? 1 : 0;
  });
  Expect(broken, "I-06", "connections in accept queues", children, queued);
}

void AuditCounts(const Tables& t, Broken& broken) {
  uint32_t established = 0;
  uint32_t output = 0;
  ForEach(t.connections, [&](Slot<Connection>, const Connection& conn) {
    established += conn.state == State::kEstablished || conn.state == State::kCloseWait ? 1 : 0;
    output += conn.output.linked() ? 1 : 0;
  });
  const Counters& c = t.counters;
  Expect(broken, "I-06", "CurrEstab", c[Counter::kTcpCurrEstab], established);
  Expect(broken, "I-06", "flows with output", t.output.size(), output);
  Expect(broken, "I-06", "time-waits in order", Walk(t.time_waits, t.time_wait_order),
         t.time_waits.used());
  Expect(broken, "I-14", "half-open connections opened", c[Counter::kHandfastRequestsOpened],
         c[Counter::kHandfastRequestsCompleted] + c[Counter::kHandfastRequestsReset] +
             c[Counter::kHandfastRequestsTimedOut] + c[Counter::kHandfastRequestsUnreachable] +
             c[Counter::kHandfastRequestsClosed] + t.requests.used());
  uint64_t dropped = 0;
  for (size_t i = 0; i < kDropCount; ++i) dropped += c[static_cast<Drop>(i)];
  Expect(broken, "I-17", "datagrams received", c[Counter::kIpInReceives],
         c[Counter::kHandfastDelivered] + dropped);
}

void AuditChunks(const Tables& t, Broken& broken) {
  std::set<uint32_t> seen;
  uint64_t found = 0;
  const auto chain = [&](uint32_t index, uint32_t& octets) {
    for (; index != kNoIndex && found <= t.chunks.capacity(); index = t.chunks[index].next) {
      ++found;
      if (!seen.insert(index).second) broken.push_back("I-08: a chunk is in two queues");
      octets += t.chunks[index].size();
    }
  };
  ForEach(t.connections, [&](Slot<Connection> slot, const Connection& conn) {
    for (const ByteQueue* queue : {&conn.send, &conn.receive}) {
      uint32_t octets = 0;
      chain(queue->head, octets);
      Expect(broken, "I-08", Number("octets in a queue of connection", slot.index()), octets,
             queue->size);
    }
    uint32_t beyond = 0;
    const uint64_t before = found;
    chain(conn.beyond, beyond);
    Expect(broken, "I-08", Number("chunks beyond RCV.NXT of connection", slot.index()),
           found - before, conn.beyond_count);
  });
  Expect(broken, "I-08", "chunks in use", t.chunks.used(), found);
}

void AuditFlows(const Tables& t, Broken& broken) {
  using Key = std::tuple<std::array<uint32_t, 4>, std::array<uint32_t, 4>, Port, Port>;
  std::set<Key> flows;
  const auto check = [&](const Flow& flow, uint32_t tag, Ref ref) {
    if (!flows.insert({flow.local.words, flow.peer.words, flow.local_port, flow.peer_port})
             .second)
      broken.push_back("I-22: a flow has two owners");
    Expect(broken, "I-23", "tag of a flow", tag, t.TagOf(flow));
    Expect(broken, "I-23", "owner of a flow", FindFlow(t, tag, flow).raw, ref.raw);
  };
  ForEach(t.requests, [&](Slot<Request> slot, const Request& req) {
    check(req.flow, req.tag, Ref::Of(slot));
  });
  ForEach(t.connections, [&](Slot<Connection> slot, const Connection& conn) {
    const bool open = conn.state != State::kClosed;
    Expect(broken, "I-22", Number("in the flow table: connection", slot.index()),
           conn.has(Connection::kHashed), open);
    if (conn.has(Connection::kHashed)) check(conn.flow, conn.tag, Ref::Of(slot));
  });
  ForEach(t.time_waits, [&](Slot<TimeWait> slot, const TimeWait& tw) {
    check(tw.flow, tw.tag, Ref::Of(slot));
  });
  Expect(broken, "I-22", "flows in the table", t.flows.size(), flows.size());
}

void AuditReady(const Tables& t, Broken& broken) {
  uint32_t ready = 0;
  ForEach(t.connections, [&](Slot<Connection> slot, const Connection& conn) {
    if (!conn.has(Connection::kOwned)) return;
    const bool want = (ReadyBits(conn) & conn.interest) != 0;
    Expect(broken, "I-26", Number("in a ready list: socket", slot.index()), conn.queue.linked(),
           want);
    ready += want ? 1 : 0;
  });
  uint32_t listeners = 0;
  ForEach(t.listeners, [&](Slot<Listener> slot, const Listener& listener) {
    const bool want = (ReadyBits(listener) & listener.interest) != 0;
    Expect(broken, "I-26", Number("in a ready list: listener", slot.index()),
           listener.ready.linked(), want);
    listeners += want ? 1 : 0;
  });
  Expect(broken, "I-26", "ready sockets",
         t.ready_connections[0].size() + t.ready_connections[1].size(), ready);
  Expect(broken, "I-26", "ready listeners",
         t.ready_listeners[0].size() + t.ready_listeners[1].size(), listeners);
}

void AuditSequences(const Tables& t, Broken& broken) {
  ForEach(t.connections, [&](Slot<Connection> slot, const Connection& conn) {
    if (!IsSynchronized(conn.state)) return;
    const std::string which = " of connection " + std::to_string(slot.index());
    const uint32_t sent = conn.snd_nxt - conn.snd_una;
    const uint32_t fin = conn.has(Connection::kFinQueued) ? 1 : 0;
    if (sent > conn.send.size + fin)
      broken.push_back("I-32: SND.NXT" + which + " is beyond what was queued");
    if (conn.resend_nxt - conn.snd_una > sent)
      broken.push_back("I-32: the point of sending" + which + " is beyond SND.NXT");
    const uint64_t most = uint64_t{65535} << conn.rcv_scale;
    if (conn.rcv_wnd() > most) broken.push_back("I-32: the right edge" + which + " is too far");
    const uint32_t mss = SendMss(conn, t.config.policy);
    if (mss < t.config.policy.min_send_mss || mss + 40 > t.config.mtu)
      broken.push_back("I-42: send MSS" + which + " is " + std::to_string(mss));
  });
}

}  // namespace

std::vector<std::string> Audit(const Stack& stack) {
  Broken broken;
  const Tables& t = stack.tables();
  AuditTimers(t, broken);
  AuditListeners(t, broken);
  AuditCounts(t, broken);
  AuditChunks(t, broken);
  AuditFlows(t, broken);
  AuditReady(t, broken);
  AuditSequences(t, broken);
  return broken;
}

std::string AuditText(const Stack& stack) {
  std::string all;
  for (const std::string& sentence : Audit(stack)) all += sentence + "\n";
  return all;
}

std::string AuditEmpty(const Stack& stack) {
  Broken broken = Audit(stack);
  const Tables& t = stack.tables();
  Expect(broken, "I-08", "requests left", t.requests.used(), 0);
  Expect(broken, "I-08", "connections left", t.connections.used(), 0);
  Expect(broken, "I-08", "time-waits left", t.time_waits.used(), 0);
  Expect(broken, "I-08", "chunks left", t.chunks.used(), 0);
  Expect(broken, "I-08", "flows left", t.flows.size(), 0);
  Expect(broken, "I-05", "timers left", t.wheel.armed(), 0);
  std::string all;
  for (const std::string& sentence : broken) all += sentence + "\n";
  return all;
}

}  // namespace handfast
