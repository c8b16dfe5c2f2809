// Op: one thing that happens to a stack, or to what surrounds it. A scenario is a list of
// them. Bytes of a fuzzer decode to it, generators make it, scripts parse to it, and
// failures print as it; a Play (harness/op/play.h) lets it happen.
//
// Segments are written relative to what is alive: "ack SND.NXT + 1" holds whatever the ISN
// was, and stays near the edge when what came before it is taken out.

#ifndef HARNESS_OP_OP_H_
#define HARNESS_OP_OP_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stack/base/units.h"

namespace handfast {

// Each line: enumerator, name in a script.
#define HF_VERBS(X)                                                                   \
  /* Calls of a user, of our stack or of the honest peer's. */                        \
  X(kSocket, "socket")      /* fd: what the socket is called from now on */           \
  X(kBind, "bind")          /* fd, flow.here */                                       \
  X(kListen, "listen")      /* fd, amount: backlog */                                 \
  X(kConnect, "connect")    /* fd, flow: peer and its port */                         \
  X(kAccept, "accept")      /* fd, other_fd: what the socket is called */             \
  X(kRead, "read")          /* fd, length */                                          \
  X(kWrite, "write")        /* fd, length */                                          \
  X(kShutdown, "shutdown")  /* fd, mode: ShutdownHow */                               \
  X(kClose, "close")        /* fd */                                                  \
  X(kAbort, "abort")        /* fd */                                                  \
  X(kTakeError, "so_error") /* fd */                                                  \
  X(kSetOption, "set")      /* fd, mode: OptionToSet, amount */                       \
  X(kInterest, "interest")  /* fd, mode: ReadyBits */                                 \
  X(kEvents, "events")      /* length: how many are taken */                          \
  /* What comes from a peer that is made up. */                                       \
  X(kSegment, "segment") /* flow or fd; everything of a segment */                    \
  X(kReplay, "replay")   /* length: the so-manieth before the last that came in */    \
  X(kIcmp, "icmp")       /* flow or fd, mode: IcmpKind, seq_delta, window: MTU */     \
  X(kArp, "arp")         /* flow.peer, mode: ArpKind */                               \
  X(kPing, "ping")       /* flow.peer, length */                                      \
  /* What is on its way between our stack and the honest peer's. */                   \
  X(kDeliver, "deliver") /* length: how many arrive now */                            \
  X(kLose, "lose")       /* length: which is lost */                                  \
  X(kDouble, "double")   /* length: which comes twice */                              \
  X(kDelay, "delay")     /* length: which goes behind all others */                   \
  X(kCorrupt, "corrupt") /* length: which; amount: the bit that flips */              \
  /* Time. */                                                                         \
  X(kWait, "wait")         /* amount: ms; all that is due happens when it is due */   \
  X(kDeadline, "deadline") /* length: on to so many of our stack's deadlines */       \
  X(kJump, "jump")         /* amount: ms; what was due meanwhile is late */           \
  /* Faults and copies. */                                                            \
  X(kRefuse, "refuse")     /* length: the link takes none of the next so many */      \
  X(kExhaust, "exhaust")   /* length: sockets that are left; the others are in use */ \
  X(kRekey, "rekey")       /* amount: the entropy */                                  \
  X(kSnapshot, "snapshot") /* keeps a copy of our stack */                            \
  X(kRestore, "restore")   /* goes back to the copy */                                \
  X(kCopy, "copy")         /* goes on with a copy */                                  \
  X(kRestart, "restart")   /* mode: a Setup; our stack forgets all */

enum class Verb : uint8_t {
#define HF_ENUM(name, text) name,
  HF_VERBS(HF_ENUM)
#undef HF_ENUM
};
#define HF_COUNT(name, text) +1
inline constexpr uint8_t kVerbCount = HF_VERBS(HF_COUNT);
#undef HF_COUNT

const char* Name(Verb verb);

// What a SEG.SEQ or SEG.ACK is relative to: what the stack expects of this flow.
enum class Base : uint8_t {
  kNext,   // RCV.NXT; SND.NXT
  kEdge,   // RCV.NXT + RCV.WND; SND.UNA
  kFirst,  // IRS; ISS
  kZero,   // 0
};

// How a TSval or TSecr relates to what the flow would have it be.
enum class Stamp : uint8_t { kFresh, kSame, kOld, kAncient, kFuture, kZero };
inline constexpr uint8_t kStampCount = 6;

// What is wrong with a datagram that is otherwise as it should be.
enum class Harm : uint8_t {
  kNone,
  kTcpChecksum,
  kIpChecksum,
  kCut,         // the last octet is missing
  kDataOffset,  // points behind the end
  kFragment,
  kIpOptions,
  kCongestion,  // CE (not wrong: ECN says so)
  kUrgent,      // URG, with a pointer into the text
  kOtherHost,   // for an address that is not ours
};
inline constexpr uint8_t kHarmCount = 10;

enum class IcmpKind : uint8_t {
  kNetUnreachable,
  kHostUnreachable,
  kProtocolUnreachable,
  kPortUnreachable,
  kFragmentationNeeded,
  kTimeExceeded,
  kParameterProblem,
  kSourceQuench,
};
inline constexpr uint8_t kIcmpKindCount = 8;

enum class ArpKind : uint8_t { kReply, kRequest, kGratuitous, kTakeover, kMalformed, kSilence };
inline constexpr uint8_t kArpKindCount = 6;

enum class OptionToSet : uint8_t {
  kReceiveBuffer,
  kSendBuffer,
  kUserTimeout,
  kLingerOff,
  kLingerAbort,
  kLingerTimed,
  kNoDelay,
};
inline constexpr uint8_t kOptionToSetCount = 7;

// Which TCP options a segment has; several at once, in this order.
enum OptionBit : uint8_t {
  kWithMss = 1 << 0,
  kWithSackPermitted = 1 << 1,
  kWithStamps = 1 << 2,
  kWithScale = 1 << 3,
  kWithSack = 1 << 4,      // one block, which begins at the SEG.ACK
  kWithFastOpen = 1 << 5,  // a request for a cookie
  kWithMd5 = 1 << 6,
  kWithUnknown = 1 << 7,  // kind 200, four octets
};

// Who a flow is with, from our stack's side. All of it is a number into the tables of a Play.
struct FlowName {
  static constexpr uint8_t kPeers = 4;  // A is honest: a stack of its own. B to D are made up
  static constexpr uint8_t kPorts = 4;  // of a peer
  static constexpr uint8_t kHere = 4;   // ports of ours

  uint8_t peer = 0;
  uint8_t peer_port = 0;
  uint8_t here = 0;

  friend constexpr bool operator==(const FlowName&, const FlowName&) = default;
};

struct Op {
  static constexpr size_t kOctets = 24;  // of its code
  static constexpr uint8_t kFds = 8;     // descriptors of a user
  static constexpr uint8_t kNoFd = kFds;

  Verb verb = Verb::kWait;
  bool honest = false;  // the call is of the honest peer's user
  uint8_t fd = 0;       // kNoFd: a segment or ICMP message is of `flow`, else of the socket's
  uint8_t other_fd = 0;
  FlowName flow;
  uint8_t mode = 0;  // by verb; of a segment, its flags FIN to CWR
  Base seq = Base::kNext;
  Base ack = Base::kNext;
  int32_t seq_delta = 0;
  int32_t ack_delta = 0;
  uint16_t window = 0;
  uint16_t length = 0;  // of text; by verb
  uint8_t options = 0;  // OptionBits
  uint8_t scale = 0;
  Stamp ts_val = Stamp::kFresh;
  Stamp ts_ecr = Stamp::kFresh;
  uint16_t mss = 0;
  Harm harm = Harm::kNone;
  int32_t amount = 0;

  friend bool operator==(const Op&, const Op&) = default;
};

using Scenario = std::vector<Op>;

// The op with every field that its verb does not use at its default, and every other one in
// its range. What Decode gives, generators make and scripts parse to is always that.
Op Normal(Op op);

// Every byte string is a scenario: kOctets for each op, the last one padded with zeros.
// Decode(a + b) begins with Decode(a) if a's size is a multiple of kOctets.
Scenario Decode(Bytes bytes);
// Decode(Encode(s)) == s if all ops are normal.
std::vector<uint8_t> Encode(std::span<const Op> scenario);

}  // namespace handfast

#endif  // HARNESS_OP_OP_H_
