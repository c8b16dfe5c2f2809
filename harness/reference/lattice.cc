#include "harness/reference/lattice.h"

#include <set>

namespace handfast::reference {
namespace {

// Where numbers begin, and how far a transfer has come: so little that old ACKs reach back
// to the ISS; farther than any window, with nothing in flight; farther than the circle.
struct Origin {
  Octet iss, irs, time;
  Octet acked, flight;
};
constexpr Origin kOrigins[] = {
    {kCircle + 1000, 5000, 70'000, 5000, 10},
    {2 * kCircle - 2, kCircle - 3, kCircle - 4, 4, 10},
    {kHalf - 1, kCircle + kHalf - 3, kHalf - 2, 101, 0},
    {kCircle - 3, kHalf - 7, kCircle - 7, kCircle + 3, 10},
};

Tcb Fresh(State state, Opened opened, const Origin& origin) {
  Tcb tcb;
  tcb.state = state;
  tcb.opened = opened;
  tcb.iss = tcb.snd_una = origin.iss;
  tcb.snd_nxt = tcb.iss + 1;
  tcb.irs = origin.irs;
  tcb.rcv_nxt = tcb.irs + 1;
  tcb.max_snd_wnd = 100;
  tcb.ts_recent = origin.time;
  tcb.first_tsval = origin.time + 90'000;
  tcb.last_tsval = tcb.first_tsval + kTicks;
  return tcb;
}

// The same with each setting of what else this state asks for.
void AddWithSurroundings(Tcb tcb, std::vector<Tcb>& all) {
  const bool listening = tcb.state == State::kListen;
  const bool queued = listening || tcb.state == State::kSynReceived;
  for (const bool first : {false, true}) {
    for (const bool second : {false, true}) {
      if ((first && !listening && tcb.state != State::kTimeWait) || (second && !queued))
        continue;
      tcb.syn_queue_full = listening && first;
      tcb.somebody_listens = tcb.state == State::kTimeWait && first;
      tcb.accept_queue_full = second;
      all.push_back(tcb);
    }
  }
}

}  // namespace

std::vector<Tcb> TcbsOf(State state, Opened opened) {
  std::vector<Tcb> all;
  for (const Octet window : {Octet{0}, Octet{1}, kWindow}) {
    if (window != kWindow && state < State::kSynReceived) continue;  // there is none yet
    for (const Origin& origin : kOrigins) {
      Tcb tcb = Fresh(state, opened, origin);
      tcb.rcv_wnd = window;
      if (!IsSynchronized(state) || state == State::kTimeWait) {
        AddWithSurroundings(tcb, all);
        continue;
      }
      tcb.snd_una = tcb.iss + 1 + origin.acked;
      tcb.snd_nxt = tcb.snd_una + origin.flight;
      tcb.rcv_nxt = tcb.irs + 1 + origin.acked;
      all.push_back(tcb);
    }
  }
  return all;
}

std::vector<Octet> SeqEdges(const Tcb& tcb) {
  const Octet nxt = tcb.rcv_nxt;
  const Octet edge = nxt + tcb.rcv_wnd;
  const std::set<Octet> edges = {
      nxt - kHalf, nxt - kText - 1, nxt - kText, nxt - 2,  nxt - 1,        nxt,
      nxt + 1,     edge - 1,        edge,        edge + 1, nxt + kHalf - 1};
  return {edges.begin(), edges.end()};
}

std::vector<Octet> AckEdges(const Tcb& tcb) {
  const Octet una = tcb.snd_una;
  const std::set<Octet> edges = {una - tcb.max_snd_wnd - 1,
                                 una - tcb.max_snd_wnd,
                                 una - 1,
                                 una,
                                 una + 1,
                                 tcb.snd_nxt,
                                 tcb.snd_nxt + 1,
                                 una + kHalf,
                                 tcb.iss,
                                 tcb.iss + 1};
  return {edges.begin(), edges.end()};
}

std::vector<TimeCase> TimeCases() {
  return {
      {"no timestamps", false, false, false, 0, 0},
      {"a timestamp out of the blue", false, true, false, -9, 1234},
      {"newer", true, true, false, 1, 0},
      {"equal, the last echo", true, true, false, 0, kTicks},
      {"older", true, true, false, -1, 0},
      {"as old as can be told", true, true, false, 1 - kHalf, 0},
      {"half a circle away", true, true, false, -kHalf, 0},
      {"older than an outdated one", true, true, true, -1, 0},
      {"missing", true, false, false, 0, 0},
      {"echo from before", true, true, false, 1, -1},
      {"echo from the future", true, true, false, 1, kTicks + 1},
      {"no echo", true, true, false, 1, kNoEcho},
      {"older, and an echo from before", true, true, false, -1, -1},
  };
}

void Set(const TimeCase& time, Tcb& tcb, Segment& seg) {
  tcb.snd_ts_ok = time.negotiated;
  tcb.ts_recent_outdated = time.outdated;
  seg.options.seen = time.present ? uint8_t{Options::kTimestamps} : uint8_t{0};
  seg.options.ts_val = OnWire(tcb.ts_recent + time.val);
  seg.options.ts_ecr = time.ecr == kNoEcho ? 0 : OnWire(tcb.first_tsval + time.ecr);
}

}  // namespace handfast::reference
