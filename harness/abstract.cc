#include "harness/abstract.h"

#include <algorithm>

#include "stack/commit/flows.h"

namespace handfast {
namespace {

// FNV-1a over words: what is hashed is small, and nobody attacks it.
class Mixer {
 public:
  template <typename... T>
  Mixer& operator()(T... values) {
    ((hash_ = (hash_ ^ static_cast<uint64_t>(values)) * 0x100'0000'01b3, hash_ ^= hash_ >> 29),
     ...);
    return *this;
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
};

constexpr Duration kLongAgo = 1h;

class Abstraction {
 public:
  explicit Abstraction(const Tables& t) : t_(t) {}

  uint64_t Of(const Flow& flow) const {
    return Mixer()(flow.local.words[3], flow.peer.words[3], flow.local_port, flow.peer_port)
        .hash();
  }

  uint64_t Of(const Request& req) const {
    return Mixer()(Of(req.flow), 1, req.timer.deadline - NowTick(), Ago(req.synack_at),
                   req.answered_ms, req.peer_mss, req.window, req.scales, req.negotiated.bits,
                   req.timeouts, req.retransmits, req.acked, req.tos)
        .hash();
  }

  uint64_t Of(const Connection& conn) const {
    Mixer mix;
    mix(conn.state == State::kClosed ? 0 : Of(conn.flow), 2, conn.state, conn.negotiated.bits,
        conn.snd_scale, conn.rcv_scale, conn.flags, conn.error, conn.soft_error, conn.interest);
    mix(conn.snd_una - conn.iss, conn.snd_nxt - conn.iss, conn.resend_nxt - conn.iss,
        conn.snd_wl1 - conn.irs, conn.snd_wnd, conn.snd_wnd_max, conn.rcv_nxt - conn.irs,
        conn.rcv_adv - conn.irs, conn.ack_sent - conn.irs);
    mix(conn.peer_mss, conn.path_mtu, conn.path_mtu_hint, conn.backoff, conn.dup_acks,
        conn.cwnd, conn.ssthresh, conn.cwnd_acked, conn.srtt_us, conn.rttvar_us, conn.rto_us);
    mix(Until(conn.resend_at), Until(conn.ack_at), Until(conn.end_at), Ago(conn.answered_at));
    if (conn.has(Connection::kInRecovery)) mix(conn.recover - conn.iss);
    if (conn.snd_nxt != conn.snd_una) mix(Ago(conn.progress_at));
    if (!conn.rtt_at.never()) mix(conn.rtt_seq - conn.iss, Ago(conn.rtt_at));
    if (conn.has(Connection::kFinKnown)) mix(conn.fin_seq - conn.irs);
    mix(conn.send.size, conn.receive.size, conn.beyond_count, conn.options.linger,
        conn.options.receive_buffer, conn.options.send_buffer, conn.options.user_timeout_ms);
    for (uint32_t i = conn.beyond; i != kNoIndex; i = t_.chunks[i].next)
      mix(t_.chunks[i].seq - conn.irs, t_.chunks[i].size());
    return mix.hash();
  }

  uint64_t Of(const TimeWait& tw) const {
    return Mixer()(Of(tw.flow), 3, Until(tw.expires), Ago(tw.answered_at), tw.negotiated.bits)
        .hash();
  }

  uint64_t Of(const Listener& listener) const {
    Mixer mix;
    mix(listener.addr.words[3], listener.port, listener.interest, listener.backlog,
        listener.young);
    for (auto s = listener.requests.front(); s; s = SynQueue::Next(t_.requests, s))
      mix(Of(t_.requests[s].flow));
    for (auto s = listener.children.front(); s; s = AcceptQueue::Next(t_.connections, s))
      mix(Of(t_.connections[s].flow));
    return mix.hash();
  }

  uint64_t OfAll() const {
    Mixer mix;
    mix(Sum(t_.listeners), Sum(t_.requests), Sum(t_.connections), Sum(t_.time_waits),
        t_.chunks.used());
    for (auto s = t_.time_wait_order.front(); s; s = TimeWaitList::Next(t_.time_waits, s))
      mix(Of(t_.time_waits[s].flow));
    for (auto s = t_.output.front(); s; s = OutputList::Next(t_.connections, s))
      mix(Of(t_.connections[s].flow));
    for (uint32_t i = 0; i < 2; ++i) {
      const auto& ready = t_.ready_connections[(t_.ready_round + i) & 1];
      for (auto s = ready.front(); s; s = ReadyConnections::Next(t_.connections, s))
        mix(Of(t_.connections[s].flow));
      mix(t_.ready_listeners[(t_.ready_round + i) & 1].size());
    }
    return mix.hash();
  }

 private:
  // Objects have no order of their own.
  template <typename T>
  uint64_t Sum(const Pool<T>& pool) const {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < pool.high_water(); ++i)
      if (const Slot<T> slot(i); pool.live(slot)) sum += Of(pool[slot]);
    return sum;
  }

  uint64_t NowTick() const { return t_.now.ms(); }
  int64_t Until(Instant at) const { return at.never() ? -1 : (at - t_.now).count(); }
  int64_t Ago(Instant at) const {
    if (at.never() || at > t_.now) return -1;
    return std::min(t_.now - at, kLongAgo).count();
  }

  const Tables& t_;
};

}  // namespace

uint64_t AbstractHash(const Stack& stack) { return Abstraction(stack.tables()).OfAll(); }

uint64_t AbstractHash(const Stack& stack, const Flow& flow) {
  const Tables& t = stack.tables();
  const Abstraction abstraction(t);
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  if (ref.owner() == Owner::kRequest)
    return abstraction.Of(t.requests[Slot<Request>(ref.index())]);
  if (ref.owner() == Owner::kConnection)
    return abstraction.Of(t.connections[Slot<Connection>(ref.index())]);
  if (ref.owner() == Owner::kTimeWait)
    return abstraction.Of(t.time_waits[Slot<TimeWait>(ref.index())]);
  return 0;
}

}  // namespace handfast
