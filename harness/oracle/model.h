// Model: connection setup, slow and obviously right.
//
// Written from RFC 9293, 7323, 5961 and what the project decides where they leave a choice
// (stack/sock/policy.h), with std::map and no cleverness. It knows what the stack's types and
// counters are called, and nothing of how the stack works. Each event is answered with all
// that must be seen of it: answers of calls, verdicts, segments octet by octet, counters.
//
// It knows sockets that are fresh, that connect or have failed to; listeners; half-open
// connections; time-waits. Of connections that are open it knows that they exist, whose they
// are, and what was agreed upon; the owner of the model tells it what became of them.
//
// Initial sequence numbers, timestamp offsets and ephemeral ports follow from secrets. The
// model believes the first that it sees of a flow, and holds the stack to them from then on.

#ifndef HARNESS_ORACLE_MODEL_H_
#define HARNESS_ORACLE_MODEL_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/op/op.h"
#include "harness/oracle/read.h"
#include "harness/packet.h"
#include "harness/reference/segment_arrives.h"
#include "stack/base/result.h"
#include "stack/config.h"
#include "stack/counters.h"
#include "stack/sock/negotiated.h"
#include "stack/trace.h"

namespace handfast::oracle {

struct FlowLess {
  bool operator()(const Flow& a, const Flow& b) const;
};
template <typename T>
using FlowMap = std::map<Flow, T, FlowLess>;
using FlowSet = std::set<Flow, FlowLess>;

inline constexpr int kNobody = -1;

// Exponential backoff (RFC 6298 §5.5).
Duration Doubled(Duration wait, uint32_t times, Duration most);

// When something is due, and in which order among what is due at once: to the millisecond,
// never early.
struct Timer {
  uint64_t ms = ~uint64_t{0};
  uint64_t order = 0;
  friend auto operator<=>(const Timer&, const Timer&) = default;
};

// Half-open, by a listener.
struct HalfOpen {
  int listener = kNobody;
  uint32_t iss = 0;
  uint32_t irs = 0;
  Negotiated negotiated;
  uint8_t snd_scale = 0;
  uint8_t rcv_scale = 0;
  uint16_t window = 0;  // of the SYN-ACK
  uint16_t peer_mss = 0;
  uint32_t ts_recent = 0;
  uint32_t tsval_first = 0;  // of our SYN-ACKs
  uint32_t tsval_last = 0;
  Timer timer;
  uint32_t timeouts = 0;
  std::optional<Instant> answered;  // at a limited rate
};

struct Socket {
  enum class Stage : uint8_t {
    kFresh,
    kSynSent,
    kCrossed,  // SYN-RECEIVED after an active open
    kOpen,     // past setup
    kFailed,   // setup came to nothing
    kOver,     // was open
  };
  Stage stage = Stage::kFresh;
  bool held = true;    // by its user
  bool bound = false;  // to its port, by bind()
  bool read_shut = false;
  bool write_shut = false;
  Port port{};
  Flow flow;
  SocketOptions options;
  Errno error = Errno::kOk;
  Errno soft_error = Errno::kOk;
  int listener = kNobody;  // whose accept queue it is in

  State state = State::kClosed;  // of an open one, as it was seen last
  Negotiated negotiated;         // until an answer comes: offered
  uint32_t iss = 0;
  uint32_t irs = 0;
  uint32_t window = 0;  // octets beyond RCV.NXT that the peer was offered
  uint8_t snd_scale = 0;
  uint8_t rcv_scale = 0;
  uint16_t peer_mss = 0;
  uint32_t ts_recent = 0;
  uint32_t tsval_first = 0;  // of our first SYN
  Instant began;
  Timer timer;
  Duration rto{};
  uint32_t timeouts = 0;
  std::optional<Instant> answered;
  Timer end_of_life;  // without a user
};

struct Listener {
  Port port{};
  uint32_t backlog = 0;
  SocketOptions options;
  std::deque<int> children;  // sockets, in the order of their handshakes
};

struct TimeWait {
  uint32_t snd_nxt = 0;
  uint32_t rcv_nxt = 0;
  uint32_t ts_recent = 0;
  uint32_t ts_offset = 0;
  uint16_t window = 0;
  uint8_t tos = 0;
  Negotiated negotiated;
  Timer timer;
  std::optional<Instant> answered;
};

// What must be seen of an event. Fields of calls, or of datagrams.
struct Expected {
  // A call.
  bool answer_known = true;
  Errno error = Errno::kOk;
  std::optional<uint32_t> value;
  bool port_chosen = false;  // by the stack, from a secret; is it one that may be chosen?
  bool port_free = true;
  // A datagram. What an open connection makes of it is not known.
  bool judged = true;
  Owner owner = Owner::kNobody;
  State before = State::kNone;
  std::optional<State> after = State::kNone;
  Verdict verdict;
  bool drop_known = true;
  // What leaves for flows in setup, in order for each flow; other flows are `others`'.
  std::vector<TcpPacket> out;
  FlowSet others;
  // Counters that move. Only those of setup are known where open connections take part.
  std::map<Counter, int64_t> counted;
  bool all_counted = true;
};

// What the stack did, where the model has yet to learn a secret from it.
struct Hints {
  std::vector<Seen> sent;
  Port port{};  // of a socket that connects, or of a listener
};

class Model {
 public:
  explicit Model(const Config& config) : config_(config) {}

  const Expected& Call(Instant now, const Op& op, const Hints& hints);
  const Expected& Input(Instant now, Bytes datagram, const Hints& hints);
  // Timers fire, and what calls left to be sent leaves.
  const Expected& Expire(Instant now, const Hints& hints);
  // Nobody at the next hop took this datagram of ours.
  const Expected& Unreachable(Instant now, Bytes datagram);
  // Sockets that nobody needs take all but so many places.
  void Exhaust(uint32_t left);

  // An open connection is in this state now; in kNone or kClosed it is over.
  void SeeState(const Flow& flow, State state);
  // An open connection has become this.
  void SeeTimeWait(Instant now, const Flow& flow, TimeWait time_wait);

  struct Descriptor {
    bool listener = false;
    bool held = false;
    int id = kNobody;
  };
  const Descriptor& descriptor(uint8_t fd) const { return fds_[fd]; }
  const std::map<int, Socket>& sockets() const { return sockets_; }
  const std::map<int, Listener>& listeners() const { return listeners_; }
  const FlowMap<HalfOpen>& half_open() const { return half_open_; }
  const FlowMap<TimeWait>& time_waits() const { return time_waits_; }
  uint32_t SynQueue(int listener) const;
  uint32_t used() const { return static_cast<uint32_t>(sockets_.size()) + ballast_; }
  // The earliest of all that is due; only of setup.
  Timer NextTimer() const;
  bool HasOpen() const;

 private:
  using Stage = Socket::Stage;
  struct Numbers {  // less the clock
    std::optional<uint32_t> isn;
    std::optional<uint32_t> ts;
  };
  enum class Limit : uint8_t { kSynRecv, kPaws, kSeq, kTimeWait, kChallenge };

  void Begin(Instant now, const Hints* hints);
  void Count(Counter counter, int64_t n = 1) { expected_.counted[counter] += n; }
  Timer After(Duration wait);
  int NewSocket();
  int SocketOf(const Flow& flow) const;  // that owns it, or kNobody
  int ListenerOf(Port port) const;
  bool PortHeld(Port port) const;
  bool FlowTaken(const Flow& flow) const;
  bool AnyPortFree(const Flow& flow) const;
  bool InRange(Port port) const;

  // Calls (model_call.cc).
  Errno CallSocket(const Op& op, Descriptor& fd);
  Errno CallListener(const Op& op, Descriptor& fd);
  Errno MakeSocket(Descriptor& fd);
  Errno Bind(Socket& socket, Port port);
  Errno Listen(Descriptor& fd, int32_t backlog);
  Errno Connect(int id, const Endpoint& peer);
  Errno Accept(Listener& listener, const Op& op);
  Errno Read(Socket& socket);
  Errno Write(Socket& socket);
  Errno Shutdown(Socket& socket, uint8_t how);
  void CloseSocket(int id);
  void AbortSocket(int id);
  void CloseListener(int id);
  Errno SetOption(const Op& op, SocketOptions& options) const;
  uint32_t TakeError(Socket& socket);

  // Datagrams (model_input.cc).
  void InputSegment(const Segment& seg);
  void AtNobody(const Segment& seg);
  void AtListener(int id, const Segment& seg);
  void AtHalfOpen(const Segment& seg);
  void AtConnecting(int id, const Segment& seg);
  void AtTimeWait(const Segment& seg);
  void Reopen(int id, const Segment& seg);
  void OpenHalf(int id, const Segment& seg, std::optional<uint32_t> iss);
  void SynAgain(const Flow& flow, HalfOpen& half);
  void Establish(const Segment& seg);
  void GoesOn(const Segment& seg);
  void ForgetHalf(const Flow& flow, Counter why);
  void EstablishActive(Socket& socket, const Segment& seg);
  void Cross(Socket& socket, const Segment& seg);
  void Agree(Socket& socket, const Segment& seg) const;
  void Fail(int id, Errno error);
  void CountOverflow(Drop drop);
  void CountDropped(Drop drop);
  // Whether an answer may leave now, at a limited rate.
  bool May(std::optional<Instant>& answered, Limit limit);
  bool MayAnswer(std::optional<Instant>& answered, const Segment& seg, Limit limit);
  void InputIcmp(const Reading& reading);
  Verdict JudgeIcmp(const Reading& reading);

  // Time (model_time.cc).
  void ExpireHalf(const Flow& flow);
  void ExpireSocket(int id);
  Timer TimerOf(const Socket& socket) const;
  void ArmSyn(Socket& socket);
  bool IsLate(const Socket& socket) const;
  uint32_t EvenTimeouts(const Socket& socket) const;

  // Segments (model_send.cc).
  uint32_t Isn(const Flow& flow);
  uint32_t TsVal(const Flow& flow);
  void Send(TcpPacket packet);
  void SendRst(const Segment& seg);
  void SendSynAck(const Flow& flow, HalfOpen& half);
  void SendSyn(Socket& socket);
  void SendAck(const Flow& flow, const HalfOpen& half, const Segment& seg);
  void SendAck(Socket& socket);
  void SendAck(const Flow& flow, const TimeWait& time_wait);
  OptionList SynOptions(const Flow& flow, Negotiated with, uint8_t scale, uint32_t ts_ecr);
  uint16_t Mss() const { return static_cast<uint16_t>(config_.mtu - 40); }

  Config config_;
  Instant now_;
  const Hints* hints_ = nullptr;
  Expected expected_;
  uint64_t armed_ = 0;
  int last_id_ = 0;
  uint32_t ballast_ = 0;
  Descriptor fds_[Op::kFds];
  std::map<int, Socket> sockets_;
  std::map<int, Listener> listeners_;
  FlowMap<HalfOpen> half_open_;
  FlowMap<TimeWait> time_waits_;
  FlowMap<Numbers> numbers_;
  std::vector<int> owe_syn_;    // sockets whose SYN is to leave
  std::vector<TcpPacket> owe_;  // other segments that calls left behind
  FlowSet lingering_;           // open flows that ended by a call
};

}  // namespace handfast::oracle

#endif  // HARNESS_ORACLE_MODEL_H_
