#include "stack/commit/open.h"

#include <algorithm>

#include "stack/arrive/paws.h"
#include "stack/base/check.h"
#include "stack/commit/life.h"
#include "stack/secret/isn.h"
#include "stack/secret/ts_offset.h"
#include "stack/sock/negotiate.h"
#include "stack/transfer/congestion.h"
#include "stack/transfer/rtt.h"
#include "stack/transfer/send.h"
#include "stack/transfer/window.h"

namespace handfast {
namespace {

// RFC 6298 §5.7: without 3 s, a path slower than the first RTO is never measured.
constexpr Duration kRtoAfterSynLoss = 3s;

}  // namespace

void OpenPassive(Tables& t, Connection& conn, const Request& req, const Listener& listener,
                 const Segment& seg) {
  conn.flow = req.flow;
  conn.tag = req.tag;
  conn.flags = Connection::kPassive | Connection::kInAcceptQueue | Connection::kHashed;
  if (req.retransmits > 0) conn.Set(Connection::kSynRepeated);
  conn.state = State::kSynReceived;
  conn.negotiated = req.negotiated;
  conn.snd_scale = req.snd_scale();
  conn.rcv_scale = req.rcv_scale();
  conn.iss = req.iss;
  conn.irs = req.irs;
  conn.snd_una = conn.snd_nxt = conn.resend_nxt = req.iss + 1;
  conn.recover = req.iss;
  conn.rcv_nxt = conn.ack_sent = req.rcv_nxt();
  conn.rcv_adv = conn.rcv_nxt + req.window;
  conn.snd_wl1 = seg.seq;
  conn.snd_wnd = conn.snd_wnd_max = AnnouncedWindow(seg, conn.snd_scale);
  conn.ts_offset = req.ts_offset;
  conn.ts_recent = req.ts_recent;
  conn.ts_recent_at = t.now;
  conn.peer_mss = req.peer_mss;
  conn.path_mtu = static_cast<uint16_t>(t.config.mtu);
  conn.progress_at = t.now;
  conn.options = listener.options;
  if (conn.negotiated.has(Negotiated::kTimestamps) && seg.options.has(Options::kTimestamps) &&
      !Before(conn.rcv_nxt, seg.seq) && !TsBefore(seg.options.ts_val, conn.ts_recent))
    conn.ts_recent = seg.options.ts_val;
  if (req.retransmits == 0) {
    conn.rtt_at = req.synack_at;
    conn.rtt_seq = req.iss;
  }
  MeasureHandshake(t, conn, seg);
  Transit(t, conn, Event::kRcvAckOfSyn);
  StartTransfer(t, conn);
}

void RetireRequest(Tables& t, Slot<Request> slot) {
  const Request& req = t.requests[slot];
  Listener& listener = t.listeners[Slot<Listener>(req.listener)];
  if (req.timer.armed()) t.wheel.Cancel(TimerNodes{t}, Ref::Of(slot).raw);
  if (req.timeouts == 0) --listener.young;
  listener.requests.Remove(t.requests, slot);
  t.requests.Free(slot);
}

void OpenActive(Tables& t, Slot<Connection> slot) {
  Connection& conn = t.connections[slot];
  const Policy& policy = t.config.policy;
  conn.iss = InitialSeq(t.keys.isn, conn.flow, t.now);
  conn.snd_una = conn.iss;
  conn.recover = conn.iss;
  conn.snd_nxt = conn.resend_nxt = conn.iss + 1;
  conn.negotiated = Offer(policy);
  if (policy.ecn == Ecn::kRequest) conn.negotiated.Set(Negotiated::kEcn);
  conn.ts_offset = TimestampOffset(t.keys.timestamp_offset, conn.flow);
  conn.syn_tsval = TsVal(t.now, conn.ts_offset);
  conn.path_mtu = static_cast<uint16_t>(t.config.mtu);
  conn.rcv_scale = WindowShift(conn.options.receive_buffer);
  conn.rcv_adv = conn.rcv_nxt + InitialWindow(conn.options.receive_buffer, t.AdvertisedMss());
  conn.rto_us = ToMicroseconds(policy.rto_initial);
  conn.progress_at = t.now;
  Transit(t, conn, Event::kActiveOpen);
  Hash(t, slot);
  conn.Set(Connection::kSynNow);
  t.counters.Add(Counter::kTcpActiveOpens);
}

void LearnSyn(Tables& t, Connection& conn, const Segment& seg) {
  const uint32_t window = conn.rcv_wnd();  // as in our SYN, whatever became of the buffer
  conn.negotiated = Agree(conn.negotiated, seg.options);
  conn.irs = seg.seq;
  conn.rcv_nxt = seg.seq + 1;
  conn.ack_sent = conn.rcv_nxt;
  conn.rcv_adv = conn.rcv_nxt + window;
  conn.snd_wl1 = seg.seq;
  conn.snd_wnd = conn.snd_wnd_max = seg.window;  // never scaled with a SYN (RFC 7323 §2.2)
  conn.peer_mss = PeerMss(seg.options);
  if (conn.negotiated.has(Negotiated::kWindowScale))
    conn.snd_scale = seg.options.window_scale;
  else
    conn.rcv_scale = 0;
  if (conn.negotiated.has(Negotiated::kTimestamps)) {
    conn.ts_recent = seg.options.ts_val;
    conn.ts_recent_at = t.now;
  }
}

void MeasureHandshake(Tables& t, Connection& conn, const Segment& seg) {
  if (!conn.rtt_at.never()) {
    TakeRttSample(conn, t.now - conn.rtt_at, t.config.policy);
    conn.rtt_at = Instant::Never();
    return;
  }
  const bool echoes = conn.negotiated.has(Negotiated::kTimestamps) &&
                      seg.options.has(Options::kTimestamps) && seg.options.ts_ecr != 0;
  if (!echoes) return;
  const uint32_t age_ms = TsVal(t.now, conn.ts_offset) - seg.options.ts_ecr;
  if (age_ms < 0x8000'0000u)
    TakeRttSample(conn, std::chrono::milliseconds(age_ms), t.config.policy);
}

void StartTransfer(Tables& t, Connection& conn) {
  const Policy& policy = t.config.policy;
  StartCongestion(conn, SendMss(conn, policy), policy);
  ResetRto(conn, policy);
  const bool measured = conn.has(Connection::kRttTaken);
  const bool lost = conn.has(Connection::kSynRepeated);
  const bool slow = policy.rto_after_syn_loss == RtoAfterSynLoss::kAlways ? lost : !measured;
  if (slow) conn.rto_us = std::max(conn.rto_us, ToMicroseconds(kRtoAfterSynLoss));
  conn.backoff = 0;
  conn.Clear(Connection::kStalled);
  conn.path_mtu_hint = 0;
  conn.resend_at = Instant::Never();
}

}  // namespace handfast
