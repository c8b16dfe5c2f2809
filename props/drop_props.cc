// What is dropped leaves no trace: only counters change (I-09), and nothing is sent.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "harness/op/arbitrary.h"
#include "harness/op/play.h"
#include "harness/world.h"

namespace handfast {
namespace {

// Compares the stack before a datagram with the one that dropped it.
class PurityJudge final : public Spectator {
 public:
  void OnOp(const Play& play, const Op& op) override {
    const bool arrives = op.verb == Verb::kSegment || op.verb == Verb::kIcmp ||
                         op.verb == Verb::kReplay || op.verb == Verb::kPing;
    before_.reset();
    if (arrives) before_ = Snapshot(play.stack());
  }
  void OnInput(const Play& play, Bytes, const TraceRecord& record,
               const TxBurst& out) override {
    if (!before_ || record.verdict.action != Action::kDrop) return;
    if (Snapshot(play.stack()) != before_)
      wrong_ = std::string("a trace of a drop: ") + Text(record.verdict.drop);
    if (out.size() != 0)
      wrong_ = std::string("an answer to a drop: ") + Text(record.verdict.drop);
    before_.reset();
  }
  const std::string& wrong() const { return wrong_; }

 private:
  std::optional<std::vector<std::byte>> before_;
  std::string wrong_;
};

RC_GTEST_PROP(DropProps, LeaveNoTrace, (const AnyScenario& any)) {
  Play play(any.setup);
  PurityJudge judge;
  play.set_spectator(&judge);
  for (const Op& op : any.ops) {
    play.Do(op);
    RC_ASSERT(judge.wrong() == "");
  }
}

}  // namespace
}  // namespace handfast
