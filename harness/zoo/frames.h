// Frames: datagrams to begin with, and what becomes of them.

#ifndef HARNESS_ZOO_FRAMES_H_
#define HARNESS_ZOO_FRAMES_H_

#include "harness/packet.h"
#include "harness/sim/rng.h"

namespace handfast::zoo {

// What an honest stranger might send.
Datagram DrawHonest(SimRng& rng);
// The same, mutated in its own terms (harness/fuzz/frame_mutation.h).
Datagram DrawMutant(SimRng& rng);
// Octets that know nothing of what they stand for: any, or some in place of those of an
// honest datagram, with all checksums right.
Datagram DrawOctets(SimRng& rng);

}  // namespace handfast::zoo

#endif  // HARNESS_ZOO_FRAMES_H_
