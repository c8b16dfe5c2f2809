// LineParser: a line of a script becomes steps, or a complaint.

#ifndef HARNESS_OP_SCRIPT_LINE_H_
#define HARNESS_OP_SCRIPT_LINE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "harness/op/cat.h"
#include "harness/op/fields.h"
#include "harness/op/play.h"
#include "harness/op/script.h"
#include "harness/op/script_cursor.h"
#include "harness/op/script_words.h"

namespace handfast {

class LineParser {
 public:
  LineParser(std::string_view line, uint32_t number, Script& script)
      : c_(line), number_(number), script_(script) {}

  // "", or the complaint.
  std::string Parse() {
    if (!c_.AtEnd()) ParseLine();
    if (!c_.failed() && !c_.AtEnd()) c_.Fail("the end of the line");
    if (!c_.failed()) return "";
    return Cat("line ", std::to_string(number_), ", ", c_.Complaint());
  }

 private:
  void ParseLine();
  void ParseSetup();
  void ParseTime();
  void ParseEvent();
  void ParseIn();
  void ParseSegment(Op& op);
  void ParseOptions(Op& op);
  void ParseOption(Op& op);
  void ParseIcmp(Op& op);
  void ParseSent();
  void ParseStep();
  void ParseCall(Op& op);
  void ParseArguments(Op& op);
  void ParseAnswer(Op& op);
  void ParseVerb(Op& op);
  void ParseHopes();

  void Add(const Op& op) { script_.steps.push_back({number_, Normal(op)}); }
  void Add(Expectation hope) { script_.steps.push_back({number_, std::move(hope)}); }
  void Expect(Expectation::Kind kind, uint8_t fd, std::string text) {
    Expectation hope;
    hope.kind = kind;
    hope.fd = fd;
    hope.text = std::move(text);
    Add(std::move(hope));
  }

  uint8_t Fd() {
    constexpr int64_t kFirst = words::kFirstFd;
    return static_cast<uint8_t>(c_.Number(kFirst, kFirst + Op::kFds - 1) - kFirst);
  }
  uint16_t Count(Verb verb) { return static_cast<uint16_t>(c_.Number(0, MostOf(verb))); }
  int32_t Amount() { return static_cast<int32_t>(c_.Number(INT32_MIN, INT32_MAX)); }
  uint8_t Peer() {
    constexpr std::array<const char*, FlowName::kPeers> kPeers{"A", "B", "C", "D"};
    return c_.OneOf(kPeers);
  }
  // The index of a port in a table of four.
  uint8_t PortOf(Port (*table)(uint8_t)) {
    std::array<std::string, 4> numbers;
    for (uint8_t i = 0; i < 4; ++i)
      numbers[i] = std::to_string(static_cast<uint16_t>(table(i)));
    return c_.OneOf(numbers);
  }
  void ParsePeer(FlowName& flow) {
    flow.peer = Peer();
    c_.Need(":");
    flow.peer_port = PortOf(Play::PeerPort);
  }
  void ParseRelative(const words::Words<3>& bases, Base& base, int32_t& delta);
  std::string ParseErrno();

  Cursor c_;
  uint32_t number_;
  Script& script_;
};

}  // namespace handfast

#endif  // HARNESS_OP_SCRIPT_LINE_H_
