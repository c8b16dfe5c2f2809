// Forgery: a step of a stack as it was not, to see that its audit notices.

#ifndef HARNESS_AUDIT_FORGERY_H_
#define HARNESS_AUDIT_FORGERY_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "harness/step_audit.h"
#include "harness/world.h"
#include "stack/base/check.h"
#include "stack/commit/life.h"

namespace handfast {

// One flow in a state, and a step of it that is forged before it is judged.
struct Forgery {
  explicit Forgery(State state, const OptionList& options = OptionList::Usual(100))
      : scene(state, Configured(), options), tx(32, 1500), audit(stack()) {
    if (state == State::kSynReceived) scene.peer.timestamps = true;
  }

  static Config Configured() {
    Config config = SmallConfig();
    config.policy.on_reset_in_time_wait = OnResetInTimeWait::kEnd;
    return config;
  }
  Stack& stack() { return scene.world.stack(); }
  Tables& t() { return const_cast<Tables&>(stack().tables()); }
  Connection& conn() { return t().connections[scene.socket.slot]; }
  Listener& listening() { return t().listeners[scene.listener.slot]; }
  Request& request() { return t().requests[listening().requests.front()]; }
  TimeWait& time_wait() { return t().time_waits[t().time_wait_order.front()]; }
  Instant now() const { return scene.world.now(); }
  TcpPacket Make(unsigned flags, size_t text = 0) {
    return scene.peer.Make(flags, Text(0, text));
  }

  void Write() { HF_CHECK(bool(stack().Write(now(), scene.socket, Text(0, 10)))); }
  void In(const Datagram& what) {
    datagram = what;
    const Bytes view(datagram);
    Trace trace(records);
    audit.Note(stack());
    tx.Clear();
    HF_CHECK(stack().Input(now(), {&view, 1}, tx, &trace) == 1);
  }
  void In(const TcpPacket& packet) { In(packet.Seal()); }
  void JudgeInput() { audit.OnInput(stack(), datagram, records[0], tx); }

  Trace Expire(Duration wait = {}) {
    audit.Note(stack());
    tx.Clear();
    Trace trace(records);
    stack().Expire(now() + wait, tx, &trace);
    return trace;
  }
  void JudgeExpire(const Trace& trace) { audit.OnExpire(stack(), trace, tx); }

  // One more datagram leaves, or the first one is another.
  void Out(const Datagram& what) {
    std::copy(what.begin(), what.end(), tx.Open(what.size()).begin());
    tx.Close(what.size());
    records[0].tx_count = static_cast<uint32_t>(tx.size());
    t().counters.Add(Counter::kIpOutRequests);
  }
  void Out(const TcpPacket& packet) { Out(packet.Seal()); }
  TcpPacket First() { return PacketOf(*Read(tx[0])); }
  void Instead(const TcpPacket& packet) {
    tx.Clear();
    Out(packet);
    t().counters = Uncounted(t().counters);
  }
  // What our side could say to the peer.
  TcpPacket Ours(unsigned flags, size_t text = 0) {
    TcpPacket packet;
    packet.flow = scene.peer.flow.Reversed();
    packet.seq = scene.peer.ack;
    packet.ack = (flags & kAck) != 0 ? scene.peer.seq : 0;
    packet.flags = flags;
    packet.text = Text(0, text);
    return packet;
  }

  std::string Ids() const { return audit.findings().Ids(); }

  Scene scene;
  OwnedTxBurst tx;
  std::array<TraceRecord, 16> records;
  Datagram datagram;
  StepAudit audit;

 private:
  // One datagram took the place of another.
  static Counters Uncounted(Counters counters) {
    counters.Add(Counter::kIpOutRequests, ~uint64_t{0});
    return counters;
  }
};

// A way to forge a step, and who notices.
struct ForgedStep {
  const char* ids;
  const char* name;
  State state;
  void (*forge)(Forgery&);  // also judges
};

}  // namespace handfast

#endif  // HARNESS_AUDIT_FORGERY_H_
