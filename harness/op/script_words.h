// The words of scripts, each in its enum's order.

#ifndef HARNESS_OP_SCRIPT_WORDS_H_
#define HARNESS_OP_SCRIPT_WORDS_H_

#include <array>

#include "harness/op/op.h"

namespace handfast::words {

template <size_t kCount>
using Words = std::array<const char*, kCount>;

// The fourth base of each is 0, and is not written.
inline constexpr Words<3> kReceiveBases{"rcv_nxt", "rcv_edge", "irs"};
inline constexpr Words<3> kSendBases{"snd_nxt", "snd_una", "iss"};

inline constexpr Words<kStampCount> kStamps{"fresh",   "same",   "old",
                                            "ancient", "future", "zero"};

// The first one is not written.
inline constexpr Words<kHarmCount> kHarms{
    "harmless", "tcp_checksum", "ip_checksum", "cut",    "data_offset",
    "fragment", "ip_options",   "congestion",  "urgent", "other_host"};

inline constexpr Words<kIcmpKindCount> kIcmpKinds{
    "net_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable",
    "frag_needed",     "time_exceeded",    "parameter_problem",    "source_quench"};

inline constexpr Words<kArpKindCount> kArpKinds{"reply",    "request",   "gratuitous",
                                                "takeover", "malformed", "silence"};

inline constexpr Words<kOptionToSetCount> kOptions{
    "SO_RCVBUF",       "SO_SNDBUF", "TCP_USER_TIMEOUT", "SO_LINGER_OFF",
    "SO_LINGER_ABORT", "SO_LINGER", "TCP_NODELAY"};

inline constexpr Words<3> kShutdowns{"SHUT_RD", "SHUT_WR", "SHUT_RDWR"};

inline constexpr const char* kNewSocket = "..., SOCK_STREAM, IPPROTO_TCP";
inline constexpr uint8_t kFirstFd = 3;  // as 0 to 2 are taken in a process

}  // namespace handfast::words

#endif  // HARNESS_OP_SCRIPT_WORDS_H_
