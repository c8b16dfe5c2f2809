#include "harness/op/story.h"

#include "harness/capture/observer.h"
#include "harness/op/cat.h"
#include "harness/op/script.h"

namespace handfast {
namespace {

FrameStory StoryOf(Direction direction, Bytes datagram, const TraceRecord& record) {
  FrameStory story;
  story.direction = direction;
  story.datagram = datagram;
  story.record = &record;
  return story;
}

std::string OtherDatagram(Bytes datagram) {
  if (datagram.size() < 20) return "a few octets";
  if (datagram[9] == kProtocolIcmp) return "ICMP";
  return datagram[9] == kProtocolTcp ? "a damaged segment" : "a datagram";
}

// What changed without a segment: a timer that ended something.
std::string SilenceOf(const TraceRecord& record) {
  const char* const cause = record.cause == TraceRecord::Cause::kCall ? "call" : "timer";
  return Cat(cause, ", ", PrintPeer(record.flow), ": ", Name(record.before), " -> ",
             Name(record.after));
}

}  // namespace

void Storyteller::End() {
  story_ += "// Everybody closes, and time runs out.\n";
  line_start_ = "// ";
}

void Storyteller::OnOp(const Play& play, const Op& op) {
  line_began_ = play.now();
  story_.append(Cat(line_start_, Print(op), "\n"));
}

void Storyteller::OnCall(const Play& play, const Op& op, Errno error, uint32_t value) {
  if (const std::string answer = AnswerText(op.verb, error, value); answer != "0")
    Tell(play, Cat("= ", answer));
}

void Storyteller::OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
                          const TxBurst& out) {
  const std::optional<Seen> seen = Read(datagram);
  std::string what =
      seen ? Cat(PrintPeer(seen->flow.Reversed()), "  ", numbering_.ShowIn(play.stack(), *seen))
           : OtherDatagram(datagram);
  Tell(play, Cat("< ", what, ": ", Comment(StoryOf(Direction::kIn, datagram, record))));
  TellOut(play, out, 0, out.size(), "");
}

void Storyteller::OnExpire(const Play& play, const Trace& trace, const TxBurst& out) {
  for (const TraceRecord& record : trace.records()) {
    if (record.tx_count == 0 && record.before != record.after) Tell(play, SilenceOf(record));
    if (record.tx_count > 0)
      TellOut(play, out, record.tx_first, record.tx_count,
              Comment(StoryOf(Direction::kOut, out[record.tx_first], record)));
  }
}

void Storyteller::TellOut(const Play& play, const TxBurst& out, size_t first, size_t count,
                          const std::string& why) {
  for (size_t i = first; i < first + count && i < out.size(); ++i) {
    const std::optional<Seen> seen = Read(out[i]);
    const std::string what =
        seen ? Cat(PrintPeer(seen->flow), "  ", numbering_.ShowOut(play.stack(), *seen))
             : OtherDatagram(out[i]);
    Tell(play, Cat("> ", what, why.empty() ? "" : ": ", why));
  }
}

// With the time since the line began, where some has passed.
void Storyteller::Tell(const Play& play, const std::string& what) {
  const auto ms = static_cast<int32_t>((play.now() - line_began_) / 1ms);
  Op wait;
  wait.amount = ms;
  story_.append(Cat("    // ", ms == 0 ? "" : Print(wait), ms == 0 ? "" : " ", what, "\n"));
}

std::string StoryOf(std::span<const Op> scenario, uint8_t setup) {
  std::string story;
  Play play(setup);
  if (setup % kSetups != 0) story = Cat("--setup=", SetupName(setup), "\n");
  Storyteller teller(story);
  play.set_spectator(&teller);
  for (const Op& op : scenario) {
    play.Do(op);
    if (!play.wrong().empty()) return Cat(story, "// ", play.wrong(), "\n");
  }
  teller.End();
  play.Finish();
  return play.wrong().empty() ? story : Cat(story, "// ", play.wrong(), "\n");
}

}  // namespace handfast
