// Scripts, line by line.

#include <algorithm>
#include <cctype>

#include "harness/op/script_line.h"
#include "stack/base/result.h"
#include "stack/sock/state.h"

namespace handfast {
using namespace words;

namespace {

constexpr const char* kErrnos[] = {
#define HF_TEXT(name, number, text) text,
    HF_ERRNOS(HF_TEXT)
#undef HF_TEXT
};

std::string_view WithoutComment(std::string_view line) {
  return line.substr(0, std::min(line.find('#'), line.find("//")));
}

}  // namespace

void LineParser::ParseLine() {
  if (c_.Take("--")) return ParseSetup();
  if (c_.Take("?")) return ParseHopes();
  if (c_.Take("+"))
    ParseTime();
  else
    ParseEvent();
}

void LineParser::ParseSetup() {
  c_.Need("setup");
  c_.Need("=");
  std::array<const char*, kSetups> names{};
  for (uint8_t i = 0; i < kSetups; ++i) names[i] = SetupName(i);
  if (!script_.steps.empty()) c_.Fail("a setup before all that happens");
  script_.setup = c_.OneOf(names);
}

void LineParser::ParseTime() {
  Op wait;
  wait.amount = static_cast<int32_t>(c_.Seconds(kLongestWait - 1));
  const bool alone = c_.AtEnd();
  if (alone || wait.amount != 0) Add(wait);
  if (!alone) ParseEvent();
}

void LineParser::ParseEvent() {
  if (c_.Take("<")) return ParseIn();
  if (c_.Take(">")) return ParseSent();
  ParseStep();
}

void LineParser::ParseStep() {
  Op op;
  op.honest = c_.Take("A.");
  for (uint8_t i = 0; i < kVerbCount; ++i) {
    const auto verb = static_cast<Verb>(i);
    const bool has_own_form =
        verb == Verb::kSegment || verb == Verb::kIcmp || verb == Verb::kWait;
    const bool call = (FieldsOf(verb) & kHonest) != 0;
    if (has_own_form || (op.honest && !call) || !c_.Take(Name(verb))) continue;
    op.verb = verb;
    if (call)
      ParseCall(op);
    else
      ParseVerb(op);
    return;
  }
  c_.Fail(op.honest ? "a call" : "a call, a verb, '<' or '>'");
}

void LineParser::ParseCall(Op& op) {
  c_.Need("(");
  ParseArguments(op);
  c_.Need(")");
  ParseAnswer(op);
}

void LineParser::ParseArguments(Op& op) {
  const auto ellipses = [this] {
    c_.Need(",");
    c_.Need("...");
  };
  if (op.verb == Verb::kSocket) {
    for (const char* token : {"...", ",", "SOCK_STREAM", ",", "IPPROTO_TCP"}) c_.Need(token);
    return;
  }
  if (op.verb == Verb::kEvents) {
    op.length = Count(op.verb);
    return;
  }
  op.fd = Fd();
  if (op.verb == Verb::kAccept) {
    ellipses();
    ellipses();
  }
  if (op.verb == Verb::kRead || op.verb == Verb::kWrite) ellipses();
  const uint32_t fields = FieldsOf(op.verb);
  if ((fields & (kHerePort | kPeerPort | kLength | kMode | kAmount)) == 0) return;
  c_.Need(",");
  if (op.verb == Verb::kBind)
    op.flow.here = PortOf(op.honest ? Play::PeerPort : Play::HerePort);
  if (op.verb == Verb::kConnect && op.honest) op.flow.peer_port = PortOf(Play::HerePort);
  if (op.verb == Verb::kConnect && !op.honest) ParsePeer(op.flow);
  if (op.verb == Verb::kShutdown) op.mode = c_.OneOf(kShutdowns);
  if (op.verb == Verb::kInterest) op.mode = static_cast<uint8_t>(c_.Number(0, 255));
  if (op.verb == Verb::kSetOption) {
    op.mode = c_.OneOf(kOptions);
    c_.Need(",");
  }
  if ((fields & kAmount) != 0) op.amount = Amount();
  if ((fields & kLength) != 0) op.length = Count(op.verb);
}

// "= 3" names a descriptor where the call makes one, "= 100" is expected where it does not;
// "= EAGAIN" and "= -1 EAGAIN" are expected anywhere, after the name where there is one.
void LineParser::ParseAnswer(Op& op) {
  const bool names = op.verb == Verb::kSocket || op.verb == Verb::kAccept;
  std::string text;
  if (names) {
    c_.Need("=");
    (op.verb == Verb::kSocket ? op.fd : op.other_fd) = Fd();
    text = ParseErrno();
  } else if (c_.Take("=")) {
    c_.SkipBlanks();
    const bool digit = std::isdigit(static_cast<unsigned char>(c_.next())) != 0;
    if (digit) {
      text = std::to_string(c_.Number(0, UINT32_MAX));
    } else {
      (void)c_.Take("-1");
      text = ParseErrno();
      if (text.empty()) c_.Fail("a number or an errno");
    }
  }
  Add(op);
  if (text.empty()) return;
  Expectation hope;
  hope.verb = op.verb;
  hope.text = std::move(text);
  Add(std::move(hope));
}

// "" if there is none. What it means may stand after it, as in packetdrill.
std::string LineParser::ParseErrno() {
  for (const char* name : kErrnos) {
    if (!c_.Take(name)) continue;
    if (c_.Take("(")) c_.SkipPast(')');
    return name;
  }
  return "";
}

void LineParser::ParseVerb(Op& op) {
  const uint32_t fields = FieldsOf(op.verb);
  if ((fields & kPeer) != 0) op.flow.peer = Peer();
  if (op.verb == Verb::kArp) op.mode = c_.OneOf(kArpKinds);
  if (op.verb == Verb::kRestart) {
    std::array<const char*, kSetups> names{};
    for (uint8_t i = 0; i < kSetups; ++i) names[i] = SetupName(i);
    op.mode = c_.OneOf(names);
  }
  if ((fields & kLength) != 0) op.length = Count(op.verb);
  if (op.verb == Verb::kCorrupt) c_.Need("bit");
  if (op.verb == Verb::kJump)
    op.amount = static_cast<int32_t>(c_.Seconds(kLongestWait - 1));
  else if ((fields & kAmount) != 0)
    op.amount = Amount();
  Add(op);
}

// After "?".
void LineParser::ParseHopes() {
  using Kind = Expectation::Kind;
  const auto count = [this] { return std::to_string(c_.Number(0, UINT32_MAX)); };
  uint8_t fd = 0;
  do {
    if (c_.Take("fd")) {
      fd = Fd();
    } else if (c_.Take("synq")) {
      Expect(Kind::kSynQueue, fd, count());
    } else if (c_.Take("acceptq")) {
      Expect(Kind::kAcceptQueue, fd, count());
    } else if (c_.Take("on_the_way")) {
      Expect(Kind::kOnTheWay, 0, count());
    } else if (c_.Take("state")) {
      const uint8_t whose = Fd();
      Words<kStateCount> states{};
      for (size_t i = 0; i < kStateCount; ++i) states[i] = Name(static_cast<State>(i));
      Expect(Kind::kState, whose, states[c_.OneOf(states)]);
    } else {
      c_.SkipBlanks();
      const size_t column = c_.column();
      const std::string_view name = c_.Word();
      Expectation hope;
      hope.kind = Kind::kCounter;
      size_t i = 0;
      while (i < kCounterCount && Name(static_cast<Counter>(i)) != name) ++i;
      if (i == kCounterCount)
        return c_.FailAt(column, "fd, synq, acceptq, on_the_way, state or a counter");
      hope.counter = static_cast<Counter>(i);
      c_.Need("=");
      hope.text = count();
      Add(std::move(hope));
    }
  } while (!c_.failed() && !c_.AtEnd());
}

Parsed Parse(std::string_view text) {
  Script script;
  for (uint32_t line = 1; !text.empty(); ++line) {
    const size_t end = text.find('\n');
    if (std::string wrong =
            LineParser(WithoutComment(text.substr(0, end)), line, script).Parse();
        !wrong.empty())
      return {std::nullopt, std::move(wrong)};
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return {std::move(script), ""};
}

}  // namespace handfast
