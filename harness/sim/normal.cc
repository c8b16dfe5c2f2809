#include "harness/sim/normal.h"

namespace handfast {

// Numbers of former incarnations come out as multiples of kMost, and more.
uint32_t Normal::Relative(const Direction& direction, uint32_t number) {
  std::vector<uint32_t>& isns = isns_[direction];
  if (isns.empty()) isns.push_back(number - 1);
  uint32_t back = 0;
  for (auto isn = isns.rbegin(); isn != isns.rend(); ++isn, back += kMost)
    if (number - *isn < kMost) return number - *isn + back;
  return number;
}

std::string Normal::Show(Bytes datagram) {
  std::optional<Seen> seen = Read(datagram);
  if (!seen) return "other " + std::to_string(datagram.size());
  const Direction there = Of(seen->flow);
  const Direction back = Of(seen->flow.Reversed());
  bool begins = false;  // not a SYN that comes again, also as a SYN-ACK
  if (seen->has(kSyn)) {
    std::vector<uint32_t>& isns = isns_[there];
    begins = isns.empty() || isns.back() != seen->seq;
    if (begins) isns.push_back(seen->seq);
  }
  if (seen->options.has(Options::kTimestamps)) {
    if (begins) ts_[there] = seen->options.ts_val;
    ts_.emplace(there, seen->options.ts_val);
    seen->options.ts_val -= ts_[there];
    if (seen->options.ts_ecr != 0) seen->options.ts_ecr -= ts_[back];
  }
  // A RST without ACK from nobody stands at 0.
  if (seen->seq != 0 || !seen->has(kRst)) seen->seq = Relative(there, seen->seq);
  if (seen->has(kAck)) seen->ack = Relative(back, seen->ack);
  for (auto& [first, end] : seen->sack) {
    first = Relative(back, first);
    end = Relative(back, end);
  }
  return handfast::Show(*seen);
}

}  // namespace handfast
