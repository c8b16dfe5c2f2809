// StageWorld: a world with a flow in a state of one's choice, brought there by real calls
// and real segments.

#ifndef HARNESS_WORLD_STATES_H_
#define HARNESS_WORLD_STATES_H_

#include <optional>
#include <vector>

#include "harness/packet.h"
#include "harness/world.h"
#include "stack/sock/state.h"
#include "stack/stack.h"
#include "stack/trace.h"

namespace handfast {

// The states of RFC 9293 figure 5, SYN-RECEIVED twice: as a request of a listener, and as a
// connection whose SYN crossed the peer's.
enum class Stage : uint8_t {
  kClosed,
  kListen,
  kSynSent,
  kRequest,
  kCrossed,
  kEstablished,
  kFinWait1,
  kFinWait2,
  kCloseWait,
  kClosing,
  kLastAck,
  kTimeWait,
};

std::vector<Stage> AllStages();
const char* Name(Stage stage);
State StateOf(Stage stage);

// Who opened the flow, in the states from ESTABLISHED on.
enum class OpenedBy : uint8_t { kPeer, kUs };

struct StageOptions {
  Config config = SmallConfig();
  OptionList syn = OptionList().Mss(1460);  // of the peer's SYN or SYN-ACK
  OpenedBy opened_by = OpenedBy::kPeer;
  size_t unread = 0;  // octets that came in before anything was closed
  // Octets of the user that a closed window holds back, and a FIN with them: not for
  // FIN-WAIT-2 and TIME-WAIT.
  size_t unsent = 0;
  uint32_t peer_isn = 1000;
  uint64_t seed = 1;
};

// What left the stack on the way was heard by the peer, and taken. But the peer did not hear
// our FIN in FIN-WAIT-1, CLOSING and LAST-ACK: there `peer.ack` is the FIN's own number, or
// that of the text before it which is not sent yet.
//
// `socket` is what the user holds: nothing in LISTEN and in SYN-RECEIVED as a request; a
// fresh one in CLOSED. After TIME-WAIT has begun the socket itself is in CLOSED.
class StageWorld {
 public:
  explicit StageWorld(Stage stage, const StageOptions& options = {});

  Stack& stack() { return world.stack(); }
  const Stack& stack() const { return world.stack(); }
  // The flow from the stack's side.
  Flow flow() const { return peer.flow.Reversed(); }

  World world;
  HandPeer peer;
  std::optional<ListenerId> listener;
  std::optional<SocketId> socket;
  Seen last;  // what left the stack last

 private:
  void Listen();
  void Connect();
  // The peer's SYN or SYN-ACK; it hears the answer.
  void SaySyn(unsigned flags, const OptionList& options);
  void Establish(const StageOptions& options);
  void GoOnTo(Stage stage);
  void SendFin();
  // What left, which is one segment with these flags.
  Seen TheOne(unsigned flags);
};

inline constexpr Port kStagePort{80};

// The state of a flow, whoever owns it; with nobody, LISTEN if a listener would take it.
State StateOf(const Stack& stack, const Flow& flow);
Owner OwnerOf(const Stack& stack, const Flow& flow);

}  // namespace handfast

#endif  // HARNESS_WORLD_STATES_H_
