#include "harness/sim/normal.h"

namespace handfast {

std::string Normal::Show(Bytes datagram) {
  std::optional<Seen> seen = Read(datagram);
  if (!seen) return "other " + std::to_string(datagram.size());
  const Direction there = Of(seen->flow);
  const Direction back = Of(seen->flow.Reversed());
  if (seen->has(kSyn)) isn_[there] = seen->seq;
  if (seen->options.has(Options::kTimestamps)) {
    if (seen->has(kSyn)) ts_[there] = seen->options.ts_val;
    seen->options.ts_val -= ts_[there];
    if (seen->options.ts_ecr != 0) seen->options.ts_ecr -= ts_[back];
  }
  // A RST without ACK from nobody stands at 0.
  if (seen->seq != 0 || !seen->has(kRst)) seen->seq -= isn_[there];
  if (seen->has(kAck)) seen->ack -= isn_[back];
  for (auto& [first, end] : seen->sack) {
    first -= isn_[back];
    end -= isn_[back];
  }
  return handfast::Show(*seen);
}

}  // namespace handfast
