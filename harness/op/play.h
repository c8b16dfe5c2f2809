// Play: where scenarios happen. Our stack, its user, an Ethernet, an honest peer (A: a stack
// of its own, with a user), peers that are made up (B, C, D), and what is on its way between
// them. All of it is a value: a copy goes on as the original does.
//
//     user ──calls──▶ our stack ◀──▶ Ethernet ◀──▶ wire ◀──▶ A's stack ◀──calls── A's user
//                                       ▲
//                        segments of B, C, D, and of whoever claims to be A
//
// After each op the stacks are audited, and what users read is held against what was
// written. The first thing that is wrong stays in wrong().

#ifndef HARNESS_OP_PLAY_H_
#define HARNESS_OP_PLAY_H_

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "harness/op/op.h"
#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "harness/step_audit.h"
#include "stack/link/ethernet.h"
#include "stack/stack.h"
#include "stack/trace.h"

namespace handfast {

class Play;

// What a Play tells whoever watches; of our stack, unless it says otherwise. Borrowed for the
// call. Between OnOp and the next, there may be any number of the others.
class Spectator {
 public:
  virtual void OnOp(const Play& play, const Op& op);
  // A call of our user was answered; `value` is what it gave where it gave something.
  virtual void OnCall(const Play& play, const Op& op, Errno error, uint32_t value);
  // A datagram came in; what left at once.
  virtual void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
                       const TxBurst& out);
  // Timers fired, or output of calls left.
  virtual void OnExpire(const Play& play, const Trace& trace, const TxBurst& out);
  // Nobody at the next hop took a datagram of ours.
  virtual void OnUnreachable(const Play& play, Bytes datagram, const TraceRecord& record);
  // The stack was replaced: by a copy of itself, by an earlier one, or by a new one.
  virtual void OnReplaced(const Play& play, const Op& op);

 protected:
  ~Spectator() = default;
};

// One config for each kind of stack a scenario may begin with, or restart as.
inline constexpr uint8_t kSetups = 8;
Config SetupConfig(uint8_t setup);
const char* SetupName(uint8_t setup);

// A descriptor of a user. What it stood for is remembered when it is closed, so that stale
// handles are tried, too.
struct Descriptor {
  enum class Kind : uint8_t { kNothing, kSocket, kListener };
  Kind kind = Kind::kNothing;
  bool held = false;
  SocketId socket;
  ListenerId listener;
  uint64_t written = 0;  // octets
  uint64_t read = 0;
};

// What should not matter.
struct Beginning {
  Instant at = Instant(1'000'000'000);
  uint32_t turn = 0;  // is added to where the numbers of made-up peers begin
};

class Play {
 public:
  explicit Play(uint8_t setup = 0, uint64_t seed = 1, const Beginning& beginning = {});

  void Do(const Op& op);
  void Do(const Scenario& scenario) {
    for (const Op& op : scenario) Do(op);
  }
  // A datagram comes in that no op tells of; whatever it is.
  void Receive(Datagram datagram);
  // Everybody closes, the peers fall silent, and time runs out. Afterwards nothing is left.
  void Finish();

  // The first thing that was wrong: an audit, an octet, a call. "" while all is right.
  const std::string& wrong() const { return wrong_; }

  Instant now() const { return now_; }
  const Stack& stack() const { return *ours_.stack; }
  const Stack& peer_stack() const { return *theirs_.stack; }
  const Descriptor& descriptor(uint8_t fd) const { return ours_.fds[fd]; }
  const Descriptor& peer_descriptor(uint8_t fd) const { return theirs_.fds[fd]; }
  uint64_t ops() const { return ops_; }
  // Datagrams between our stack and A's that did not arrive yet.
  size_t on_the_way() const { return wire_.size(); }
  // What the last call was answered; by anyone.
  Errno answer() const { return answer_; }
  uint32_t answer_value() const { return answer_value_; }

  // Who is told; not copied. nullptr: nobody.
  void set_spectator(Spectator* spectator) { spectator_.who = spectator; }
  enum class Audits : uint8_t { kEachOp, kNone };
  // Without: wrong() tells of calls and octets only.
  void set_audits(Audits audits) { audits_ = audits; }

  static Addr AddrOf(uint8_t peer);
  static Port PeerPort(uint8_t index);
  static Port HerePort(uint8_t index);

 private:
  struct Host {
    OwnedStack stack;
    std::array<Descriptor, Op::kFds> fds{};
    std::vector<SocketId> ballast;  // sockets that only take room
  };
  // What is known of a flow when nobody owns it.
  struct Known {
    Seq irs{};
    Seq rcv_nxt{};
    Seq edge{};
    Seq iss{};
    Seq snd_una{};
    Seq snd_nxt{};
    uint32_t ts_val = 100;    // the peer's last
    uint32_t our_ts_val = 0;  // our last
  };
  struct Parcel {
    bool to_us = false;
    Datagram datagram;
  };
  // A copy is watched by nobody.
  struct Watched {
    Spectator* who = nullptr;
    Watched() = default;
    Watched(const Watched&) {}
    Watched& operator=(const Watched&) { return *this; }
  };

  static constexpr size_t kRemembered = 8;  // datagrams that came in
  static constexpr size_t kMostOnTheWay = 256;

  // Calls (play_call.cc).
  void Call(const Op& op);
  Errno CallSocket(Host& host, Descriptor& descriptor, const Op& op);
  Errno CallListener(Host& host, Descriptor& descriptor, const Op& op);
  Errno Accept(Host& host, Descriptor& descriptor, const Op& op);
  Errno Read(Host& host, Descriptor& descriptor, uint16_t length);
  Errno Write(Host& host, Descriptor& descriptor, uint16_t length);
  Errno Set(Host& host, const Descriptor& descriptor, const Op& op);
  Errno Events(Host& host, uint16_t count);
  void Exhaust(uint16_t left);

  // Segments (play_segment.cc).
  std::optional<Flow> FlowOf(const Op& op) const;  // ours first
  Known& Know(const Flow& flow);
  void Learn(const Flow& flow, Known& known) const;
  Datagram MakeSegment(const Op& op, const Flow& flow);
  Datagram MakeIcmp(const Op& op, const Flow& flow);
  void Arp(const Op& op);

  // The wire (play_wire.cc).
  void Arrive(Datagram datagram);  // at our stack
  void ArriveAtPeer(const Datagram& datagram);
  void Send(TxBurst& tx);  // what our stack wrote
  void Route(Bytes datagram);
  void Answer(TxBurst& questions);
  void Deliver(size_t count);
  void OnTheWay(const Op& op);
  void Settle();  // what is due now happens
  void ExpireOurs();
  void Wait(Duration duration);
  bool StepTo(Instant until);
  void Replace(const Op& op);

  void Wrong(std::string sentence);
  void Audit();
  void NoteStep();  // before each step of our stack

  Host ours_;
  Host theirs_;
  StepAudit steps_;
  Ethernet ethernet_;
  std::deque<Parcel> wire_;
  std::deque<Datagram> came_in_;
  std::array<Known, 64> known_{};
  std::vector<Host> snapshot_;  // one, or none
  Instant now_{};
  uint64_t ops_ = 0;
  uint64_t seed_ = 1;
  uint32_t refuse_ = 0;
  uint8_t silent_ = 0;  // peers that do not answer ARP, a bit for each
  Audits audits_ = Audits::kEachOp;
  Errno answer_ = Errno::kOk;
  uint32_t answer_value_ = 0;
  std::string wrong_;
  Watched spectator_;
};

// Plays a scenario to its end, Finish included: what was wrong, or "".
std::string WrongOf(const Scenario& scenario, uint8_t setup = 0);

}  // namespace handfast

#endif  // HARNESS_OP_PLAY_H_
