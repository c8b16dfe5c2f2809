// World: one stack, a clock that stands still until it is told to go on, and everything
// that leaves the stack, kept.

#ifndef HARNESS_WORLD_H_
#define HARNESS_WORLD_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "stack/base/time.h"
#include "stack/config.h"
#include "stack/stack.h"

namespace handfast {

// Where tests take place: the stack is 10.0.0.1/24, peers are 10.0.0.2 and up.
inline constexpr Addr kHere = Addr::V4(10, 0, 0, 1);
inline constexpr Addr kThere = Addr::V4(10, 0, 0, 2);

// A config with few of each object, so that copies are cheap and limits are near.
Config SmallConfig(Config config = Config::Default());

class World {
 public:
  explicit World(const Config& config = SmallConfig(), uint64_t seed = 1,
                 Instant start = Instant(1'000'000'000));

  Stack& stack() { return *stack_; }
  const Stack& stack() const { return *stack_; }
  Instant now() const { return now_; }

  // What left the stack and was not taken yet, in order.
  std::vector<Datagram> Take();
  // The same, as segments. Whatever is not a valid segment ends the test program.
  std::vector<Seen> TakeSegments();
  // The only segment that left; nullopt if there were none or several.
  std::optional<Seen> TakeOne();

  // A datagram comes in; then output of calls leaves, too.
  Verdict Inject(const Datagram& datagram);
  Verdict Inject(const TcpPacket& packet) { return Inject(packet.Seal()); }
  // Time goes on, stopping at each deadline on the way.
  void Advance(Duration duration);
  // Output of calls leaves; time stands.
  void Poll() { Advance(Duration(0)); }
  // Time jumps: what was due meanwhile is late.
  void Jump(Duration duration);

 private:
  void Keep();

  OwnedStack stack_;
  OwnedTxBurst tx_;
  Instant now_;
  std::vector<Datagram> out_;
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
  World& world_;
};

}  // namespace handfast

#endif  // HARNESS_WORLD_H_
