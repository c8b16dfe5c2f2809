#include "harness/oracle/sight.h"

#include "harness/show.h"

namespace handfast::oracle {
namespace {

template <typename T, typename Visit>
void ForEach(const Pool<T>& pool, const Visit& visit) {
  for (uint32_t i = 0; i < pool.high_water(); ++i)
    if (pool.live(Slot<T>(i))) visit(pool[Slot<T>(i)]);
}

}  // namespace

std::string Show(const Flow& flow) {
  return handfast::Show(Endpoint{flow.local, flow.local_port}) + " " +
         handfast::Show(Endpoint{flow.peer, flow.peer_port});
}

Sight Look(const Stack& stack) {
  Sight sight;
  FlowSet all;
  const auto own = [&](const Flow& flow) {
    if (!all.insert(flow).second) sight.twice = Show(flow);
  };
  const Tables& t = stack.tables();
  ForEach(t.requests, [&](const handfast::Request& req) {
    own(req.flow);
    sight.half_open.insert(req.flow);
  });
  ForEach(t.connections, [&](const handfast::Connection& conn) {
    if (!conn.has(handfast::Connection::kHashed)) return;
    own(conn.flow);
    sight.connections[conn.flow] = {conn.state,     conn.negotiated, conn.snd_scale,
                                    conn.rcv_scale, conn.peer_mss,   conn.iss.raw(),
                                    conn.irs.raw()};
  });
  ForEach(t.time_waits, [&](const handfast::TimeWait& tw) {
    own(tw.flow);
    TimeWait time_wait;
    time_wait.snd_nxt = tw.snd_nxt.raw();
    time_wait.rcv_nxt = tw.rcv_nxt.raw();
    time_wait.ts_recent = tw.ts_recent;
    time_wait.ts_offset = tw.ts_offset;
    time_wait.window = tw.window;
    time_wait.tos = tw.tos;
    time_wait.negotiated = tw.negotiated;
    sight.time_waits[tw.flow] = time_wait;
  });
  return sight;
}

}  // namespace handfast::oracle
