#include "harness/app/reproduction.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <functional>
#include <ostream>
#include <utility>

#include "harness/capture/ladder.h"
#include "harness/capture/pcapng.h"
#include "harness/fuzz/op_input.h"
#include "harness/op/cat.h"
#include "harness/op/film.h"
#include "harness/op/play.h"
#include "harness/op/script.h"
#include "harness/op/shrink.h"
#include "harness/op/story.h"
#include "harness/oracle/oracle.h"

namespace handfast {
namespace {

// A script has nothing in it but what a keyboard has.
bool IsText(std::string_view octets) {
  for (const char c : octets)
    if ((c < ' ' || c > '~') && c != '\n' && c != '\t' && c != '\r') return false;
  return !octets.empty();
}

// The first invariant that it names: "I-17"; "" if it names none.
std::string_view KindOf(std::string_view wrong) {
  for (size_t at = wrong.find("I-"); at != std::string_view::npos;
       at = wrong.find("I-", at + 1))
    if (at + 4 <= wrong.size() && std::isdigit(static_cast<unsigned char>(wrong[at + 2])) != 0)
      return wrong.substr(at, wrong.find_first_of(": ", at) - at);
  return "";
}

bool SameEnd(const Outcome& a, const Outcome& b) {
  return a.dies == b.dies && a.wrong.empty() == b.wrong.empty() &&
         KindOf(a.wrong) == KindOf(b.wrong);
}

// What a child says: a dot for each op that is done, an end of line, and what is wrong.
[[noreturn]] void BeChild(const Case& what, const Check& check, int out) {
  const auto say = [out](std::string_view text) {
    if (write(out, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(1);
  };
  const std::string wrong = check(what, [&] { say("."); });
  say("\n");
  say(wrong);
  _exit(0);
}

std::string ReadAll(int in) {
  std::string text;
  std::array<char, 4096> some;
  for (ssize_t got; (got = read(in, some.data(), some.size())) > 0;)
    text.append(some.data(), static_cast<size_t>(got));
  return text;
}

// As far as it lives.
void PlayFor(Spectator& spectator, const Case& what, const Outcome& outcome) {
  Play play(what.setup);
  play.set_audits(Play::Audits::kNone);
  play.set_spectator(&spectator);
  for (size_t i = 0; i < what.scenario.size() && !(outcome.dies && i == outcome.done); ++i)
    play.Do(what.scenario[i]);
  if (!outcome.dies) play.Finish();
}

}  // namespace

Loaded Load(std::string_view octets) {
  if (IsText(octets)) {
    const Parsed parsed = Parse(octets);
    if (!parsed.script) return {std::nullopt, parsed.error};
    return {Case{parsed.script->setup, parsed.script->scenario()}, ""};
  }
  if (octets.empty()) return {std::nullopt, "it is empty"};
  const Bytes bytes(reinterpret_cast<const uint8_t*>(octets.data()), octets.size());
  OpInput input = OpInput::Decode(bytes);
  return {Case{input.setup(), std::move(input.ops)}, ""};
}

// With all audits and the model. Tells of each op that it is done.
std::string WrongOfCase(const Case& what, const std::function<void()>& done) {
  Play play(what.setup);
  Oracle oracle(play);
  play.set_spectator(&oracle);
  const auto wrong = [&] { return play.wrong().empty() ? oracle.difference() : play.wrong(); };
  for (const Op& op : what.scenario) {
    play.Do(op);
    if (std::string found = wrong(); !found.empty()) return found;
    done();
  }
  play.Finish();
  return wrong();
}

Outcome OutcomeOf(const Case& what, const Check& check) {
  int ends[2];
  if (pipe(ends) != 0) return {check(what, [] {}), false, 0};
  const pid_t child = fork();
  if (child == 0) BeChild(what, check, ends[1]);
  close(ends[1]);
  const std::string said = child > 0 ? ReadAll(ends[0]) : "";
  close(ends[0]);
  if (child < 0) return {check(what, [] {}), false, 0};
  int status = 0;
  waitpid(child, &status, 0);
  const size_t done = std::min(said.find('\n'), said.size());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return {said.substr(done + 1), false, what.scenario.size()};
  const std::string why = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "a sanitizer";
  return {Cat("it dies: ", why), true, done};
}

Case Minimised(const Case& what, const Outcome& outcome, const Check& check) {
  const auto still = [&](const Scenario& scenario) {
    const Case simpler{what.setup, scenario};
    // Processes cost; where nobody dies none is needed.
    return SameEnd(outcome, outcome.dies ? OutcomeOf(simpler, check)
                                         : Outcome{check(simpler, [] {}), false, 0});
  };
  return {what.setup, Shrink(what.scenario, still)};
}

std::string StoryOf(const Case& what, const Outcome& outcome) {
  std::string story;
  if (!outcome.dies) {
    story = StoryOf(what.scenario, what.setup);
  } else {
    if (what.setup != 0) story = Cat("--setup=", SetupName(what.setup), "\n");
    Storyteller teller(story);
    PlayFor(teller, what, outcome);
    for (size_t i = outcome.done; i < what.scenario.size(); ++i)
      story += Print(what.scenario[i]) + "\n";
  }
  if (!outcome.wrong.empty() && story.find(outcome.wrong) == std::string::npos)
    story += Cat("// ", outcome.wrong, "\n");
  return story;
}

std::string LaddersOf(const Case& what, const Outcome& outcome, LadderStyle style) {
  Ladder ladder;
  Film film([&](const FrameStory& story) { ladder.Add(story); },
            [&](Instant at, const TraceRecord& silence) { ladder.Add(at, silence); });
  PlayFor(film, what, outcome);
  std::string out;
  for (const LadderFlow* flow : ladder.flows())
    out += ladder.Draw(*flow, style == LadderStyle::kAscii ? Ladder::Drawing::kAscii
                                                           : Ladder::Drawing::kUnicode) +
           "\n";
  return out;
}

std::string Capture(const Case& what, const Outcome& outcome, std::ostream& out) {
  PcapngWriter writer(out, {Framing::kIp, "handfast repro", "our stack", {}});
  std::string error;
  Film film([&](const FrameStory& story) {
    if (!writer.Write(story)) error = writer.error();
  });
  PlayFor(film, what, outcome);
  if (!writer.Flush()) error = writer.error();
  return error;
}

std::string TestOf(const Case& what, std::string_view name) {
  std::string test = "TEST(RegressTest, ";
  test += name;
  test += ") {\n  EXPECT_EQ(Wrong(R\"(\n";
  test += Print(what.scenario, what.setup);
  test += ")\"),\n            \"\");\n}\n";
  return test;
}

}  // namespace handfast
