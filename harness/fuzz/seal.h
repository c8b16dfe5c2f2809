// Seal: makes right what a mutation of a frame has broken, so that it gets past the checksums
// to what is behind them.
//
// Works on the octets alone, by the layouts of RFC 791, RFC 792 and RFC 9293, and shares
// nothing with the parser that is to be tested. What is no whole frame of Ethernet, IPv4 and
// TCP or ICMP is sealed as far as it goes.

#ifndef HARNESS_FUZZ_SEAL_H_
#define HARNESS_FUZZ_SEAL_H_

#include <cstdint>

#include "stack/base/units.h"

namespace handfast {

enum class Sealed : uint8_t {
  kChecksums,  // of IP, and of TCP or ICMP
  kAll,        // version, header length where it lies outside, and total length, too
};

void SealFrame(MutableBytes frame, Sealed what);
// The same without an Ethernet header.
void SealDatagram(MutableBytes datagram, Sealed what);

}  // namespace handfast

#endif  // HARNESS_FUZZ_SEAL_H_
