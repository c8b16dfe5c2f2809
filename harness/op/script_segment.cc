// Segments in scripts: "<" comes in, ">" leaves.

#include <cctype>

#include "harness/op/script_line.h"
#include "harness/packet.h"

namespace handfast {

using namespace words;

void LineParser::ParseRelative(const Words<3>& bases, Base& base, int32_t& delta) {
  c_.SkipBlanks();
  for (size_t i = 0; i < bases.size(); ++i) {
    if (!c_.Take(bases[i])) continue;
    base = static_cast<Base>(i);
    if (c_.next() == '+' || c_.next() == '-') delta = Amount();
    return;
  }
  base = Base::kZero;
  if (c_.next() != '-' && std::isdigit(static_cast<unsigned char>(c_.next())) == 0)
    return c_.Fail(std::string(bases[0]) + ", " + bases[1] + ", " + bases[2] + " or a number");
  delta = static_cast<int32_t>(c_.Number(INT32_MIN, UINT32_MAX));
}

// What comes in, after "<".
void LineParser::ParseIn() {
  Op op;
  if (c_.Take("to")) {
    op.fd = Fd();
  } else {
    op.fd = Op::kNoFd;
    ParsePeer(op.flow);
    c_.Need(">");
    op.flow.here = PortOf(Play::HerePort);
  }
  if (c_.Take("icmp"))
    ParseIcmp(op);
  else
    ParseSegment(op);
  Add(op);
}

void LineParser::ParseSegment(Op& op) {
  op.verb = Verb::kSegment;
  c_.SkipBlanks();
  const size_t column = c_.column();
  const std::string_view flags = c_.Word();
  if (flags != "none")
    for (const char letter : flags) {
      const size_t bit = std::string_view("FSRP.UEW").find(letter);
      if (bit == std::string_view::npos) c_.FailAt(column, "flags of FSRP.UEW, or 'none'");
      op.mode |= static_cast<uint8_t>(1 << (bit & 7));
    }
  if (flags.empty()) c_.Fail("flags of FSRP.UEW, or 'none'");
  ParseRelative(kReceiveBases, op.seq, op.seq_delta);
  c_.Need("(");
  op.length = Count(Verb::kSegment);
  c_.Need(")");
  if ((op.mode & kAck) != 0) {
    c_.Need("ack");
    ParseRelative(kSendBases, op.ack, op.ack_delta);
  }
  c_.Need("win");
  op.window = static_cast<uint16_t>(c_.Number(0, 65535));
  if (c_.Take("<")) ParseOptions(op);
  if (!c_.failed() && !c_.AtEnd()) op.harm = static_cast<Harm>(c_.OneOf(kHarms));
}

void LineParser::ParseOptions(Op& op) {
  do ParseOption(op);
  while (c_.Take(","));
  c_.Need(">");
}

void LineParser::ParseOption(Op& op) {
  if (c_.Take("nop")) return;
  c_.SkipBlanks();
  const size_t column = c_.column();
  // Ordered as their bits are.
  constexpr Words<8> kNames{"mss", "sackOK", "ts", "ws", "sack", "FO", "md5", "kind"};
  const auto bit = static_cast<uint8_t>(1 << c_.OneOf(kNames));
  if (c_.failed()) return;
  if ((op.options & bit) != 0) return c_.FailAt(column, "each option once");
  op.options |= bit;
  if (bit == kWithMss) op.mss = static_cast<uint16_t>(c_.Number(0, 65535));
  if (bit == kWithScale) op.scale = static_cast<uint8_t>(c_.Number(0, 255));
  if (bit == kWithUnknown) c_.Need("200");
  if (bit != kWithStamps) return;
  op.ts_val = static_cast<Stamp>(c_.OneOf(kStamps));
  op.ts_ecr = static_cast<Stamp>(c_.OneOf(kStamps));
}

void LineParser::ParseIcmp(Op& op) {
  op.verb = Verb::kIcmp;
  op.mode = c_.OneOf(kIcmpKinds);
  if (c_.Take("mtu")) op.window = static_cast<uint16_t>(c_.Number(0, 65535));
  c_.Need("[");
  ParseRelative(kSendBases, op.seq, op.seq_delta);
  c_.Need("]");
}

// What our stack sends, after ">": as harness/notation.h writes it.
void LineParser::ParseSent() {
  FlowName flow;
  ParsePeer(flow);
  const auto number = [this] {
    const std::string_view word = c_.Word();
    const size_t digit = word.find_first_of("0123456789");
    if (digit == std::string_view::npos) c_.Fail("a number");
    return std::string(word);
  };
  Expectation hope;
  hope.kind = Expectation::Kind::kSent;
  hope.peer = flow.peer;
  hope.peer_port = flow.peer_port;
  hope.text = c_.Word();
  if (hope.text.empty()) c_.Fail("flags");
  hope.text = Cat(hope.text, " ", number());
  if (c_.Take(":")) {
    const std::string end = number();
    c_.Need("(");
    const int64_t length = c_.Number(0, 65535);
    c_.Need(")");
    if (length > 0) hope.text = Cat(hope.text, ":", end, "(", std::to_string(length), ")");
  }
  for (const char* name : {"ack", "win", "tos"})
    if (c_.Take(name)) hope.text = Cat(hope.text, " ", name, " ", number());
  if (c_.Take("<")) {
    std::string options = " <";
    for (const char letter : c_.Rest())
      if (letter != ' ' || options.back() != ',') options += letter;
    if (options.back() != '>') c_.Fail("'>'");
    hope.text += options;
  }
  Add(std::move(hope));
}

}  // namespace handfast
