#include "stack/transfer/send.h"

#include <algorithm>

#include "stack/arrive/paws.h"
#include "stack/base/backoff.h"
#include "stack/base/check.h"
#include "stack/transfer/congestion.h"
#include "stack/transfer/rtt.h"
#include "stack/transfer/window.h"

namespace handfast {
namespace {

constexpr uint32_t kMaxWindow = 1u << 30;  // above all that can be advertised (RFC 7323 §2.3)
constexpr uint32_t kIpTcpHeaders = 40;

bool MaySend(State state) {
  return state == State::kEstablished || state == State::kCloseWait ||
         state == State::kFinWait1 || state == State::kClosing || state == State::kLastAck;
}

// Octets from SND.UNA on: where sending goes on, how far it has come, what there is.
struct Span {
  uint32_t next;
  uint32_t sent;  // a FIN counts
  uint32_t text;  // of all that is queued
  bool fin_sent() const { return sent > text; }
};

Span SpanOf(const Connection& conn) {
  return {conn.resend_nxt - conn.snd_una, conn.snd_nxt - conn.snd_una, conn.send.size};
}

SendPlan Cut(const Connection& conn, uint32_t at, uint32_t length) {
  SendPlan plan;
  const Span span = SpanOf(conn);
  plan.send = true;
  plan.seq = conn.snd_una + at;
  plan.length = length;
  plan.repeats = at < span.sent;
  plan.fin = conn.has(Connection::kFinQueued) && at + length == span.text;
  plan.push = length > 0 && at + length == span.text;
  return plan;
}

// A segment that was sent before; what it holds is limited by what was sent then. The first
// one may be filled up with text that waits, and keeps to a window that was taken back (RFC
// 9293 SHLD-16).
SendPlan PlanRepeat(const Connection& conn, uint32_t at, uint32_t mss) {
  const Span span = SpanOf(conn);
  const bool fills_up = at == 0 && !span.fin_sent();
  const uint32_t end = fills_up ? span.text : std::min(span.text, span.sent);
  const uint32_t most = at == 0 ? std::min(mss, conn.snd_wnd) : mss;
  SendPlan plan = Cut(conn, at, std::min(most, end - std::min(at, end)));
  plan.fin = plan.fin && (fills_up || span.fin_sent());
  plan.send = plan.length > 0 || plan.fin;
  return plan;
}

// What the window takes now, and at least one octet (RFC 9293 §3.8.6.1).
SendPlan PlanProbe(const Connection& conn, uint32_t mss) {
  const uint32_t length = std::min(conn.send.size, std::clamp<uint32_t>(conn.snd_wnd, 1, mss));
  SendPlan plan = Cut(conn, 0, length);
  plan.send = length > 0 || plan.fin;
  return plan;
}

SendPlan PlanNew(const Connection& conn, uint32_t mss) {
  const Span span = SpanOf(conn);
  // Limited transmit: the first two duplicate ACKs let one segment go, each (RFC 3042).
  const uint32_t limited =
      conn.has(Connection::kInRecovery) ? 0 : std::min<uint32_t>(conn.dup_acks, 2) * mss;
  const uint32_t window = std::min(conn.cwnd + limited, conn.snd_wnd);
  const uint32_t usable = window - std::min(window, span.next);
  const uint32_t queued = span.text - std::min(span.next, span.text);
  const uint32_t length = std::min({queued, usable, mss});
  if (span.fin_sent()) return {};

  SendPlan plan = Cut(conn, span.next, length);
  if (length == 0) {
    plan.send = plan.fin;  // a FIN alone needs no window
    return plan;
  }
  const bool last = length == queued;
  const bool nagle_lets = conn.options.no_delay || span.next == 0 || plan.fin;
  plan.send = length == mss || (last && nagle_lets) || length >= (conn.snd_wnd_max + 1) / 2;
  return plan;
}

}  // namespace

uint32_t SendMss(const Connection& conn, const Policy& policy) {
  const uint32_t path = conn.path_mtu > kIpTcpHeaders ? conn.path_mtu - kIpTcpHeaders : 0;
  const uint32_t mss = std::min<uint32_t>(conn.peer_mss, path);
  const uint32_t options = conn.negotiated.has(Negotiated::kTimestamps) ? kTimestampOption : 0;
  return std::max<uint32_t>(mss - std::min(mss, options), policy.min_send_mss);
}

SendPlan PlanSegment(const Connection& conn, const Policy& policy) {
  if (!MaySend(conn.state)) return {};
  const uint32_t mss = SendMss(conn, policy);
  const Span span = SpanOf(conn);
  if (conn.has(Connection::kProbeNow)) return PlanProbe(conn, mss);
  if (conn.has(Connection::kResendHead)) return PlanRepeat(conn, 0, mss);
  if (span.next == span.sent) return PlanNew(conn, mss);
  const SendPlan plan = PlanRepeat(conn, span.next, mss);
  const bool fits = span.next + plan.length <= std::min(conn.cwnd, conn.snd_wnd);
  return span.next == 0 || fits ? plan : SendPlan{};
}

void NoteSent(Connection& conn, const SendPlan& plan, Instant now) {
  const uint32_t end = plan.seq - conn.snd_una + plan.length + (plan.fin ? 1 : 0);
  const uint32_t sent = conn.snd_nxt - conn.snd_una;
  // What leaves first starts the timer, and the time that the user is ready to wait; a probe
  // goes on with a wait that has begun.
  if (sent == 0 && !conn.has(Connection::kProbeNow)) {
    conn.progress_at = now;
    conn.resend_at = Instant::Never();
  }
  conn.Clear(Connection::kProbeNow | Connection::kResendHead);
  if (plan.repeats) {
    conn.rtt_at = Instant::Never();  // Karn: what was sent twice times nothing
  } else if (conn.rtt_at.never()) {
    conn.rtt_at = now;
    conn.rtt_seq = plan.seq;
  }
  const uint32_t next = conn.resend_nxt - conn.snd_una;
  if (end > sent) conn.snd_nxt = conn.snd_una + end;
  if (end > next) conn.resend_nxt = conn.snd_una + end;
}

namespace {

void TakeRtt(Connection& conn, const Segment& seg, Instant now, const Policy& policy) {
  // R7323-4.2: only an ACK that advances SND.UNA measures.
  if (!conn.rtt_at.never() && Before(conn.rtt_seq, seg.ack)) {
    TakeRttSample(conn, now - conn.rtt_at, policy);
    conn.rtt_at = Instant::Never();
    return;
  }
  if (conn.negotiated.has(Negotiated::kTimestamps) && seg.options.has(Options::kTimestamps) &&
      seg.options.ts_ecr != 0) {
    const uint32_t tsval = static_cast<uint32_t>(now.ms()) + conn.ts_offset;
    const uint32_t age_ms = tsval - seg.options.ts_ecr;
    if (age_ms < 0x8000'0000u) TakeRttSample(conn, std::chrono::milliseconds(age_ms), policy);
  }
}

// RFC 9293 §3.10.7.4: SND.WL1 < SEG.SEQ, or equal. SND.WL2 is not needed: an acceptable ACK
// that is not old is never below the one of the last update.
void TakeWindow(Connection& conn, const Segment& seg) {
  if (Before(seg.seq, conn.snd_wl1)) return;
  conn.snd_wl1 = seg.seq;
  conn.snd_wnd = AnnouncedWindow(seg, conn.snd_scale);
  conn.snd_wnd_max = std::max(conn.snd_wnd_max, conn.snd_wnd);
}

// RFC 5681 §2: outstanding data, no text, no SYN or FIN, the same ACK, the same window. What
// answers a window probe is none.
bool IsDuplicateAck(const Connection& conn, const Segment& seg) {
  return seg.ack == conn.snd_una && conn.snd_nxt != conn.snd_una && seg.length() == 0 &&
         AnnouncedWindow(seg, conn.snd_scale) == conn.snd_wnd &&
         !conn.has(Connection::kPersist);
}

void CountDuplicateAck(Connection& conn, uint32_t mss) {
  if (conn.has(Connection::kInRecovery)) {
    conn.cwnd = std::min(conn.cwnd + mss, kMaxCwnd);
    return;
  }
  if (conn.dup_acks < 255) ++conn.dup_acks;
  if (conn.dup_acks == kDupAckThreshold) EnterRecovery(conn, mss);
}

// The peer is there: it acknowledges, or answers our probes.
void NoteAnswer(Connection& conn) {
  conn.backoff = 0;
  conn.Clear(Connection::kStalled);
}

void Advance(Connection& conn, ChunkPool& chunks, const Segment& seg, AckEffect& effect) {
  const uint32_t octets = seg.ack - conn.snd_una;
  effect.progress = true;
  effect.acked = std::min(octets, conn.send.size);
  effect.fin_acked = octets > conn.send.size;
  DropFront(chunks, conn.send, effect.acked);
  if (seg.ack - conn.iss >= kMaxWindow) conn.Set(Connection::kAckedWindow);
  const uint32_t walked = conn.resend_nxt - conn.snd_una;
  conn.snd_una = seg.ack;
  if (walked < octets) conn.resend_nxt = conn.snd_una;
}

}  // namespace

AckEffect Acknowledge(Connection& conn, ChunkPool& chunks, const Segment& seg, Instant now,
                      const Policy& policy) {
  AckEffect effect;
  if (!Between(seg.ack, conn.snd_una, conn.snd_nxt)) return effect;  // old, but not too old
  const uint32_t mss = SendMss(conn, policy);
  if (seg.ack == conn.snd_una) {
    if (IsDuplicateAck(conn, seg)) CountDuplicateAck(conn, mss);
    TakeWindow(conn, seg);
    if (conn.has(Connection::kPersist)) NoteAnswer(conn);
    return effect;
  }
  TakeRtt(conn, seg, now, policy);
  Advance(conn, chunks, seg, effect);
  TakeWindow(conn, seg);
  conn.progress_at = now;
  conn.path_mtu_hint = 0;  // text gets through as it is (RFC 5927 §7.2)
  NoteAnswer(conn);
  if (conn.has(Connection::kInRecovery)) {
    AckInRecovery(conn, effect.acked, mss);
  } else {
    conn.dup_acks = 0;
    GrowCwnd(conn, effect.acked, mss);
  }
  return effect;
}

namespace {

bool HasOutstanding(const Connection& conn) { return conn.snd_nxt != conn.snd_una; }

// Text, or a FIN, that was not sent yet.
bool HasWaiting(const Connection& conn) {
  const Span span = SpanOf(conn);
  return MaySend(conn.state) &&
         (span.text > span.sent || (conn.has(Connection::kFinQueued) && !span.fin_sent()));
}

}  // namespace

Seq ControlSeq(const Connection& conn) {
  const Span span = SpanOf(conn);
  const bool fin_at_edge = span.fin_sent() && span.text <= conn.snd_wnd;  // it needs no window
  return conn.snd_una + (fin_at_edge ? span.sent : std::min(span.sent, conn.snd_wnd));
}

void FollowWindow(Connection& conn, const Policy& policy) {
  const bool closed =
      MaySend(conn.state) && conn.snd_wnd == 0 && (HasOutstanding(conn) || HasWaiting(conn));
  if (closed == conn.has(Connection::kPersist)) return;
  conn.resend_at = Instant::Never();
  if (closed) {
    LeaveRecovery(conn);
    conn.Set(Connection::kPersist);
    conn.resend_nxt = conn.snd_nxt;
  } else {
    conn.Clear(Connection::kPersist | Connection::kProbeNow);
    conn.resend_nxt = conn.snd_una;  // what was out when the window closed may be lost
    ResetRto(conn, policy);
  }
}

Instant ResendDeadline(Connection& conn, Instant now) {
  const bool outstanding = HasOutstanding(conn);
  if (!outstanding && !HasWaiting(conn)) return Instant::Never();
  if (!conn.resend_at.never()) return conn.resend_at;
  if (!outstanding) conn.progress_at = now;  // the wait for the window begins
  return now + RtoOf(conn);
}

void RestartAfterIdle(Connection& conn, Instant now, const Policy& policy) {
  if (conn.snd_nxt != conn.snd_una || now - conn.progress_at <= RtoOf(conn)) return;
  conn.cwnd = std::min(conn.cwnd, InitialCwnd(SendMss(conn, policy), policy));
}

}  // namespace handfast
