#include "stack/reply.h"

#include <algorithm>
#include <array>

#include "stack/secret/ts_offset.h"
#include "stack/sock/negotiate.h"
#include "stack/transfer/receive.h"
#include "stack/transfer/window.h"
#include "stack/wire/emit.h"

namespace handfast {
namespace {

// Writes a segment without text.
void SendControl(Tables& t, TxBurst& tx, const Outgoing& segment) {
  const MutableBytes datagram = tx.Open(TextOffset(TcpView::kMaxOptions));
  const EmittedOptions options = EmitOptions(segment.options, &datagram[kOptionsAt]);
  tx.Close(EmitTcp(segment, options, 0, datagram));
  t.counters.Add(Counter::kIpOutRequests);
}

void SetTimestamps(OutOptions& options, uint32_t ts_val, uint32_t ts_ecr) {
  options.present |= Options::kTimestamps;
  options.ts_val = ts_val;
  options.ts_ecr = ts_ecr;
}

// What a SYN or SYN-ACK says of us.
void SetSynOptions(OutOptions& options, const Tables& t, Negotiated negotiated, uint8_t scale) {
  options.present |= Options::kMss;
  options.mss = static_cast<uint16_t>(t.AdvertisedMss());
  if (negotiated.has(Negotiated::kSack)) options.present |= Options::kSackPermitted;
  if (negotiated.has(Negotiated::kWindowScale)) {
    options.present |= Options::kWindowScale;
    options.window_scale = scale;
  }
}

using SackList = std::array<SackBlock, 4>;

// The fields that all segments of an open connection share. `sack` is the caller's memory.
Outgoing SegmentOf(Tables& t, Connection& conn, Seq seq, Flags flags, SackList& sack) {
  Outgoing out;
  out.flow = conn.flow;
  out.seq = seq;
  out.ack = conn.rcv_nxt;
  out.flags = conn.has(Connection::kEcnEcho) ? flags.With(kEce) : flags;
  conn.rcv_adv += WindowGain(conn, t.AdvertisedMss());
  out.window = WindowField(conn);
  out.tos = conn.tos;
  if (conn.negotiated.has(Negotiated::kTimestamps))
    SetTimestamps(out.options, TsVal(t.now, conn.ts_offset), conn.ts_recent);
  if (conn.negotiated.has(Negotiated::kSack) && conn.beyond != kNoIndex) {
    out.options.present |= Options::kSack;
    out.options.sack = std::span(sack).first(SackBlocks(conn, t.chunks, sack));
  }
  return out;
}

// The peer knows now all that we know.
void NoteAcknowledged(Connection& conn) {
  conn.ack_sent = conn.rcv_nxt;
  conn.ack_at = Instant::Never();
  conn.Clear(Connection::kAckNow);
}

}  // namespace

void SendRst(Tables& t, TxBurst& tx, const Segment& seg) {
  Outgoing out;
  out.flow = seg.flow;
  out.tos = seg.tos & ~kEcnMask & 0xff;
  if (seg.has(kAck)) {
    out.seq = seg.ack;
    out.flags = Flags(kRst);
  } else {
    out.ack = seg.end();
    out.flags = Flags(kRst | kAck);
  }
  SendControl(t, tx, out);
  t.counters.Add(Counter::kTcpOutSegs);
  t.counters.Add(Counter::kTcpOutRsts);
}

void SendAck(Tables& t, TxBurst& tx, const Request& req, const Segment& seg) {
  Outgoing out;
  out.flow = req.flow;
  out.seq = req.iss + 1;
  out.ack = req.rcv_nxt();
  out.flags = Flags(kAck);
  out.window = static_cast<uint16_t>(req.window >> req.rcv_scale());
  out.tos = seg.tos & ~kEcnMask & 0xff;
  if (req.negotiated.has(Negotiated::kTimestamps))
    SetTimestamps(out.options, TsVal(t.now, req.ts_offset), req.ts_recent);
  SendControl(t, tx, out);
  t.counters.Add(Counter::kTcpOutSegs);
}

void SendAck(Tables& t, TxBurst& tx, const TimeWait& tw) {
  Outgoing out;
  out.flow = tw.flow;
  out.seq = tw.snd_nxt;
  out.ack = tw.rcv_nxt;
  out.flags = Flags(kAck);
  out.window = tw.window;
  out.tos = tw.tos;
  if (tw.negotiated.has(Negotiated::kTimestamps))
    SetTimestamps(out.options, TsVal(t.now, tw.ts_offset), tw.ts_recent);
  SendControl(t, tx, out);
  t.counters.Add(Counter::kTcpOutSegs);
}

void SendSynAck(Tables& t, TxBurst& tx, Request& req) {
  Outgoing out;
  out.flow = req.flow;
  out.seq = req.iss;
  out.ack = req.rcv_nxt();
  out.flags = Flags(kSyn | kAck);
  if (req.negotiated.has(Negotiated::kEcn)) out.flags = out.flags.With(kEce);
  out.window = req.window;
  SetSynOptions(out.options, t, req.negotiated, req.rcv_scale());
  if (req.negotiated.has(Negotiated::kTimestamps)) {
    req.tsval_last = TsVal(t.now, req.ts_offset);
    SetTimestamps(out.options, req.tsval_last, req.ts_recent);
  }
  SendControl(t, tx, out);
  t.counters.Add(Counter::kTcpOutSegs);
}

void SendSyn(Tables& t, TxBurst& tx, Connection& conn) {
  const bool answers = conn.state == State::kSynReceived;
  Outgoing out;
  out.flow = conn.flow;
  out.seq = conn.iss;
  out.flags = Flags(kSyn);
  if (answers) {
    out.ack = conn.rcv_nxt;
    out.flags = out.flags.With(kAck);
    conn.ack_sent = conn.rcv_nxt;
  }
  if (conn.negotiated.has(Negotiated::kEcn)) {
    out.flags = out.flags.With(kEce);
    if (!answers) out.flags = out.flags.With(kCwr);
  }
  out.window = static_cast<uint16_t>(std::min<uint32_t>(conn.rcv_wnd(), 65535));
  out.tos = conn.tos;
  SetSynOptions(out.options, t, conn.negotiated, conn.rcv_scale);
  if (conn.negotiated.has(Negotiated::kTimestamps))
    SetTimestamps(out.options, TsVal(t.now, conn.ts_offset), conn.ts_recent);
  SendControl(t, tx, out);
  // While the timer of our SYN runs this is no new segment, and no repetition: it answers a
  // SYN that crossed ours.
  if (!conn.resend_at.never()) return;
  if (conn.has(Connection::kSynRepeated)) {
    t.counters.Add(Counter::kTcpRetransSegs);
    t.counters.Add(Counter::kTcpExtTCPSynRetrans);
  } else {
    t.counters.Add(Counter::kTcpOutSegs);
  }
}

void SendAck(Tables& t, TxBurst& tx, Connection& conn) {
  SackList sack;
  SendControl(t, tx, SegmentOf(t, conn, ControlSeq(conn), Flags(kAck), sack));
  NoteAcknowledged(conn);
  t.counters.Add(Counter::kTcpOutSegs);
}

void SendText(Tables& t, TxBurst& tx, Connection& conn, const SendPlan& plan) {
  SackList sack;
  Outgoing out = SegmentOf(t, conn, plan.seq, Flags(kAck), sack);
  if (plan.fin) out.flags = out.flags.With(kFin);
  if (plan.push) out.flags = out.flags.With(kPsh);
  // No repeated segment and no probe is ECN-capable (RFC 3168 §6.1.5, §6.1.6).
  const bool plain = plan.length > 0 && !plan.repeats && !conn.has(Connection::kPersist);
  if (conn.negotiated.has(Negotiated::kEcn) && plain) {
    out.tos |= kEct0;
    if (conn.has(Connection::kCwrNow)) out.flags = out.flags.With(kCwr);
    conn.Clear(Connection::kCwrNow);
  }
  const MutableBytes datagram = tx.Open(t.config.mtu);
  EmittedOptions options = EmitOptions(out.options, &datagram[kOptionsAt]);
  if (TextOffset(options.length) + plan.length > conn.path_mtu) {
    out.options.present &= static_cast<uint8_t>(~Options::kSack);  // text goes first
    options = EmitOptions(out.options, &datagram[kOptionsAt]);
  }
  CopyOut(t.chunks, conn.send, plan.seq - conn.snd_una,
          datagram.subspan(TextOffset(options.length), plan.length));
  tx.Close(EmitTcp(out, options, plan.length, datagram));
  NoteAcknowledged(conn);
  t.counters.Add(Counter::kIpOutRequests);
  t.counters.Add(plan.repeats ? Counter::kTcpRetransSegs : Counter::kTcpOutSegs);
}

void SendReset(Tables& t, TxBurst& tx, Connection& conn) {
  Outgoing out;
  out.flow = conn.flow;
  out.seq = conn.snd_nxt;
  out.ack = conn.rcv_nxt;
  out.flags = Flags(kRst | kAck);
  out.window = WindowField(conn);
  if (conn.negotiated.has(Negotiated::kTimestamps))
    SetTimestamps(out.options, TsVal(t.now, conn.ts_offset), conn.ts_recent);
  SendControl(t, tx, out);
  t.counters.Add(Counter::kTcpOutSegs);
  t.counters.Add(Counter::kTcpOutRsts);
}

bool SendEchoReply(Tables& t, TxBurst& tx, Bytes request) {
  const size_t length = EmitEchoReply(request, tx.Open(t.config.mtu));
  if (length == 0) return false;
  tx.Close(length);
  t.counters.Add(Counter::kIpOutRequests);
  t.counters.Add(Counter::kIcmpOutEchoReps);
  return true;
}

}  // namespace handfast
