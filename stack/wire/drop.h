// Drop: every reason why what was received goes no further, in one list.
//
// A received datagram is delivered or it is dropped for exactly one of these; the
// counters of all reasons and of deliveries add up to what came in.

#ifndef STACK_WIRE_DROP_H_
#define STACK_WIRE_DROP_H_

#include <cstddef>
#include <cstdint>

namespace handfast {

// X(enumerator, what a log says)
#define HF_DROPS(X)                                                              \
  X(kNone, "delivered")                                                          \
  /* Ethernet and ARP */                                                         \
  X(kFrameTooShort, "frame shorter than its header")                             \
  X(kFrameNotForUs, "destination MAC is another station's")                      \
  X(kFrameSource, "source MAC is a group address")                               \
  X(kEtherType, "neither IPv4 nor ARP")                                          \
  X(kArpMalformed, "ARP of another hardware, protocol, length or operation")     \
  X(kArpNotForUs, "ARP about another address")                                   \
  X(kArpUnsolicited, "ARP reply that nobody asked for")                          \
  X(kArpConflict, "ARP sender claims our address")                               \
  X(kArpSender, "ARP sender is no possible neighbour")                           \
  /* IP */                                                                       \
  X(kIpTooShort, "datagram shorter than its header or its length field")         \
  X(kIpVersion, "IP version is not 4")                                           \
  X(kIpHeaderLength, "IP header length below 20 or beyond the datagram")         \
  X(kIpChecksum, "bad IP header checksum")                                       \
  X(kIpFragment, "fragment")                                                     \
  X(kIpSourceRoute, "source route option")                                       \
  X(kIpSource, "source is no unicast address of another host")                   \
  X(kIpNotForUs, "destination is not ours")                                      \
  X(kIpGroupDestination, "destination is broadcast or multicast")                \
  X(kIpProtocol, "protocol is neither TCP nor ICMP")                             \
  /* ICMP */                                                                     \
  X(kIcmpTooShort, "ICMP shorter than its header")                               \
  X(kIcmpChecksum, "bad ICMP checksum")                                          \
  X(kIcmpType, "ICMP type without a meaning here")                               \
  X(kIcmpSourceQuench, "source quench")                                          \
  X(kIcmpTooLong, "echo request longer than what the link carries")              \
  X(kIcmpQuote, "ICMP error that quotes too little of TCP, or another protocol") \
  X(kIcmpNoOwner, "ICMP error about a flow that does not exist")                 \
  X(kIcmpSequence, "ICMP error that quotes a sequence number not in flight")     \
  X(kIcmpSoft, "ICMP error that ends nothing in this state")                     \
  X(kIcmpMtu, "ICMP fragmentation needed, implausible or not applicable")        \
  /* TCP, before a flow is looked up */                                          \
  X(kTcpTooShort, "segment shorter than its header")                             \
  X(kTcpDataOffset, "TCP data offset below 5")                                   \
  X(kTcpChecksum, "bad TCP checksum")                                            \
  X(kTcpPortZero, "port 0")                                                      \
  X(kTcpOptions, "malformed TCP options")                                        \
  /* TCP, by state */                                                            \
  X(kNoSocket, "no connection and no listener")                                  \
  X(kFlags, "flags that mean nothing in this state")                             \
  X(kSynQueueFull, "SYN queue full")                                             \
  X(kAcceptQueueFull, "accept queue full")                                       \
  X(kNoMemory, "pool empty")                                                     \
  X(kSynRepeated, "SYN of a half-open connection again")                         \
  X(kInvalidSyn, "SYN in a connection that is open")                             \
  X(kReset, "RST outside the window, or that counts for nothing")                \
  X(kInexactReset, "RST in the window, not at its edge")                         \
  X(kPaws, "timestamp older than the last")                                      \
  X(kTsEcr, "timestamp echo that was never sent")                                \
  X(kNoTimestamp, "no timestamp though negotiated")                              \
  X(kSequence, "sequence number outside the window")                             \
  X(kAckUnsent, "acknowledgment of what was never sent")                         \
  X(kAckOld, "acknowledgment older than any window allows")                      \
  X(kAckMissing, "no ACK flag")                                                  \
  X(kHandshakeAck, "unacceptable acknowledgment during the handshake")           \
  X(kAfterClose, "data for a user who has gone")                                 \
  X(kTimeWait, "segment of a connection that is over")                           \
  X(kBuffer, "no room to store the text")                                        \
  X(kDuplicate, "text received before")

enum class Drop : uint8_t {
#define HF_ENUM(name, text) name,
  HF_DROPS(HF_ENUM)
#undef HF_ENUM
};

#define HF_COUNT(name, text) +1
inline constexpr size_t kDropCount = 0 HF_DROPS(HF_COUNT);
#undef HF_COUNT

constexpr const char* Text(Drop drop) {
  switch (drop) {
#define HF_TEXT(name, text) \
  case Drop::name: return text;
    HF_DROPS(HF_TEXT)
#undef HF_TEXT
  }
  return "?";
}

// The enumerator's own name without its k, for counters and records.
constexpr const char* Name(Drop drop) {
  switch (drop) {
#define HF_NAME(name, text) \
  case Drop::name: return &#name[1];
    HF_DROPS(HF_NAME)
#undef HF_NAME
  }
  return "?";
}

}  // namespace handfast

#endif  // STACK_WIRE_DROP_H_
