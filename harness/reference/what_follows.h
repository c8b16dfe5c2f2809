// What follows a segment that was found acceptable: RFC 9293 §3.10.7.4, from the Fifth check
// to the Eighth, as far as states and RCV.NXT go.

#ifndef HARNESS_REFERENCE_WHAT_FOLLOWS_H_
#define HARNESS_REFERENCE_WHAT_FOLLOWS_H_

#include <algorithm>

#include "harness/reference/segment_arrives.h"

namespace handfast::reference {

struct Sequel {
  State state;
  Octet rcv_nxt;
};

// Seventh and Eighth: how far the segment fills the window without a gap. A FIN is taken,
// too, where the text before it fills the window (Linux: tcp_data_queue).
constexpr Octet RcvNxtAfter(const Tcb& tcb, const Segment& seg) {
  const Octet text = static_cast<Octet>(seg.text.size());
  const Octet first =
      FirstFrom(tcb.rcv_nxt - kCircle / 2, seg.seq.raw()) + (seg.has(kSyn) ? 1 : 0);
  const Octet edge = tcb.rcv_nxt + tcb.rcv_wnd;
  Octet next = tcb.rcv_nxt;
  if (first <= next && next < first + text) next = std::min(first + text, edge);
  if (seg.has(kFin) && next == first + text && next <= edge) ++next;
  return next;
}

constexpr bool TookFin(const Tcb& tcb, const Segment& seg) {
  const Octet text = static_cast<Octet>(seg.text.size());
  const Octet last =
      FirstFrom(tcb.rcv_nxt - kCircle / 2, seg.seq.raw()) + (seg.has(kSyn) ? 1 : 0) + text;
  return seg.has(kFin) && RcvNxtAfter(tcb, seg) == last + 1;
}

constexpr Sequel WhatFollows(const Tcb& tcb, const Segment& seg) {
  const bool fin_acked = tcb.fin_sent && seg.ack.raw() == OnWire(tcb.snd_nxt);
  switch (tcb.state) {
    case State::kSynReceived:
    case State::kEstablished:
      return {TookFin(tcb, seg) ? State::kCloseWait : State::kEstablished,
              RcvNxtAfter(tcb, seg)};
    case State::kFinWait1:
      if (TookFin(tcb, seg))
        return {fin_acked ? State::kTimeWait : State::kClosing, RcvNxtAfter(tcb, seg)};
      return {fin_acked ? State::kFinWait2 : State::kFinWait1, RcvNxtAfter(tcb, seg)};
    case State::kFinWait2:
      return {TookFin(tcb, seg) ? State::kTimeWait : State::kFinWait2, RcvNxtAfter(tcb, seg)};
    case State::kClosing: return {fin_acked ? State::kTimeWait : State::kClosing, tcb.rcv_nxt};
    case State::kLastAck: return {fin_acked ? State::kClosed : State::kLastAck, tcb.rcv_nxt};
    case State::kCloseWait:
    case State::kNone:
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kTimeWait: break;
  }
  return {tcb.state, tcb.rcv_nxt};
}

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_WHAT_FOLLOWS_H_
