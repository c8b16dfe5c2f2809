// World: one stack, a clock that stands still until it is told to go on, and everything
// that leaves the stack, kept. HandPeer: who a test is, to the stack.
//
// Each step, and the stack after it, is audited (harness/step_audit.h, harness/audit.h); a
// broken invariant ends the test program, with a sentence.

#ifndef HARNESS_WORLD_H_
#define HARNESS_WORLD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "harness/step_audit.h"
#include "stack/base/time.h"
#include "stack/config.h"
#include "stack/stack.h"

namespace handfast {

// Where tests take place: the stack is 10.0.0.1/24, peers are 10.0.0.2 and up.
inline constexpr Addr kHere = Addr::V4(10, 0, 0, 1);
inline constexpr Addr kThere = Addr::V4(10, 0, 0, 2);
inline constexpr Port kHttp{80};

// A config with few of each object, so that copies are cheap and limits are near.
Config SmallConfig(Config config = Config::Default());

// The same as Linux answers, with the window scale of the traces' machine: 10.
Config LinuxConfig();

class World {
 public:
  // A datagram that left the stack.
  struct Sent {
    Instant at;
    Datagram datagram;
  };
  enum class Audits : uint8_t { kEachStep, kNone };

  explicit World(const Config& config = SmallConfig(), uint64_t seed = 1,
                 Instant start = Instant(1'000'000'000));

  Stack& stack() { return *stack_; }
  const Stack& stack() const { return *stack_; }
  Instant now() const { return now_; }
  Instant start() const { return start_; }
  // For worlds so large that an audit takes long.
  void set_audits(Audits audits) { audits_ = audits; }

  // Somebody listens, on all addresses. REQUIRES: the port and a listener are free.
  ListenerId Listen(int backlog = 5, Port port = kHttp);
  // All that a socket has to read now.
  std::vector<uint8_t> ReadAll(SocketId id);

  // What left the stack and was not taken yet, in order.
  std::vector<Datagram> Take();
  // The same, as segments. Whatever is not a valid segment ends the test program.
  std::vector<Seen> TakeSegments();
  // The only segment that left; nullopt if there were none or several.
  std::optional<Seen> TakeOne();
  // Of what left the stack and was not taken yet, the segments of one flow, ours first.
  std::vector<Sent> TakeOf(const Flow& flow);

  // The ReadyBits that the next round of events tells of a socket, or of a listener.
  uint8_t ToldOf(SocketId socket);
  uint8_t ToldOf(ListenerId listener);

  // Which counters have moved since this was asked last, as ShowMoved writes them.
  std::string Moved();
  // The state of a flow's owner, ours first; kNone if nobody owns it.
  State StateOf(const Flow& flow) const;

  // A datagram comes in, in a heap block of its exact size; then output of calls leaves, too.
  Verdict Inject(const Datagram& datagram);
  Verdict Inject(const TcpPacket& packet) { return Inject(packet.Seal()); }
  // Time goes on, stopping at each deadline on the way.
  void Advance(Duration duration);
  // Output of calls leaves; time stands.
  void Poll() { Advance(Duration(0)); }
  // What memory holds from now on before the stack writes to it (I-66).
  void Prefill(uint8_t octet);
  // Time jumps: what was due meanwhile is late.
  void Jump(Duration duration);

 private:
  void Expire();
  void Keep();
  void Audit();
  std::vector<Ready> NextRound();

  OwnedStack stack_;
  OwnedTxBurst tx_;
  StepAudit steps_;
  Instant start_;
  Instant now_;
  Audits audits_ = Audits::kEachStep;
  uint64_t audited_ = 0;  // steps
  std::vector<Sent> out_;
  Counters counted_;
  std::optional<uint8_t> prefill_;
};

// A peer as a test drives it by hand: it remembers the numbers, and says what it is told.
class HandPeer {
 public:
  HandPeer(World& world, Port here, Port there = Port{40000}, uint32_t isn = 1000,
           Addr addr = kThere);

  // A segment of the flow, from the peer, at its next sequence number.
  TcpPacket Make(unsigned flags, std::vector<uint8_t> text = {}) const;
  // Makes it, counts it, and lets it arrive.
  Verdict Say(unsigned flags, std::vector<uint8_t> text = {});

  // The peer opens; or answers a SYN that was sent. True when the stack is established.
  bool Open(const OptionList& options = OptionList().Mss(1460));
  bool AnswerSyn(const Seen& syn, const OptionList& options = OptionList().Mss(1460));
  // Takes note of what the stack said last.
  void Hear(const Seen& seen);

  // A segment with numbers relative to both ISNs, and the peer's timestamps if they are on.
  // Nothing is counted.
  TcpPacket At(unsigned flags, uint32_t at_seq, uint32_t at_ack = 0, size_t length = 0) const;
  Verdict SayAt(unsigned flags, uint32_t at_seq, uint32_t at_ack = 0, size_t length = 0) {
    return world_.Inject(At(flags, at_seq, at_ack, length));
  }
  // What the stack has said to the peer since this was asked last, in the notation of
  // harness/notation.h, one segment a line. The peer hears it, but for RSTs.
  std::string Heard();
  // The same; each line begins with the second, since the world began, at which it left.
  std::string HeardWhen();
  // Only those seconds, in one line.
  std::string WhenHeard();

  State state() const { return world_.StateOf(flow.Reversed()); }

  Flow flow;         // from the peer's side
  uint32_t seq;      // SND.NXT of the peer
  uint32_t ack = 0;  // RCV.NXT of the peer
  uint32_t isn;
  uint32_t their_isn = 0;
  bool timestamps = false;
  uint32_t ts_val = 100;
  uint32_t ts_ecr = 0;
  uint16_t window = 65535;

 private:
  std::vector<std::pair<Instant, std::string>> TakeLines();

  World& world_;
  std::optional<uint32_t> their_first_;
  std::optional<uint32_t> their_ts_;
};

// A world with one flow, which has come to a state of RFC 9293. Nothing waits to be taken;
// the peer is at RCV.NXT and acknowledges all that was sent. LISTEN and CLOSED have no flow
// yet. The stack connects for SYN-SENT, and else listens on port 80.
struct Scene {
  explicit Scene(State state, const Config& config = SmallConfig(),
                 const OptionList& options = OptionList().Mss(1460));
  explicit Scene(const Config& config = SmallConfig(),
                 const OptionList& options = OptionList().Mss(1460))
      : Scene(State::kEstablished, config, options) {}
  State state() const { return world.stack().Status(socket)->state; }

  World world;
  ListenerId listener;
  HandPeer peer;
  SocketId socket;

 private:
  void Open(State state, const OptionList& options);
  void Close(State state);
  void HearOne();
};

// All of a stack but its counters and its clock: what a drop leaves as it is (I-09).
std::vector<std::byte> Snapshot(const Stack& stack);

}  // namespace handfast

#endif  // HARNESS_WORLD_H_
