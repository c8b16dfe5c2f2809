// Verdict: what a judge says of a segment, and the reason where the segment goes no further.

#ifndef STACK_ARRIVE_VERDICT_H_
#define STACK_ARRIVE_VERDICT_H_

#include <cstdint>

#include "stack/wire/drop.h"

namespace handfast {

// X(enumerator, what a log says)
#define HF_ACTIONS(X)                                           \
  X(kDrop, "drop")                                              \
  X(kSendRst, "answer with RST")                                \
  X(kSendAck, "answer with ACK")                                \
  X(kChallenge, "answer with challenge ACK")                    \
  X(kQueue, "queue a request, answer with SYN-ACK")             \
  X(kResendSynAck, "send the SYN-ACK again")                    \
  X(kForget, "forget the request")                              \
  X(kRefuse, "forget the request, answer with RST")             \
  X(kHold, "keep the request, the accept queue is full")        \
  X(kEstablish, "establish")                                    \
  X(kCross, "simultaneous open, answer with SYN-ACK")           \
  X(kSendRstRepeat, "answer with RST, send the SYN again soon") \
  X(kReset, "the peer reset the connection")                    \
  X(kAccept, "acceptable, process")                             \
  X(kRestart, "restart the 2 MSL timer")                        \
  X(kRestartAck, "restart the 2 MSL timer, answer with ACK")    \
  X(kEnd, "end TIME-WAIT")                                      \
  X(kReopen, "a new connection takes over the flow")            \
  X(kSoftError, "remember the error")                           \
  X(kAbort, "end the attempt with the error")                   \
  X(kLowerMtu, "remember the path MTU")                         \
  X(kEchoReply, "answer the echo")

enum class Action : uint8_t {
#define HF_ENUM(name, text) name,
  HF_ACTIONS(HF_ENUM)
#undef HF_ENUM
};

constexpr const char* Text(Action action) {
  switch (action) {
#define HF_TEXT(name, text) \
  case Action::name: return text;
    HF_ACTIONS(HF_TEXT)
#undef HF_TEXT
  }
  return "?";
}

struct Verdict {
  Action action = Action::kDrop;
  Drop drop = Drop::kNone;  // kNone: the segment was delivered

  constexpr Verdict() = default;
  constexpr Verdict(Action a, Drop d = Drop::kNone) : action(a), drop(d) {}  // NOLINT: implicit
  friend constexpr bool operator==(Verdict, Verdict) = default;
};

}  // namespace handfast

#endif  // STACK_ARRIVE_VERDICT_H_
