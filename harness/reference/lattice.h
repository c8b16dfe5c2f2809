// Lattice: the places where a decision about a segment can change, and no others.
//
// A TCB of each kind that a judge can tell apart, and for each the sequence and
// acknowledgment numbers at every edge of both windows, and what a segment may say of time.
// Whoever walks it all has seen every decision on both of its sides.

#ifndef HARNESS_REFERENCE_LATTICE_H_
#define HARNESS_REFERENCE_LATTICE_H_

#include <vector>

#include "harness/reference/segment_arrives.h"

namespace handfast::reference {

inline constexpr Octet kHalf = kCircle / 2;
inline constexpr Octet kWindow = 1000;  // a receive window of some size
inline constexpr Octet kText = 5;       // octets of a text of some length
inline constexpr Octet kTicks = 7;      // from our first TSval to our last

// All TCBs of a state. Windows lie in the middle of the circle and across its ends.
std::vector<Tcb> TcbsOf(State state, Opened opened);

std::vector<Octet> SeqEdges(const Tcb& tcb);
std::vector<Octet> AckEdges(const Tcb& tcb);

// What a segment says about time, and what is remembered.
struct TimeCase {
  const char* name;
  bool negotiated;
  bool present;
  bool outdated;  // TS.Recent is
  Octet val;      // after TS.Recent
  Octet ecr;      // after our first TSval
};
inline constexpr Octet kNoEcho = kCircle;  // as `ecr`: 0 on the wire

std::vector<TimeCase> TimeCases();
void Set(const TimeCase& time, Tcb& tcb, Segment& seg);

}  // namespace handfast::reference

#endif  // HARNESS_REFERENCE_LATTICE_H_
