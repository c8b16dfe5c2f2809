// Notation: segments and counters as traces of the field write them, with numbers relative to
// where they began.
//
//     S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 100,nop,ws 10>
//     P. 1:6(5) ack 1 win 63 tos 0xb8 <nop,nop,ts T+1007 101>
//     Tcp.OutSegs+1, TcpExt.TCPSynRetrans+1

#ifndef HARNESS_NOTATION_H_
#define HARNESS_NOTATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/packet.h"
#include "stack/counters.h"

namespace handfast {

// Where a sender's numbers began. What is not known is written as it is, after "abs".
struct Origins {
  std::optional<uint32_t> seq;  // the sender's ISN
  std::optional<uint32_t> ack;  // the other side's ISN
  std::optional<uint32_t> ts;   // the sender's first TSval: T
};

// Every field that says something, and the options in their order, NOPs included. The 0 of a
// RST that answers a segment without ACK is "abs0".
std::string Show(const Seen& seen, const Origins& origins);

// Which counters of groups Tcp and TcpExt moved, by name; but for Tcp.InSegs, which moves
// with every segment. "" if none did.
std::string ShowMoved(const Counters& before, const Counters& after);

}  // namespace handfast

#endif  // HARNESS_NOTATION_H_
