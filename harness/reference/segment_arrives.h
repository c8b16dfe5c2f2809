// The reference for what a segment does: RFC 9293 §3.10.7, read aloud.
//
// One text for all states, in the order of the RFC and under its headings, over a TCB with
// the RFC's variables as unbounded integers. It knows the verdicts, drop reasons and policy
// of the stack by name, and nothing of how it decides; stack/arrive must agree with it.
//
// What the RFC leaves open, or what was found to be unsafe in it, is settled as follows:
//
//   RFC 5961 §3.2, §4.2    RST must be exact, SYN is challenged, in synchronized states and,
//                          for RST, in SYN-RECEIVED (CVE-2026-68118)
//   RFC 5961 §5.2          how old an ACK may be; but never of what was not sent
//                          (CVE-2023-52881)
//   RFC 7323 §3.2, §5.3    a timestamp that is missing, or older than TS.Recent
//   RFC 1337 F1            TIME-WAIT ignores RST
//   RFC 6191 §2            which SYN ends TIME-WAIT; RFC 5961 answers the others
//   Linux tcp_check_req    a repeated SYN gets the SYN-ACK again; the echo of a timestamp must
//                          be one that was sent
//   CVE-2012-6638          SYN with FIN opens nothing

#ifndef HARNESS_REFERENCE_SEGMENT_ARRIVES_H_
#define HARNESS_REFERENCE_SEGMENT_ARRIVES_H_

#include <algorithm>

#include "harness/reference/octets.h"
#include "stack/arrive/verdict.h"
#include "stack/sock/policy.h"
#include "stack/sock/state.h"
#include "stack/wire/segment.h"

namespace handfast::reference {

enum class Opened : uint8_t { kPassively, kActively };  // MUST-11

// The transmission control block, RFC 9293 §3.3.1, as far as arriving segments ask for it.
struct Tcb {
  State state = State::kClosed;
  Opened opened = Opened::kPassively;

  Octet iss = 0;
  Octet snd_una = 0;
  Octet snd_nxt = 0;
  Octet max_snd_wnd = 0;
  bool fin_sent = false;  // SND.NXT counts our FIN
  Octet irs = 0;
  Octet rcv_nxt = 0;
  Octet rcv_wnd = 0;

  bool snd_ts_ok = false;  // RFC 7323 §3.2
  Octet ts_recent = 0;
  bool ts_recent_outdated = false;  // RFC 7323 §5.5
  Octet first_tsval = 0;            // of our first and our last SYN or SYN-ACK
  Octet last_tsval = 0;

  bool syn_queue_full = false;     // LISTEN
  bool accept_queue_full = false;  // LISTEN, SYN-RECEIVED
  bool somebody_listens = false;   // TIME-WAIT
};

// SEG.LEN
constexpr Octet Len(const Segment& seg) {
  return static_cast<Octet>(seg.text.size()) + (seg.has(kSyn) ? 1 : 0) +
         (seg.has(kFin) ? 1 : 0);
}

constexpr bool SeqIs(const Segment& seg, Octet octet) { return seg.seq.raw() == OnWire(octet); }

constexpr bool HasTimestamp(const Segment& seg) {
  return seg.options.has(Options::kTimestamps);
}

// Table 6, and MUST-66: a closed window takes a segment at RCV.NXT, for its ACK or RST.
constexpr bool Acceptable(const Tcb& tcb, const Segment& seg) {
  const Octet last_in_window = tcb.rcv_nxt + tcb.rcv_wnd - 1;
  if (tcb.rcv_wnd == 0) return SeqIs(seg, tcb.rcv_nxt);
  if (MeansOneOf(seg.seq.raw(), tcb.rcv_nxt, last_in_window)) return true;
  const uint32_t last_of_segment = OnWire(Octet{seg.seq.raw()} + Len(seg) - 1);
  return Len(seg) > 0 && MeansOneOf(last_of_segment, tcb.rcv_nxt, last_in_window);
}

// SND.UNA < SEG.ACK =< SND.NXT
constexpr bool AcksSomethingNew(const Tcb& tcb, const Segment& seg) {
  return MeansOneOf(seg.ack.raw(), tcb.snd_una + 1, tcb.snd_nxt);
}

// An echo of a timestamp that no SYN of ours carried. 0 is no echo (Linux: tcp_check_req,
// tcp_rcv_synsent_state_process).
constexpr bool EchoesNothingOfOurs(const Tcb& tcb, const Segment& seg) {
  return tcb.snd_ts_ok && HasTimestamp(seg) && seg.has(kAck) && seg.options.ts_ecr != 0 &&
         !MeansOneOf(seg.options.ts_ecr, tcb.first_tsval, tcb.last_tsval);
}

// R1 of RFC 7323 §5.3; a RST is exempt (§5.2).
constexpr bool FailsPaws(const Tcb& tcb, const Segment& seg) {
  return tcb.snd_ts_ok && HasTimestamp(seg) && !seg.has(kRst) && !tcb.ts_recent_outdated &&
         Earlier(seg.options.ts_val, tcb.ts_recent);
}

// §3.10.7.1
constexpr Verdict InClosed(const Segment& seg) {
  if (seg.has(kRst)) return {Action::kDrop, Drop::kNoSocket};
  return {Action::kSendRst, Drop::kNoSocket};
}

// §3.10.7.2
constexpr Verdict InListen(const Tcb& tcb, const Segment& seg) {
  // First, RST: ignored.
  if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
  // Second, ACK: any is bad.
  if (seg.has(kAck)) return {Action::kSendRst, Drop::kFlags};
  // Third, SYN.
  if (seg.has(kSyn) && !seg.has(kFin)) {
    if (tcb.syn_queue_full) return {Action::kDrop, Drop::kSynQueueFull};
    if (tcb.accept_queue_full) return {Action::kDrop, Drop::kAcceptQueueFull};
    return Action::kQueue;
  }
  // Fourth, other text or control.
  return {Action::kDrop, Drop::kFlags};
}

// §3.10.7.3. There is no RCV.NXT yet: what proves a segment is its ACK.
constexpr Verdict InSynSent(const Tcb& tcb, const Segment& seg) {
  // First, ACK.
  if (seg.has(kAck) && !AcksSomethingNew(tcb, seg)) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
    return {Action::kSendRstRepeat, Drop::kHandshakeAck};
  }
  if (EchoesNothingOfOurs(tcb, seg)) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kTsEcr};
    return {Action::kSendRst, Drop::kTsEcr};
  }
  // Second, RST: believed with an acceptable ACK.
  if (seg.has(kRst))
    return seg.has(kAck) ? Action::kReset : Verdict{Action::kDrop, Drop::kReset};
  // Fourth, SYN: with the ACK of ours, or crossing it.
  if (seg.has(kSyn)) return seg.has(kAck) ? Action::kEstablish : Action::kCross;
  // Fifth, neither SYN nor RST.
  return {Action::kDrop, Drop::kFlags};
}

// Fifth check of §3.10.7.4, for SYN-RECEIVED.
constexpr Verdict AckInSynReceived(const Tcb& tcb, const Segment& seg, const Policy& policy) {
  if (!AcksSomethingNew(tcb, seg)) return {Action::kSendRst, Drop::kHandshakeAck};
  if (tcb.opened == Opened::kActively || !tcb.accept_queue_full) return Action::kEstablish;
  if (policy.on_overflow == OnOverflow::kReset)
    return {Action::kRefuse, Drop::kAcceptQueueFull};
  return {Action::kHold, Drop::kAcceptQueueFull};
}

// The same for synchronized states: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT (RFC 5961
// §5.2), as far as there were octets to acknowledge: the first acknowledgment of all is of
// the SYN, ISS + 1.
constexpr Verdict AckInSynchronized(const Tcb& tcb, const Segment& seg) {
  const Octet oldest = std::max(tcb.snd_una - tcb.max_snd_wnd, tcb.iss + 1);
  if (MeansOneOf(seg.ack.raw(), oldest, tcb.snd_nxt)) return Action::kAccept;
  const bool ahead = MeansOneOf(seg.ack.raw(), tcb.snd_nxt + 1, tcb.snd_nxt + kCircle / 2 - 1);
  return {Action::kChallenge, ahead ? Drop::kAckUnsent : Drop::kAckOld};
}

// What precedes the checks of §3.10.7.4, where timestamps are in use; kAccept: nothing.
constexpr Verdict Timestamps(const Tcb& tcb, const Segment& seg, const Policy& policy) {
  const bool request = tcb.state == State::kSynReceived && tcb.opened == Opened::kPassively;
  if (!tcb.snd_ts_ok || seg.has(kRst)) return Action::kAccept;
  // RFC 7323 §3.2: should be dropped. But a SYN must be answered if the connection is open:
  // its sender may have forgotten all of us, timestamps included (RFC 5961 §4.2).
  const bool forgetful = seg.has(kSyn) && !request;
  if (!HasTimestamp(seg) && policy.on_missing_timestamp == OnMissingTimestamp::kDrop &&
      !forgetful)
    return {Action::kDrop, Drop::kNoTimestamp};
  if (FailsPaws(tcb, seg)) {
    // Of a SYN its age is the least that is wrong with it (Linux: tcp_validate_incoming).
    if (seg.has(kSyn) && !request) return {Action::kChallenge, Drop::kInvalidSyn};
    return {Action::kSendAck, Drop::kPaws};
  }
  if (request && EchoesNothingOfOurs(tcb, seg)) return {Action::kSendAck, Drop::kTsEcr};
  return Action::kAccept;
}

// §3.10.7.4 for SYN-RECEIVED after a passive OPEN.
constexpr Verdict InRequest(const Tcb& tcb, const Segment& seg, const Policy& policy) {
  if (policy.syn_received_order == SynReceivedOrder::kAckFirst && seg.has(kAck) &&
      !seg.has(kRst) && !AcksSomethingNew(tcb, seg))
    return {Action::kSendRst, Drop::kHandshakeAck};
  if (const Verdict v = Timestamps(tcb, seg, policy); v != Action::kAccept) return v;
  if (seg.has(kSyn) && !seg.has(kAck) && !seg.has(kRst) && SeqIs(seg, tcb.irs))
    return {Action::kResendSynAck, Drop::kSynRepeated};
  // First, sequence number.
  if (!Acceptable(tcb, seg))
    return seg.has(kRst) ? Verdict{Action::kDrop, Drop::kReset}
                         : Verdict{Action::kSendAck, Drop::kSequence};
  // Second, RST: the peer refuses, and this returns to LISTEN.
  if (seg.has(kRst))
    return SeqIs(seg, tcb.rcv_nxt) ? Action::kForget
                                   : Verdict{Action::kChallenge, Drop::kInexactReset};
  // Fourth, SYN: returns to LISTEN; not if it is the SYN that is known, left of the window.
  if (seg.has(kSyn) && !SeqIs(seg, tcb.irs))
    return {policy.on_syn_in_handshake == OnSynInHandshake::kRefuse ? Action::kRefuse
                                                                    : Action::kForget,
            Drop::kInvalidSyn};
  // Fifth, ACK.
  if (!seg.has(kAck)) return {Action::kDrop, Drop::kAckMissing};
  return AckInSynReceived(tcb, seg, policy);
}

// RFC 9293 figure 8: when SYNs cross, each end answers with a SYN-ACK that repeats its SYN.
// That SYN is old and its ACK is wanted, though by Table 6 the segment is not acceptable.
constexpr bool IsCrossedSynAck(const Tcb& tcb, const Segment& seg) {
  return tcb.state == State::kSynReceived && seg.has(kSyn) && seg.has(kAck) && !seg.has(kRst) &&
         Len(seg) == 1 && SeqIs(seg, tcb.irs) && seg.ack.raw() == OnWire(tcb.snd_nxt);
}

// §3.10.7.4 for the other states but TIME-WAIT.
constexpr Verdict InConnection(const Tcb& tcb, const Segment& seg, const Policy& policy) {
  if (const Verdict v = Timestamps(tcb, seg, policy); v != Action::kAccept) return v;
  if (IsCrossedSynAck(tcb, seg)) return Action::kEstablish;
  // First, sequence number. Fourth, SYN, has its answer here, too (RFC 5961 §4.2).
  if (!Acceptable(tcb, seg)) {
    if (seg.has(kRst)) return {Action::kDrop, Drop::kReset};
    if (seg.has(kSyn)) return {Action::kChallenge, Drop::kInvalidSyn};
    return {Action::kSendAck, Drop::kSequence};
  }
  // Second, RST.
  if (seg.has(kRst))
    return SeqIs(seg, tcb.rcv_nxt) ? Action::kReset
                                   : Verdict{Action::kChallenge, Drop::kInexactReset};
  // Fourth, SYN.
  if (seg.has(kSyn)) return {Action::kChallenge, Drop::kInvalidSyn};
  // Fifth, ACK.
  if (!seg.has(kAck)) return {Action::kDrop, Drop::kAckMissing};
  return tcb.state == State::kSynReceived ? AckInSynReceived(tcb, seg, policy)
                                          : AckInSynchronized(tcb, seg);
}

// RFC 6191 §2, as far as Linux goes (tcp_timewait_state_process): a SYN of a new incarnation.
constexpr bool OpensAnew(const Tcb& tcb, const Segment& seg) {
  if (!seg.has(kSyn) || seg.has(kAck) || seg.has(kRst) || seg.has(kFin)) return false;
  const bool newer_seq = !SeqIs(seg, tcb.rcv_nxt) && !Earlier(seg.seq.raw(), tcb.rcv_nxt);
  const bool newer_time =
      tcb.snd_ts_ok && HasTimestamp(seg) &&
      MeansOneOf(seg.options.ts_val, tcb.ts_recent + 1, tcb.ts_recent + kCircle / 2 - 1);
  return newer_time || newer_seq;
}

// §3.10.7.4 for TIME-WAIT, where one thing can arrive: the peer's FIN once more.
constexpr Verdict InTimeWait(const Tcb& tcb, const Segment& seg, const Policy& policy) {
  const bool any_ack_restarts =
      policy.time_wait_restart == TimeWaitRestart::kOnAck;  // tcp_timewait_state_process
  // Second, RST.
  if (seg.has(kRst)) {
    const bool ends = policy.on_reset_in_time_wait == OnResetInTimeWait::kEnd;
    return ends && SeqIs(seg, tcb.rcv_nxt) ? Action::kEnd
                                           : Verdict{Action::kDrop, Drop::kReset};
  }
  if (FailsPaws(tcb, seg))
    return {any_ack_restarts ? Action::kRestartAck : Action::kSendAck, Drop::kPaws};
  // Fourth, SYN.
  if (tcb.somebody_listens && OpensAnew(tcb, seg)) return Action::kReopen;
  // First, sequence number: RCV.NXT is the only one left, and a segment without text there
  // is the last ACK of the close again, or nothing.
  if (SeqIs(seg, tcb.rcv_nxt) && Len(seg) == 0)
    return {any_ack_restarts ? Action::kRestart : Action::kDrop, Drop::kTimeWait};
  // Eighth, FIN: acknowledged, and 2 MSL begin anew.
  const bool fin_again = seg.has(kFin) && seg.has(kAck) && !seg.has(kSyn) &&
                         OnWire(Octet{seg.seq.raw()} + Len(seg)) == OnWire(tcb.rcv_nxt);
  const bool restarts = fin_again || (any_ack_restarts && seg.has(kAck));
  return {restarts ? Action::kRestartAck : Action::kSendAck, Drop::kTimeWait};
}

// §3.10.7
constexpr Verdict SegmentArrives(const Tcb& tcb, const Segment& seg, const Policy& policy) {
  switch (tcb.state) {
    case State::kNone:
    case State::kClosed: return InClosed(seg);
    case State::kListen: return InListen(tcb, seg);
    case State::kSynSent: return InSynSent(tcb, seg);
    case State::kSynReceived:
      return tcb.opened == Opened::kPassively ? InRequest(tcb, seg, policy)
                                              : InConnection(tcb, seg, policy);
    case State::kEstablished:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kCloseWait:
    case State::kClosing:
    case State::kLastAck: return InConnection(tcb, seg, policy);
    case State::kTimeWait: return InTimeWait(tcb, seg, policy);
  }
  return {};
}

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_SEGMENT_ARRIVES_H_
