// Segments for measuring: datagrams of fixed layout, built outside of the measured time.
//
// The SYN is Linux's: 60 octets with MSS, SACK permitted, timestamps and window scale. What
// follows carries timestamps when the stack under test agreed to them.

#ifndef HARNESS_BENCH_SEGMENTS_H_
#define HARNESS_BENCH_SEGMENTS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "stack/base/units.h"

namespace handfast::bench {

inline constexpr size_t kBurst = 32;
inline constexpr Addr kServer = Addr::V4(10, 0, 0, 1);
inline constexpr Port kServerPort{80};

// A datagram in place. lwIP turns header fields around where they stand, so each is its own.
struct Wire {
  std::array<uint8_t, 80> bytes{};
  size_t size = 0;
  Bytes view() const { return {bytes.data(), size}; }
};

// What a measured stack sent, as far as an answer to it needs.
struct Answer {
  Flow flow;  // `local` is the sender
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint32_t ts_val = 0;
  bool timestamps = false;
  uint8_t flags = 0;
};

// The n-th client: address and port differ from all others'.
Flow ClientFlow(uint64_t n);

void BuildSyn(const Flow& flow, uint32_t seq, Wire& out);
// Answers a SYN-ACK with the third segment, or a SYN with a SYN-ACK.
void BuildAck(const Answer& synack, Wire& out);
void BuildSynAck(const Answer& syn, Wire& out);

Answer ReadAnswer(Bytes datagram);

}  // namespace handfast::bench

#endif  // HARNESS_BENCH_SEGMENTS_H_
