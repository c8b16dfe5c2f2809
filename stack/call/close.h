// CLOSE, ABORT and their half: close(), shutdown() by state (RFC 9293 §3.10.4, §3.10.5;
// Linux: __tcp_close, tcp_shutdown).

#ifndef STACK_CALL_CLOSE_H_
#define STACK_CALL_CLOSE_H_

#include "stack/base/result.h"
#include "stack/sock/connection.h"

namespace handfast {

enum class CloseVerdict : uint8_t {
  kNothing,   // it is over, or its FIN is on the way
  kForget,    // nothing was agreed yet: silently gone
  kFin,       // a FIN follows what is queued
  kFinLater,  // the same, once the handshake is done
  kReset,     // text would be lost, or the user wants no peace
};

constexpr CloseVerdict JudgeFin(const Connection& conn) {
  switch (conn.state) {
    case State::kSynSent: return CloseVerdict::kForget;
    case State::kSynReceived: return CloseVerdict::kFinLater;
    case State::kEstablished:
    case State::kCloseWait: return CloseVerdict::kFin;
    case State::kNone:
    case State::kClosed:
    case State::kListen:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait: break;
  }
  return CloseVerdict::kNothing;
}

// close(). Text that nobody will read was acknowledged to the peer all the same: it must
// learn (RFC 2525 §2.17, RFC 9293 SHLD-3).
constexpr CloseVerdict JudgeClose(const Connection& conn) {
  const bool unread = conn.receive.size > 0;
  const bool impatient = conn.options.linger == Linger::kAbort;
  const CloseVerdict fin = JudgeFin(conn);
  if (conn.state == State::kClosed || fin == CloseVerdict::kForget) return fin;
  return unread || impatient ? CloseVerdict::kReset : fin;
}

// ABORT: must the peer be told? Yes, if it may wait for more of us (RFC 9293 §3.10.5), also
// for a FIN that text before it still holds back; and if it believes in the delivery of text
// that is thrown away (SHLD-3).
constexpr bool AbortResets(const Connection& conn) {
  switch (conn.state) {
    case State::kSynReceived:
    case State::kEstablished:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kCloseWait: return true;
    case State::kClosing:
    case State::kLastAck: {
      const bool fin_sent = conn.snd_nxt - conn.snd_una > conn.send.size;
      return !fin_sent || conn.receive.size > 0;
    }
    case State::kNone:
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kTimeWait: break;
  }
  return false;
}

// shutdown(). ENOTCONN: there is no peer.
constexpr Errno CheckShutdown(const Connection& conn) {
  return conn.state == State::kClosed ? Errno::kNotConn : Errno::kOk;
}

}  // namespace handfast

#endif  // STACK_CALL_CLOSE_H_
