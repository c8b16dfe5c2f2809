// Counters, under the names that Linux's nstat shows; "Handfast" holds what Linux has not.

#ifndef STACK_COUNTERS_H_
#define STACK_COUNTERS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "stack/wire/drop.h"

namespace handfast {

// X(group, name)
#define HF_COUNTERS(X)                                                  \
  X(Ip, InReceives)   /* datagrams given to Input */                    \
  X(Ip, InHdrErrors)  /* malformed or bad header checksum */            \
  X(Ip, InAddrErrors) /* for or from an address that cannot be */       \
  X(Ip, OutRequests)  /* datagrams given to the link */                 \
  X(Icmp, InMsgs)                                                       \
  X(Icmp, InErrors) /* malformed, or about no flow of ours */           \
  X(Icmp, InEchos)                                                      \
  X(Icmp, OutEchoReps)                                                  \
  X(Tcp, ActiveOpens)                                                   \
  X(Tcp, PassiveOpens)                                                  \
  X(Tcp, AttemptFails)                                                  \
  X(Tcp, EstabResets)                                                   \
  X(Tcp, CurrEstab) /* a gauge */                                       \
  X(Tcp, InSegs)                                                        \
  X(Tcp, OutSegs)                                                       \
  X(Tcp, RetransSegs)                                                   \
  X(Tcp, InErrs)                                                        \
  X(Tcp, OutRsts)                                                       \
  X(Tcp, InCsumErrors)                                                  \
  X(TcpExt, ListenOverflows)                                            \
  X(TcpExt, ListenDrops)                                                \
  X(TcpExt, TCPReqQFullDrop)                                            \
  X(TcpExt, EmbryonicRsts)                                              \
  X(TcpExt, TCPTimeouts)                                                \
  X(TcpExt, TCPSynRetrans)                                              \
  X(TcpExt, PAWSEstab)                                                  \
  X(TcpExt, PAWSActive)                                                 \
  X(TcpExt, PAWSTimewait)                                               \
  X(TcpExt, TSEcrRejected)                                              \
  X(TcpExt, TCPACKSkippedSynRecv)                                       \
  X(TcpExt, TCPACKSkippedPAWS)                                          \
  X(TcpExt, TCPACKSkippedSeq)                                           \
  X(TcpExt, TCPACKSkippedTimeWait)                                      \
  X(TcpExt, TCPACKSkippedChallenge)                                     \
  X(TcpExt, TCPChallengeACK)                                            \
  X(TcpExt, TCPSYNChallenge)                                            \
  X(TcpExt, TW) /* left TIME-WAIT in time */                            \
  X(TcpExt, TCPTimeWaitOverflow)                                        \
  X(TcpExt, OutOfWindowIcmps)                                           \
  X(TcpExt, TCPAbortOnData)  /* text for nobody; SO_LINGER of 0 s */    \
  X(TcpExt, TCPAbortOnClose) /* closed with text unread */              \
  X(TcpExt, TCPAbortOnTimeout)                                          \
  X(TcpExt, TCPAbortOnLinger)                                           \
  X(TcpExt, DelayedACKs)                                                \
  X(TcpExt, TCPPureAcks)                                                \
  X(TcpExt, TCPOFOQueue)                                                \
  X(TcpExt, TCPRcvQDrop)                                                \
  X(TcpExt, TCPFastRetrans)                                             \
  X(TcpExt, TCPWinProbe)                                                \
  X(Handfast, Delivered) /* datagrams that were not dropped */          \
  X(Handfast, RequestsOpened)                                           \
  X(Handfast, RequestsCompleted)                                        \
  X(Handfast, RequestsReset)                                            \
  X(Handfast, RequestsTimedOut)                                         \
  X(Handfast, RequestsClosed) /* with their listener */                 \
  X(Handfast, RequestsUnreachable)                                      \
  X(Handfast, OptionsMalformed)                                         \
  X(Handfast, WindowScaleClamped)                                       \
  X(Handfast, ClockBackward) /* a time earlier than one given before */ \
  X(Handfast, TxRefused)     /* datagrams that the link did not take */

enum class Counter : uint8_t {
#define HF_ENUM(group, name) k##group##name,
  HF_COUNTERS(HF_ENUM)
#undef HF_ENUM
};

#define HF_COUNT(group, name) +1
inline constexpr size_t kCounterCount = 0 HF_COUNTERS(HF_COUNT);
#undef HF_COUNT

// "TcpExt.ListenDrops".
constexpr const char* Name(Counter counter) {
  switch (counter) {
#define HF_NAME(group, name) \
  case Counter::k##group##name: return #group "." #name;
    HF_COUNTERS(HF_NAME)
#undef HF_NAME
  }
  return "?";
}

class Counters {
 public:
  void Add(Counter counter, uint64_t n = 1) { values_[static_cast<size_t>(counter)] += n; }
  void Sub(Counter counter) { --values_[static_cast<size_t>(counter)]; }
  void Add(Drop drop) { drops_[static_cast<size_t>(drop)] += 1; }

  uint64_t operator[](Counter counter) const { return values_[static_cast<size_t>(counter)]; }
  uint64_t operator[](Drop drop) const { return drops_[static_cast<size_t>(drop)]; }

 private:
  std::array<uint64_t, kCounterCount> values_{};
  std::array<uint64_t, kDropCount> drops_{};
};

}  // namespace handfast

#endif  // STACK_COUNTERS_H_
