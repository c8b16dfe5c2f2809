// Story: a scenario as it was played. Each op stands there as a script line, and what came of
// it below, as comments; so a story is a script itself.
//
//     +0 < B:40001 > 80  S rcv_nxt(0) win 65535
//         // < B:40001  S 0 win 65535: LISTEN -> SYN-RECEIVED: queue a request, answer ...
//         // > B:40001  S. 0 ack 1 win 16060 <mss 1460>

#ifndef HARNESS_OP_STORY_H_
#define HARNESS_OP_STORY_H_

#include <span>
#include <string>

#include "harness/op/numbering.h"
#include "harness/op/play.h"

namespace handfast {

// Tells what it is told. REQUIRES: the play that it watches outlives it, or gets another.
class Storyteller final : public Spectator {
 public:
  explicit Storyteller(std::string& story) : story_(story) {}

  // From now on ops are the play's own, and are told as comments.
  void End();

  void OnOp(const Play& play, const Op& op) override;
  void OnCall(const Play& play, const Op& op, Errno error, uint32_t value) override;
  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override;
  void OnExpire(const Play& play, const Trace& trace, const TxBurst& out) override;

 private:
  void Tell(const Play& play, const std::string& what);
  void TellOut(const Play& play, const TxBurst& out, size_t first, size_t count,
               const std::string& why);

  std::string& story_;
  Numbering numbering_;
  Instant line_began_;
  const char* line_start_ = "";
};

// The story to the end, Finish included, or to what was wrong, which is its last line.
std::string StoryOf(std::span<const Op> scenario, uint8_t setup = 0);

}  // namespace handfast

#endif  // HARNESS_OP_STORY_H_
