// Both: two spectators of one play; the first is told first.

#ifndef HARNESS_OP_BOTH_H_
#define HARNESS_OP_BOTH_H_

#include <array>

#include "harness/op/play.h"

namespace handfast {

class Both final : public Spectator {
 public:
  Both(Spectator& first, Spectator& second) : both_{&first, &second} {}

  void OnOp(const Play& play, const Op& op) override {
    for (Spectator* const one : both_) one->OnOp(play, op);
  }
  void OnCall(const Play& play, const Op& op, Errno error, uint32_t value) override {
    for (Spectator* const one : both_) one->OnCall(play, op, error, value);
  }
  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override {
    for (Spectator* const one : both_) one->OnInput(play, datagram, record, out);
  }
  void OnExpire(const Play& play, const Trace& trace, const TxBurst& out) override {
    for (Spectator* const one : both_) one->OnExpire(play, trace, out);
  }
  void OnUnreachable(const Play& play, Bytes datagram, const TraceRecord& record) override {
    for (Spectator* const one : both_) one->OnUnreachable(play, datagram, record);
  }
  void OnReplaced(const Play& play, const Op& op) override {
    for (Spectator* const one : both_) one->OnReplaced(play, op);
  }

 private:
  std::array<Spectator*, 2> both_;
};

}  // namespace handfast

#endif  // HARNESS_OP_BOTH_H_
