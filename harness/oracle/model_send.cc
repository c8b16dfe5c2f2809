// The segments of setup, field by field.

#include <algorithm>

#include "harness/oracle/model.h"

namespace handfast::oracle {

// Of a secret one value is learned; the clock does the rest. RFC 6528 §3: ISN = M + F, where
// M ticks every 64 ns (Linux: secure_tcp_seq).
uint32_t Model::Isn(const Flow& flow) {
  const auto clock = static_cast<uint32_t>(now_.ns() >> 6);
  std::optional<uint32_t>& isn = numbers_[flow].isn;
  for (const Seen& seen : hints_->sent)
    if (!isn && seen.flow == flow && seen.has(kSyn)) isn = seen.seq - clock;
  return isn.value_or(0) + clock;
}

// RFC 7323 §5.4: milliseconds, and an offset of the flow's own.
uint32_t Model::TsVal(const Flow& flow) {
  const auto clock = static_cast<uint32_t>(now_.ms());
  std::optional<uint32_t>& ts = numbers_[flow].ts;
  for (const Seen& seen : hints_->sent)
    if (!ts && seen.flow == flow && seen.options.has(Options::kTimestamps))
      ts = seen.options.ts_val - clock;
  return ts.value_or(0) + clock;
}

void Model::Send(TcpPacket packet) {
  Count(Counter::kIpOutRequests);
  expected_.out.push_back(std::move(packet));
}

// RFC 9293 §3.5.2: <SEQ=SEG.ACK><CTL=RST>, or <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>.
void Model::SendRst(const Segment& seg) {
  TcpPacket rst;
  rst.flow = seg.flow;
  rst.tos = seg.tos & 0xfc;  // the class of service, not ECN
  rst.window = 0;
  if (seg.has(kAck)) {
    rst.flags = kRst;
    rst.seq = seg.ack.raw();
  } else {
    rst.flags = kRst | kAck;
    rst.ack = seg.seq.raw() + static_cast<uint32_t>(reference::Len(seg));
  }
  Send(rst);
  Count(Counter::kTcpOutSegs);
  Count(Counter::kTcpOutRsts);
}

// Linux's order: MSS, SACK permitted and timestamps sharing four octets, window scale.
OptionList Model::SynOptions(const Flow& flow, Negotiated with, uint8_t scale,
                             uint32_t ts_ecr) {
  OptionList options;
  options.Mss(Mss());
  const bool stamps = with.has(Negotiated::kTimestamps);
  const bool sack = with.has(Negotiated::kSack);
  if (stamps != sack) options.Nop(2);
  if (sack) options.SackPermitted();
  if (stamps) options.Timestamps(TsVal(flow), ts_ecr);
  if (with.has(Negotiated::kWindowScale)) options.Nop().Scale(scale);
  return options;
}

void Model::SendSynAck(const Flow& flow, HalfOpen& half) {
  TcpPacket synack;
  synack.flow = flow;
  synack.flags = kSyn | kAck;
  if (half.negotiated.has(Negotiated::kEcn)) synack.flags |= kEce;  // RFC 3168 §6.1.1
  synack.seq = half.iss;
  synack.ack = half.irs + 1;
  synack.window = half.window;  // RFC 7323 §2.2: not scaled
  synack.options = SynOptions(flow, half.negotiated, half.rcv_scale, half.ts_recent);
  if (half.negotiated.has(Negotiated::kTimestamps)) half.tsval_last = TsVal(flow);
  Send(synack);
  Count(Counter::kTcpOutSegs);
}

// The SYN, or after crossed SYNs the SYN-ACK. Who counts it is up to the caller.
void Model::SendSyn(Socket& socket) {
  TcpPacket syn;
  syn.flow = socket.flow;
  syn.seq = socket.iss;
  syn.flags = kSyn;
  const bool ecn = socket.negotiated.has(Negotiated::kEcn);
  if (socket.stage == Stage::kCrossed) {
    syn.flags |= kAck;
    if (ecn) syn.flags |= kEce;
    syn.ack = socket.irs + 1;
  } else if (ecn) {
    syn.flags |= kEce | kCwr;
  }
  syn.window = static_cast<uint16_t>(std::min(socket.window, 65535u));
  syn.options = SynOptions(socket.flow, socket.negotiated, socket.rcv_scale, socket.ts_recent);
  Send(syn);
}

// <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, of a half-open connection.
void Model::SendAck(const Flow& flow, const HalfOpen& half, const Segment& seg) {
  TcpPacket ack;
  ack.flow = flow;
  ack.tos = seg.tos & 0xfc;
  ack.flags = kAck;
  ack.seq = half.iss + 1;
  ack.ack = half.irs + 1;
  ack.window = static_cast<uint16_t>(half.window >> half.rcv_scale);
  if (half.negotiated.has(Negotiated::kTimestamps))
    ack.options.Nop(2).Timestamps(TsVal(flow), half.ts_recent);
  Send(ack);
  Count(Counter::kTcpOutSegs);
}

// Of a socket. Its window grows to the whole buffer if that is worth a segment, or half of the
// buffer (RFC 9293 §3.8.6.2.2), and never shrinks (SHLD-14); so it is written rounded up.
void Model::SendAck(Socket& socket) {
  const uint32_t unit = 1u << socket.rcv_scale;
  const uint32_t whole = std::min(socket.options.receive_buffer, 65535 * unit);
  if (whole >= socket.window + std::min<uint32_t>(whole / 2, Mss())) socket.window = whole;
  const uint32_t window = std::min((socket.window + unit - 1) / unit, 65535u);
  socket.window = window * unit;
  TcpPacket ack;
  ack.flow = socket.flow;
  ack.flags = kAck;
  ack.seq = socket.iss + 1;
  ack.ack = socket.irs + 1;
  ack.window = static_cast<uint16_t>(window);
  if (socket.negotiated.has(Negotiated::kTimestamps))
    ack.options.Nop(2).Timestamps(TsVal(socket.flow), socket.ts_recent);
  Send(ack);
  Count(Counter::kTcpOutSegs);
}

void Model::SendAck(const Flow& flow, const TimeWait& time_wait) {
  TcpPacket ack;
  ack.flow = flow;
  ack.tos = time_wait.tos;
  ack.flags = kAck;
  ack.seq = time_wait.snd_nxt;
  ack.ack = time_wait.rcv_nxt;
  ack.window = time_wait.window;
  if (time_wait.negotiated.has(Negotiated::kTimestamps))
    ack.options.Nop(2).Timestamps(static_cast<uint32_t>(now_.ms()) + time_wait.ts_offset,
                                  time_wait.ts_recent);
  Send(ack);
  Count(Counter::kTcpOutSegs);
}

}  // namespace handfast::oracle
