// SEND and RECEIVE: read() and write() by state (RFC 9293 §3.10.2, §3.10.3).

#ifndef STACK_CALL_TRANSFER_H_
#define STACK_CALL_TRANSFER_H_

#include "stack/base/result.h"
#include "stack/sock/connection.h"

namespace handfast {

// What reading gives when no text waits. kOk: the end, for ever.
constexpr Errno CheckRead(const Connection& conn) {
  if (conn.error != Errno::kOk) return conn.error;
  if (conn.has(Connection::kFinReceived) || conn.has(Connection::kReadShut)) return Errno::kOk;
  switch (conn.state) {
    case State::kClosed: return conn.flow.peer_port == Port{0} ? Errno::kNotConn : Errno::kOk;
    case State::kSynSent:
    case State::kSynReceived:
    case State::kEstablished:
    case State::kFinWait1:
    case State::kFinWait2: return Errno::kAgain;
    case State::kNone:
    case State::kListen:
    case State::kCloseWait:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait: break;
  }
  return Errno::kOk;
}

// Why nothing can be written now. kOk: something can.
constexpr Errno CheckWrite(const Connection& conn) {
  if (conn.error != Errno::kOk) return conn.error;
  if (conn.has(Connection::kFinQueued)) return Errno::kPipe;
  switch (conn.state) {
    case State::kClosed: return conn.flow.peer_port == Port{0} ? Errno::kNotConn : Errno::kPipe;
    case State::kSynSent:
    case State::kSynReceived: return Errno::kAgain;
    case State::kEstablished:
    case State::kCloseWait:
      return conn.send.size < conn.options.send_buffer ? Errno::kOk : Errno::kAgain;
    case State::kNone:
    case State::kListen:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait: break;
  }
  return Errno::kPipe;
}

}  // namespace handfast

#endif  // STACK_CALL_TRANSFER_H_
