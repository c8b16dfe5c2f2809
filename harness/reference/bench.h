// Bench: the stack's own objects with the numbers of a reference TCB, brought before the judge
// of its state. So one question can be put to both.

#ifndef HARNESS_REFERENCE_BENCH_H_
#define HARNESS_REFERENCE_BENCH_H_

#include <array>

#include "harness/reference/segment_arrives.h"
#include "stack/arrive/closed.h"
#include "stack/arrive/listen.h"
#include "stack/arrive/syn_received.h"
#include "stack/arrive/syn_sent.h"
#include "stack/arrive/synchronized.h"
#include "stack/arrive/time_wait.h"

namespace handfast::reference {

// When the judge is asked.
inline constexpr Instant kNow(uint64_t{100} * 24 * 3600 * 1'000'000'000);

// A listener with queues of one place each.
struct Queues {
  explicit Queues(const Tcb& tcb) {
    requests.Place(request);
    connections.Place(connection);
    if (tcb.syn_queue_full) listener.requests.PushBack(requests, requests.Take());
    if (tcb.accept_queue_full) listener.children.PushBack(connections, connections.Take());
  }
  std::array<Request, 1> request{};
  std::array<Connection, 1> connection{};
  Pool<Request> requests;
  Pool<Connection> connections;
  Listener listener;
};

// What the stack keeps of a flow, with the numbers of a TCB.
class Bench {
 public:
  explicit Bench(const Tcb& tcb) : tcb_(tcb), queues_(tcb) {
    Negotiated negotiated;
    if (tcb.snd_ts_ok) negotiated.Set(Negotiated::kTimestamps);
    FillRequest(negotiated);
    FillConnection(negotiated);
    time_wait_.snd_nxt = Seq(OnWire(tcb.snd_nxt));
    time_wait_.rcv_nxt = Seq(OnWire(tcb.rcv_nxt));
    time_wait_.ts_recent = OnWire(tcb.ts_recent);
    time_wait_.negotiated = negotiated;
  }

  Verdict Judge(const Segment& seg, const Policy& policy) const {
    const bool request = tcb_.state == State::kSynReceived && tcb_.opened == Opened::kPassively;
    if (tcb_.state == State::kClosed) return JudgeClosed(seg);
    if (tcb_.state == State::kListen)
      return JudgeListen(seg, queues_.listener, SynFrom::kNobody);
    if (tcb_.state == State::kSynSent) return JudgeSynSent(conn_, seg, OnWire(tcb_.last_tsval));
    if (tcb_.state == State::kTimeWait)
      return JudgeTimeWait(time_wait_, seg,
                           tcb_.somebody_listens ? Reopen::kPossible : Reopen::kNobodyListens,
                           policy);
    if (!request) return JudgeSynchronized(conn_, seg, kNow, policy);
    return JudgeSynReceived(
        request_, seg, tcb_.accept_queue_full ? AcceptRoom::kFull : AcceptRoom::kRoom, policy);
  }

 private:
  void FillRequest(Negotiated negotiated) {
    request_.iss = Seq(OnWire(tcb_.iss));
    request_.irs = Seq(OnWire(tcb_.irs));
    request_.window = static_cast<uint16_t>(tcb_.rcv_wnd);
    request_.negotiated = negotiated;
    request_.ts_recent = OnWire(tcb_.ts_recent);
    request_.tsval_first = OnWire(tcb_.first_tsval);
    request_.tsval_last = OnWire(tcb_.last_tsval);
  }

  void FillConnection(Negotiated negotiated) {
    conn_.state = tcb_.state;
    conn_.iss = Seq(OnWire(tcb_.iss));
    conn_.irs = Seq(OnWire(tcb_.irs));
    conn_.snd_una = Seq(OnWire(tcb_.snd_una));
    conn_.snd_nxt = Seq(OnWire(tcb_.snd_nxt));
    conn_.snd_wnd_max = static_cast<uint32_t>(tcb_.max_snd_wnd);
    conn_.rcv_nxt = Seq(OnWire(tcb_.rcv_nxt));
    conn_.rcv_adv = Seq(OnWire(tcb_.rcv_nxt + tcb_.rcv_wnd));
    if (tcb_.snd_una - tcb_.iss >= Octet{1} << 30) conn_.Set(Connection::kAckedWindow);
    conn_.negotiated = negotiated;
    conn_.ts_recent = OnWire(tcb_.ts_recent);
    conn_.ts_recent_at = kNow - 24h * (tcb_.ts_recent_outdated ? 24 : 23);
    conn_.syn_tsval = OnWire(tcb_.first_tsval);
  }

  const Tcb& tcb_;
  Queues queues_;
  Request request_;
  Connection conn_;
  TimeWait time_wait_;
};

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_BENCH_H_
