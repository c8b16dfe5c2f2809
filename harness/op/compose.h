// Compose: ops as tests write them, one call for each.

#ifndef HARNESS_OP_COMPOSE_H_
#define HARNESS_OP_COMPOSE_H_

#include <cstdint>

#include "harness/op/op.h"
#include "stack/wire/tcp_view.h"

namespace handfast {

// An op of a descriptor; `amount` is a backlog, milliseconds, an option's value.
inline Op Call(Verb verb, uint8_t fd, int32_t amount = 0) {
  Op op;
  op.verb = verb;
  op.fd = fd;
  op.amount = amount;
  return op;
}

// The same of the honest peer's user.
inline Op OfPeer(Op op) {
  op.honest = true;
  return op;
}

// An op that happens so often, or to so many, or with so many octets.
inline Op Count(Verb verb, uint16_t length, uint8_t fd = 0) {
  Op op = Call(verb, fd);
  op.length = length;
  return op;
}

inline Op Wait(int32_t ms) { return Call(Verb::kWait, 0, ms); }

inline Op Accept(uint8_t listener, uint8_t child) {
  Op op = Call(Verb::kAccept, listener);
  op.other_fd = child;
  return op;
}

// Our user calls a port of a peer.
inline Op Connect(uint8_t fd, uint8_t peer, uint8_t port) {
  Op op = Call(Verb::kConnect, fd);
  op.flow = {peer, port, 0};
  return op;
}

// A segment as its receiver expects it, from a port of a peer to our port 80.
inline Op Say(uint8_t peer, unsigned flags, uint8_t port = 0) {
  Op op = Call(Verb::kSegment, Op::kNoFd);
  op.flow = {peer, port, 0};
  op.mode = static_cast<uint8_t>(flags);
  op.window = 65535;
  return op;
}

// The same from the peer of a descriptor.
inline Op SayTo(uint8_t fd, unsigned flags) {
  Op op = Say(0, flags);
  op.fd = fd;
  return op;
}

// So far from what its receiver expects.
inline Op Off(Op op, int32_t seq, int32_t ack = 0) {
  op.seq_delta = seq;
  op.ack_delta = ack;
  return op;
}

inline Op With(Op op, unsigned options) {
  op.options = static_cast<uint8_t>(options);
  op.mss = 1400;
  op.scale = 7;
  return op;
}

// Our user listens on port 80 as descriptor 0.
inline Scenario Listening(int backlog = 5) {
  return {Call(Verb::kSocket, 0), Call(Verb::kBind, 0), Call(Verb::kListen, 0, backlog)};
}

}  // namespace handfast

#endif  // HARNESS_OP_COMPOSE_H_
