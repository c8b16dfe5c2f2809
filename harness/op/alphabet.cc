// The alphabets of explorations.

#include "harness/op/explore.h"
#include "stack/wire/tcp_view.h"

namespace handfast {
namespace {

Op Make(Verb verb, uint8_t fd = 0) {
  Op op;
  op.verb = verb;
  op.fd = fd;
  return op;
}

Op Count(Verb verb, uint16_t length, uint8_t fd = 0) {
  Op op = Make(verb, fd);
  op.length = length;
  return op;
}

Op Amount(Verb verb, int32_t amount, uint8_t fd = 0) {
  Op op = Make(verb, fd);
  op.amount = amount;
  return op;
}

Op Accept(uint8_t other) {
  Op op = Make(Verb::kAccept);
  op.other_fd = other;
  return op;
}

Op Mode(Verb verb, uint8_t mode, uint8_t fd) {
  Op op = Make(verb, fd);
  op.mode = mode;
  return op;
}

// A segment of stranger B (port 0) or of the peer of a descriptor.
Op Segment(unsigned flags, uint8_t fd = Op::kNoFd, uint8_t port = 0) {
  Op op = Make(Verb::kSegment, fd);
  if (fd == Op::kNoFd) op.flow = {1, port, 0};
  op.mode = static_cast<uint8_t>(flags);
  op.window = 1000;
  return op;
}

Op Off(Op op, int32_t seq, int32_t ack = 0) {
  op.seq_delta = seq;
  op.ack_delta = ack;
  return op;
}

Op AckOfUna(Op op) {
  op.ack = Base::kEdge;
  return op;
}

Op Text(Op op, uint16_t length) {
  op.length = length;
  return op;
}

Op Connect() {
  Op op = Make(Verb::kConnect);
  op.flow = {1, 2, 0};
  return op;
}

const Scenario kListening = {Make(Verb::kSocket), Make(Verb::kBind), Amount(Verb::kListen, 0)};

Scenario Open() {
  Scenario open = kListening;
  for (const Op& op : {Segment(kSyn), Segment(kAck), Accept(1)}) open.push_back(op);
  return open;
}

Alphabet Passive() {
  return {"passive",
          kListening,
          {{"B: SYN", Segment(kSyn)},
           {"B: ACK", Segment(kAck)},
           {"B: ACK of something else", Off(Segment(kAck), 0, 1)},
           {"B: text", Text(Segment(kAck | kPsh), 10)},
           {"B: FIN", Segment(kFin | kAck)},
           {"B: RST", Segment(kRst)},
           {"B: RST, not exact", Off(Segment(kRst), 1)},
           {"B: old segment", Off(Segment(kAck), -100)},
           {"another: SYN", Segment(kSyn, Op::kNoFd, 1)},
           {"another: ACK", Segment(kAck, Op::kNoFd, 1)},
           {"another: RST", Segment(kRst, Op::kNoFd, 1)},
           {"accept", Accept(1)},
           {"close the child", Make(Verb::kClose, 1)},
           {"close the listener", Make(Verb::kClose, 0)},
           {"to the next deadline", Count(Verb::kDeadline, 1)}}};
}

Alphabet Active() {
  return {"active",
          {Make(Verb::kSocket), Connect()},
          {{"SYN-ACK", Segment(kSyn | kAck, 0)},
           {"SYN-ACK of something else", Off(Segment(kSyn | kAck, 0), 0, 1)},
           {"SYN", Segment(kSyn, 0)},
           {"ACK", Segment(kAck, 0)},
           {"ACK of something else", Off(Segment(kAck, 0), 0, 1)},
           {"RST with ACK", Segment(kRst | kAck, 0)},
           {"RST", Segment(kRst, 0)},
           {"FIN", Segment(kFin | kAck, 0)},
           {"text", Text(Segment(kAck | kPsh, 0), 10)},
           {"port unreachable",
            Mode(Verb::kIcmp, static_cast<uint8_t>(IcmpKind::kPortUnreachable), 0)},
           {"write", Count(Verb::kWrite, 10, 0)},
           {"close", Make(Verb::kClose, 0)},
           {"take the error", Make(Verb::kTakeError, 0)},
           {"to the next deadline", Count(Verb::kDeadline, 1)}}};
}

Alphabet Closing() {
  return {"closing",
          Open(),
          {{"ACK", Segment(kAck)},
           {"text", Text(Segment(kAck | kPsh), 10)},
           {"text, one too far", Text(Off(Segment(kAck | kPsh), 1), 10)},
           {"ACK of nothing new", AckOfUna(Segment(kAck))},
           {"FIN, ACK of nothing new", AckOfUna(Segment(kFin | kAck))},
           {"FIN", Segment(kFin | kAck)},
           {"FIN of something else", Off(Segment(kFin | kAck), 1)},
           {"RST", Segment(kRst)},
           {"SYN", Segment(kSyn)},
           {"write", Count(Verb::kWrite, 10, 1)},
           {"read", Count(Verb::kRead, 20, 1)},
           {"shutdown for writing", Mode(Verb::kShutdown, 1, 1)},
           {"close", Make(Verb::kClose, 1)},
           {"abort", Make(Verb::kAbort, 1)},
           {"to the next deadline", Count(Verb::kDeadline, 1)}}};
}

}  // namespace

const std::vector<Alphabet>& Alphabets() {
  static const std::vector<Alphabet> alphabets{Passive(), Active(), Closing()};
  return alphabets;
}

}  // namespace handfast
