// The eleven states, and the arrows between them (RFC 9293 figure 5).

#ifndef STACK_SOCK_STATE_H_
#define STACK_SOCK_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace handfast {

enum class State : uint8_t {
  kNone,  // no such object, or no such arrow
  kClosed,
  kListen,
  kSynSent,
  kSynReceived,
  kEstablished,
  kFinWait1,
  kFinWait2,
  kCloseWait,
  kClosing,
  kLastAck,
  kTimeWait,
};
inline constexpr size_t kStateCount = 12;

constexpr const char* Name(State state) {
  switch (state) {
    case State::kNone: return "-";
    case State::kClosed: return "CLOSED";
    case State::kListen: return "LISTEN";
    case State::kSynSent: return "SYN-SENT";
    case State::kSynReceived: return "SYN-RECEIVED";
    case State::kEstablished: return "ESTABLISHED";
    case State::kFinWait1: return "FIN-WAIT-1";
    case State::kFinWait2: return "FIN-WAIT-2";
    case State::kCloseWait: return "CLOSE-WAIT";
    case State::kClosing: return "CLOSING";
    case State::kLastAck: return "LAST-ACK";
    case State::kTimeWait: return "TIME-WAIT";
  }
  return "?";
}

enum class Event : uint8_t {
  kPassiveOpen,
  kActiveOpen,
  kRcvSyn,
  kRcvSynAck,
  kRcvAckOfSyn,
  kSndFin,  // CLOSE or SHUTDOWN, once all before it was queued
  kRcvFin,
  kRcvAckOfFin,
  kRcvRst,
  kAbort,
  kTimeout,
};
inline constexpr size_t kEventCount = 11;

struct Arrow {
  State from;
  Event event;
  State to;
};

// One row for each arrow. A request (half-open, passive) lives at SYN-RECEIVED; when it
// ends without a connection it simply ceases, and its listener stays at LISTEN.
// clang-format off
inline constexpr Arrow kArrows[] = {
    {State::kClosed,      Event::kPassiveOpen, State::kListen},
    {State::kClosed,      Event::kActiveOpen,  State::kSynSent},
    {State::kListen,      Event::kRcvSyn,      State::kSynReceived},
    {State::kListen,      Event::kAbort,       State::kClosed},
    {State::kSynSent,     Event::kRcvSynAck,   State::kEstablished},
    {State::kSynSent,     Event::kRcvSyn,      State::kSynReceived},  // simultaneous open
    {State::kSynReceived, Event::kRcvAckOfSyn, State::kEstablished},
    {State::kEstablished, Event::kSndFin,      State::kFinWait1},
    {State::kEstablished, Event::kRcvFin,      State::kCloseWait},
    {State::kFinWait1,    Event::kRcvAckOfFin, State::kFinWait2},
    {State::kFinWait1,    Event::kRcvFin,      State::kClosing},
    {State::kFinWait2,    Event::kRcvFin,      State::kTimeWait},
    {State::kCloseWait,   Event::kSndFin,      State::kLastAck},
    {State::kClosing,     Event::kRcvAckOfFin, State::kTimeWait},
    {State::kLastAck,     Event::kRcvAckOfFin, State::kClosed},
    {State::kTimeWait,    Event::kRcvSyn,      State::kSynReceived},  // RFC 6191
    {State::kTimeWait,    Event::kRcvRst,      State::kClosed},
    {State::kTimeWait,    Event::kTimeout,     State::kClosed},
    {State::kSynSent,     Event::kRcvRst,      State::kClosed},
    {State::kSynReceived, Event::kRcvRst,      State::kClosed},
    {State::kEstablished, Event::kRcvRst,      State::kClosed},
    {State::kFinWait1,    Event::kRcvRst,      State::kClosed},
    {State::kFinWait2,    Event::kRcvRst,      State::kClosed},
    {State::kCloseWait,   Event::kRcvRst,      State::kClosed},
    {State::kClosing,     Event::kRcvRst,      State::kClosed},
    {State::kLastAck,     Event::kRcvRst,      State::kClosed},
    {State::kSynSent,     Event::kAbort,       State::kClosed},
    {State::kSynReceived, Event::kAbort,       State::kClosed},
    {State::kEstablished, Event::kAbort,       State::kClosed},
    {State::kFinWait1,    Event::kAbort,       State::kClosed},
    {State::kFinWait2,    Event::kAbort,       State::kClosed},
    {State::kCloseWait,   Event::kAbort,       State::kClosed},
    {State::kClosing,     Event::kAbort,       State::kClosed},
    {State::kLastAck,     Event::kAbort,       State::kClosed},
    {State::kSynSent,     Event::kTimeout,     State::kClosed},
    {State::kSynReceived, Event::kTimeout,     State::kClosed},
    {State::kEstablished, Event::kTimeout,     State::kClosed},
    {State::kFinWait1,    Event::kTimeout,     State::kClosed},
    {State::kFinWait2,    Event::kTimeout,     State::kClosed},
    {State::kCloseWait,   Event::kTimeout,     State::kClosed},
    {State::kClosing,     Event::kTimeout,     State::kClosed},
    {State::kLastAck,     Event::kTimeout,     State::kClosed},
};
// clang-format on

void TwoArrowsLeaveOneStateOnOneEvent();  // never defined: a compile error with a name

// The same arrows, indexed; kNone where there is none.
inline constexpr auto kNextState = [] {
  std::array<std::array<State, kEventCount>, kStateCount> next{};
  for (const auto& [from, event, to] : kArrows) {
    State& cell = next[static_cast<size_t>(from)][static_cast<size_t>(event)];
    if (cell != State::kNone) TwoArrowsLeaveOneStateOnOneEvent();
    cell = to;
  }
  return next;
}();

constexpr State Next(State from, Event event) {
  return kNextState[static_cast<size_t>(from)][static_cast<size_t>(event)];
}

// ESTABLISHED and all later states (RFC 9293 §3.4: "synchronized").
constexpr bool IsSynchronized(State state) { return state >= State::kEstablished; }

// May text and FIN of the peer still come?
constexpr bool MayReceive(State state) {
  return state == State::kEstablished || state == State::kFinWait1 || state == State::kFinWait2;
}

}  // namespace handfast

#endif  // STACK_SOCK_STATE_H_
