#include "harness/op/numbering.h"

#include "harness/notation.h"
#include "stack/commit/flows.h"

namespace handfast {

// Ours first.
Numbering::Ends& Numbering::Know(const Stack& stack, const Flow& flow) {
  Ends& ends = flows_[{flow.peer.words[3], flow.local_port, flow.peer_port}];
  const Tables& t = stack.tables();
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  if (ref.owner() == Owner::kRequest) {
    const Request& request = t.requests[Slot<Request>(ref.index())];
    ends.ours.isn = request.iss.raw();
    ends.peers.isn = request.irs.raw();
  } else if (ref.owner() == Owner::kConnection) {
    const Connection& connection = t.connections[Slot<Connection>(ref.index())];
    ends.ours.isn = connection.iss.raw();
    if (connection.state != State::kSynSent) ends.peers.isn = connection.irs.raw();
  }
  ends.alive = ref.owner() == Owner::kRequest || ref.owner() == Owner::kConnection;
  return ends;
}

std::string Numbering::Show(const Seen& seen, End& from, const End& to) {
  if (seen.has(kSyn) && from.isn == seen.seq && from.ts_of != seen.seq) {
    from.ts_of = seen.seq;
    from.ts = seen.options.has(Options::kTimestamps) ? std::optional(seen.options.ts_val)
                                                     : std::nullopt;
  }
  return handfast::Show(seen, {from.isn, to.isn, from.ts});
}

std::string Numbering::ShowIn(const Stack& stack, const Seen& seen) {
  Ends& ends = Know(stack, seen.flow.Reversed());
  if (seen.has(kSyn) && !ends.alive) ends.peers.isn = seen.seq;
  return Show(seen, ends.peers, ends.ours);
}

std::string Numbering::ShowOut(const Stack& stack, const Seen& seen) {
  Ends& ends = Know(stack, seen.flow);
  return Show(seen, ends.ours, ends.peers);
}

}  // namespace handfast
