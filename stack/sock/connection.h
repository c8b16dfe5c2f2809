// Connection: a flow from SYN-SENT, or from the end of a passive handshake, to its end;
// also a socket that is not connected yet (CLOSED), and what is left of one that was.

#ifndef STACK_SOCK_CONNECTION_H_
#define STACK_SOCK_CONNECTION_H_

#include <cstdint>

#include "stack/base/result.h"
#include "stack/base/seq.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/sock/negotiated.h"
#include "stack/sock/socket_options.h"
#include "stack/sock/state.h"
#include "stack/table/list.h"
#include "stack/table/pool.h"
#include "stack/table/wheel.h"

namespace handfast {

// Octets in a chain of chunks (stack/transfer/chunks.h).
struct ByteQueue {
  uint32_t head = kNoIndex;
  uint32_t tail = kNoIndex;
  uint32_t size = 0;  // octets
};

struct Connection {
  enum Flag : uint32_t {
    kPassive = 1 << 0,  // made by a listener (RFC 9293 MUST-11)
    kOwned = 1 << 1,    // the user holds a handle
    kInAcceptQueue = 1 << 2,
    kHashed = 1 << 3,     // the flow table leads here
    kPortBound = 1 << 4,  // by bind()
    kFinQueued = 1 << 5,  // the user will send no more
    kFinReceived = 1 << 6,
    kReadShut = 1 << 7,      // the user will read no more
    kAckNow = 1 << 8,        // an ACK is to leave with the next output
    kResetNow = 1 << 9,      // a RST is to leave, then the slot is given back
    kSynNow = 1 << 10,       // a SYN or SYN-ACK is to leave
    kResendHead = 1 << 11,   // the segment at SND.UNA is to leave once more
    kProbeNow = 1 << 12,     // a zero-window probe is to leave
    kInRecovery = 1 << 13,   // fast recovery (RFC 6582)
    kPersist = 1 << 14,      // `resend_at` is the probe timer's
    kAckedWindow = 1 << 15,  // more than any window was acknowledged
    kSynRepeated = 1 << 16,  // a SYN or SYN-ACK of ours had to be sent again
    kStalled = 1 << 17,      // R1 was reached; the user may be told
    kReadyIn = 1 << 18,      // which of the two ready lists
    kRttTaken = 1 << 19,     // SRTT holds a measurement
    kFinKnown = 1 << 20,     // a FIN came in, in order or not
    kEcnEcho = 1 << 21,      // CE was seen; ECE on all ACKs until CWR (RFC 3168 §6.1.3)
    kCwrNow = 1 << 22,       // CWR on the next new text (RFC 3168 §6.1.2)
  };

  SlotHead head;
  TimerLink timer;  // the earliest of the deadlines below
  Flow flow;
  uint32_t tag = 0;

  State state = State::kClosed;
  Negotiated negotiated;
  uint8_t snd_scale = 0;
  uint8_t rcv_scale = 0;
  uint32_t flags = 0;
  Seq iss;
  Seq irs;
  Seq snd_una;
  Seq snd_nxt;     // after the highest that was sent
  Seq resend_nxt;  // where sending goes on; before snd_nxt after a time-out
  Seq snd_wl1;     // SEG.SEQ of the last window update
  uint32_t snd_wnd = 0;
  uint32_t snd_wnd_max = 0;
  Seq rcv_nxt;
  Seq rcv_adv;   // right edge of the window as advertised; never moves back
  Seq ack_sent;  // SEG.ACK of the last segment sent (RFC 7323: Last.ACK.sent)
  uint32_t ts_recent = 0;
  uint32_t ts_offset = 0;
  uint32_t syn_tsval = 0;  // of our first SYN
  uint16_t peer_mss = 0;   // octets of text that the peer takes
  uint16_t path_mtu = 0;
  uint16_t path_mtu_hint = 0;  // claimed by ICMP, believed when nothing gets through
  uint8_t backoff = 0;         // time-outs in a row
  uint8_t dup_acks = 0;

  uint32_t cwnd = 0;  // octets
  uint32_t ssthresh = 0xffff'ffff;
  uint32_t cwnd_acked = 0;  // octets acknowledged towards the next increase
  Seq recover;              // RFC 6582
  uint32_t srtt_us = 0;
  uint32_t rttvar_us = 0;
  uint32_t rto_us = 0;
  Seq rtt_seq;                        // without timestamps: the timed octet,
  Instant rtt_at = Instant::Never();  // and when it left; never: none is timed

  Instant resend_at = Instant::Never();
  Instant ack_at = Instant::Never();
  Instant end_at = Instant::Never();       // of the connection's life without a user
  Instant answered_at = Instant::Never();  // the last rate-limited answer
  Instant ts_recent_at;
  Instant progress_at;  // when the peer last acknowledged something new, or sending began

  ByteQueue send;              // from SND.UNA on
  ByteQueue receive;           // up to RCV.NXT, not yet read
  uint32_t beyond = kNoIndex;  // chunks of text beyond RCV.NXT, by sequence number
  Seq beyond_latest;           // of the text beyond RCV.NXT that came last
  Seq fin_seq;                 // of the peer's FIN, with kFinKnown
  ListLink output;             // something is to leave
  ListLink queue;              // the accept queue; once accepted, the ready list
  ListLink bind;               // sockets bound to ports of one bucket
  SocketOptions options;
  Errno error = Errno::kOk;       // pending, reported once
  Errno soft_error = Errno::kOk;  // remembered; the reason if the connection times out
  uint8_t interest = 0;           // ReadyBit
  uint8_t tos = 0;
  uint16_t beyond_count = 0;
  uint8_t even_timeouts = 0;  // of a SYN: so many of `backoff` did not double the wait
  uint8_t reserved[13] = {};  // for keep-alive, Fast Open, a saved SYN and an MD5 key

  constexpr bool has(Flag flag) const { return (flags & flag) != 0; }
  constexpr void Set(Flag flag) { flags |= flag; }
  constexpr void Clear(uint32_t mask) { flags &= ~mask; }

  constexpr uint32_t rcv_wnd() const { return rcv_adv - rcv_nxt; }
  // SND.NXT if all that is queued were sent, a FIN not counted.
  constexpr Seq snd_end() const { return snd_una + send.size; }
};

static_assert(sizeof(Connection) == 320, "five cache lines, links and generation counted");

}  // namespace handfast

#endif  // STACK_SOCK_CONNECTION_H_
