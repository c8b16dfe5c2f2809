// Script: a scenario as text, in packetdrill's manner, and what should come of it. The
// language is described in harness/op/README.md.
//
//     +0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
//     +0   bind(3, 80) = 0
//     +0   listen(3, 1) = 0
//     +.1  < B:40001 > 80  S 1000(0) win 65535 <mss 1460>
//     +0   > B:40001  S. 0 ack 1 win 16384 <mss 1460>
//      ?   synq 1 acceptq 0  TcpExt.ListenDrops=0

#ifndef HARNESS_OP_SCRIPT_H_
#define HARNESS_OP_SCRIPT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/op/op.h"
#include "stack/base/result.h"
#include "stack/base/units.h"
#include "stack/counters.h"

namespace handfast {

// What should hold after the op before it. It is compared as text.
struct Expectation {
  enum class Kind : uint8_t {
    kAnswer,       // of the call: an errno, or else a number
    kState,        // of a socket
    kSynQueue,     // how long a listener's is
    kAcceptQueue,  // the same
    kOnTheWay,     // how many datagrams are, between our stack and A
    kCounter,
    kSent,  // the next segment that our stack has sent to this peer left now, and says so
  };

  Kind kind = Kind::kAnswer;
  uint8_t fd = 0;
  Verb verb{};  // of the call
  Counter counter{};
  uint8_t peer = 0;
  uint8_t peer_port = 0;
  std::string text;

  friend bool operator==(const Expectation&, const Expectation&) = default;
};

struct ScriptStep {
  uint32_t line = 0;  // from 1 on
  std::variant<Op, Expectation> what;
};

struct Script {
  uint8_t setup = 0;
  std::vector<ScriptStep> steps;

  Scenario scenario() const;
};

// A script; or none, and then "line 3, column 7: expected ..., found ...".
struct Parsed {
  std::optional<Script> script;
  std::string error;
};

Parsed Parse(std::string_view text);

// One line, without its end. REQUIRES, of both: normal ops. Then Parse gives them back.
std::string Print(const Op& op);
// A line for each op; but a wait is the time before the op that follows.
std::string Print(std::span<const Op> scenario, uint8_t setup = 0);

// For a test that fails.
inline void PrintTo(const Op& op, std::ostream* out) { *out << Print(op); }

// Who a flow is with: "B:40001"; of a real one, ours first: "B:40001" or "10.0.0.9:1234".
std::string PrintPeer(const FlowName& flow);
std::string PrintPeer(const Flow& flow);

// What a call was answered, as scripts write it: "EAGAIN", "100".
std::string AnswerText(Verb verb, Errno error, uint32_t value);

// Plays a script, and looks after each step whether what is expected has come, and at the
// end whether anything was wrong by itself. "", or what is not so, beside what is expected,
// at the line where it is.
std::string Plays(std::string_view text);

}  // namespace handfast

#endif  // HARNESS_OP_SCRIPT_H_
