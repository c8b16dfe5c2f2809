// The user's calls in each state: RFC 9293 §3.10.1 to §3.10.6 as a table of answer, next state
// and what leaves; and a call that fails leaves the stack as it was, bit for bit.
//
// I-12; MUST-12, MUST-46, SHLD-3; incidents 75, 85; CONN-03, CONN-11, CONN-12, SHUT-01, E39,
// E63.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

// A call on the socket of a stage; its answer as text.
using Call = std::function<std::string(Stack&, Instant, SocketId)>;

std::string Show(Errno error) { return Name(error); }
std::string Show(const Result<uint32_t>& count) {
  return count ? std::to_string(*count) : Name(count.error());
}

// "F.+0(0)": flags, distance from what the peer expects, octets of text.
std::string ShowLeft(StageWorld& world) {
  std::string out;
  for (const Seen& seen : world.world.TakeSegments()) {
    out += out.empty() ? "; " : ", ";
    const bool fresh = seen.has(kSyn) && !seen.has(kAck);
    out += ShowFlags(seen.flags);
    if (!fresh) out.append("+").append(std::to_string(seen.seq - world.peer.ack));
    out.append("(").append(std::to_string(seen.text.size())).append(")");
    if (seen.has(kAck) && seen.ack != world.peer.seq) out += " of a wrong ACK";
  }
  return out;
}

State SocketState(const StageWorld& world) {
  const auto status = world.stack().Status(*world.socket);
  return status ? status->state : State::kNone;
}

bool IsError(const std::string& answer) { return answer[0] == 'E'; }

// "answer", then "-> state" of the socket if it changes, then what leaves.
std::string Outcome(Stage stage, const Call& call, const StageOptions& options = {}) {
  StageWorld world(stage, options);
  if (!world.socket) return "no socket";
  Stack& stack = world.stack();
  const OwnedStack before(stack);
  const State state = SocketState(world);
  std::string out = call(stack, world.world.now(), *world.socket);
  if (IsError(out) && stack != *before) out += ", and changes something";
  if (AuditText(stack) != "") out += ", and breaks: " + AuditText(stack);
  if (const State after = SocketState(world); after == State::kNone)
    out += " -> void";
  else if (after != state)
    out += std::string(" -> ") + Name(after);
  world.world.Poll();
  if (AuditText(stack) != "") out += ", and leaves: " + AuditText(stack);
  return out + ShowLeft(world);
}

std::string Closed(Stack& stack, Instant now, SocketId id) {
  return Show(stack.Close(now, id));
}
std::string Aborted(Stack& stack, Instant now, SocketId id) {
  return Show(stack.Abort(now, id));
}

struct Row {
  Stage stage;
  const char* want;
};

// For the stages that have a socket: all but LISTEN and the request.
void ExpectTable(const char* name, const Call& call, const std::vector<Row>& rows) {
  ASSERT_EQ(rows.size(), AllStages().size() - 2);
  for (const Row& row : rows)
    EXPECT_EQ(Outcome(row.stage, call), row.want) << name << " in " << Name(row.stage);
}

// §3.10.3.
TEST(CallTableTest, Read) {
  const Call read = [](Stack& stack, Instant now, SocketId id) {
    std::vector<uint8_t> buffer(100);
    return Show(stack.Read(now, id, buffer));
  };
  ExpectTable("Read", read,
              {{Stage::kClosed, "ENOTCONN"},
               {Stage::kSynSent, "EAGAIN"},
               {Stage::kCrossed, "EAGAIN"},
               {Stage::kEstablished, "EAGAIN"},
               {Stage::kFinWait1, "EAGAIN"},
               {Stage::kFinWait2, "EAGAIN"},
               {Stage::kCloseWait, "0"},
               {Stage::kClosing, "0"},
               {Stage::kLastAck, "0"},
               {Stage::kTimeWait, "0"}});
}

// §3.10.2.
TEST(CallTableTest, Write) {
  const Call write = [](Stack& stack, Instant now, SocketId id) {
    return Show(stack.Write(now, id, Text(0, 10)));
  };
  ExpectTable("Write", write,
              {{Stage::kClosed, "ENOTCONN"},
               {Stage::kSynSent, "EAGAIN"},
               {Stage::kCrossed, "EAGAIN"},
               {Stage::kEstablished, "10; P.+0(10)"},
               {Stage::kFinWait1, "EPIPE"},
               {Stage::kFinWait2, "EPIPE"},
               {Stage::kCloseWait, "10; P.+0(10)"},
               {Stage::kClosing, "EPIPE"},
               {Stage::kLastAck, "EPIPE"},
               {Stage::kTimeWait, "EPIPE"}});
}

TEST(CallTableTest, ShutdownOfReading) {
  const Call shut = [](Stack& stack, Instant now, SocketId id) {
    return Show(stack.Shutdown(now, id, ShutdownHow::kRead));
  };
  ExpectTable("Shutdown", shut,
              {{Stage::kClosed, "ENOTCONN"},
               {Stage::kSynSent, "OK"},
               {Stage::kCrossed, "OK"},
               {Stage::kEstablished, "OK"},
               {Stage::kFinWait1, "OK"},
               {Stage::kFinWait2, "OK"},
               {Stage::kCloseWait, "OK"},
               {Stage::kClosing, "OK"},
               {Stage::kLastAck, "OK"},
               {Stage::kTimeWait, "ENOTCONN"}});
}

// §3.10.4. In SYN-RECEIVED the FIN waits for the handshake (incident 75).
TEST(CallTableTest, ShutdownOfWriting) {
  for (const ShutdownHow how : {ShutdownHow::kWrite, ShutdownHow::kBoth}) {
    const Call shut = [how](Stack& stack, Instant now, SocketId id) {
      return Show(stack.Shutdown(now, id, how));
    };
    ExpectTable("Shutdown", shut,
                {{Stage::kClosed, "ENOTCONN"},
                 {Stage::kSynSent, "OK -> CLOSED"},
                 {Stage::kCrossed, "OK"},
                 {Stage::kEstablished, "OK -> FIN-WAIT-1; F.+0(0)"},
                 {Stage::kFinWait1, "OK"},
                 {Stage::kFinWait2, "OK"},
                 {Stage::kCloseWait, "OK -> LAST-ACK; F.+0(0)"},
                 {Stage::kClosing, "OK"},
                 {Stage::kLastAck, "OK"},
                 {Stage::kTimeWait, "ENOTCONN"}});
  }
}

// §3.10.4.
TEST(CallTableTest, Close) {
  ExpectTable("Close", Closed,
              {{Stage::kClosed, "OK -> void"},
               {Stage::kSynSent, "OK -> void"},
               {Stage::kCrossed, "OK -> void"},
               {Stage::kEstablished, "OK -> void; F.+0(0)"},
               {Stage::kFinWait1, "OK -> void"},
               {Stage::kFinWait2, "OK -> void"},
               {Stage::kCloseWait, "OK -> void; F.+0(0)"},
               {Stage::kClosing, "OK -> void"},
               {Stage::kLastAck, "OK -> void"},
               {Stage::kTimeWait, "OK -> void"}});
}

// SHLD-3, incident 85: text that nobody will read was acknowledged, so the peer is told; also
// when it has said all it had to say.
TEST(CallTableTest, CloseWithUnreadText) {
  StageOptions options;
  options.unread = 10;
  const std::pair<Stage, const char*> kWant[] = {{Stage::kEstablished, "OK -> void; R.+0(0)"},
                                                 {Stage::kFinWait1, "OK -> void; R.+1(0)"},
                                                 {Stage::kFinWait2, "OK -> void; R.+0(0)"},
                                                 {Stage::kCloseWait, "OK -> void; R.+0(0)"},
                                                 {Stage::kClosing, "OK -> void; R.+1(0)"},
                                                 {Stage::kLastAck, "OK -> void; R.+1(0)"},
                                                 {Stage::kTimeWait, "OK -> void"}};
  for (const auto& [stage, want] : kWant)
    EXPECT_EQ(Outcome(stage, Closed, options), want) << Name(stage);
}

// §3.10.5: as long as the FIN has not left, the state is not yet what it is called, and the
// peer waits for the text before it.
TEST(CallTableTest, AbortWithUnsentText) {
  StageOptions options;
  options.unsent = 10;
  for (const Stage stage : {Stage::kEstablished, Stage::kCloseWait, Stage::kFinWait1,
                            Stage::kClosing, Stage::kLastAck})
    EXPECT_EQ(Outcome(stage, Aborted, options), "OK -> void; R.+0(0)") << Name(stage);
}

// Nor has it left before the next Expire.
TEST(CallTableTest, AbortBeforeTheFinLeaves) {
  const Call shut_and_abort = [](Stack& stack, Instant now, SocketId id) {
    (void)stack.Shutdown(now, id, ShutdownHow::kWrite);
    return Aborted(stack, now, id);
  };
  for (const Stage stage : {Stage::kEstablished, Stage::kCloseWait})
    EXPECT_EQ(Outcome(stage, shut_and_abort), "OK -> void; R.+0(0)") << Name(stage);
}

// §3.10.2: after CLOSE nothing more can be sent, also while the FIN waits for the handshake.
TEST(CallTableTest, WriteAfterShutdown) {
  const Call shut_and_write = [](Stack& stack, Instant now, SocketId id) {
    (void)stack.Shutdown(now, id, ShutdownHow::kWrite);
    const auto count = stack.Write(now, id, Text(0, 10));
    return count ? "taken" : std::string("after shutdown: ") + Name(count.error());
  };
  EXPECT_EQ(Outcome(Stage::kCrossed, shut_and_write), "after shutdown: EPIPE");
  EXPECT_EQ(Outcome(Stage::kEstablished, shut_and_write),
            "after shutdown: EPIPE -> FIN-WAIT-1; F.+0(0)");
}

// A full buffer is no lack of memory; nor is one that was made smaller than what it holds.
TEST(CallTableTest, WriteIntoAFullBuffer) {
  StageOptions options;
  options.config.socket.send_buffer = 1000;
  options.unsent = 1000;
  const Call write = [](Stack& stack, Instant now, SocketId id) {
    return Show(stack.Write(now, id, Text(0, 1)));
  };
  const Call shrink_and_write = [&write](Stack& stack, Instant now, SocketId id) {
    SocketOptions smaller = *stack.GetOptions(id);
    smaller.send_buffer = 500;
    (void)stack.SetOptions(now, id, smaller);
    return "shrunk: " + write(stack, now, id);
  };
  for (const Stage stage : {Stage::kEstablished, Stage::kCloseWait}) {
    EXPECT_EQ(Outcome(stage, write, options), "EAGAIN") << Name(stage);
    EXPECT_EQ(Outcome(stage, shrink_and_write, options), "shrunk: EAGAIN") << Name(stage);
  }
}

// §3.10.5: a RST where the peer could wait for more of us. <SEQ=SND.NXT>; in FIN-WAIT-1 the
// FIN counts, which the peer did not hear.
TEST(CallTableTest, Abort) {
  ExpectTable("Abort", Aborted,
              {{Stage::kClosed, "OK -> void"},
               {Stage::kSynSent, "OK -> void"},
               {Stage::kCrossed, "OK -> void; R.+0(0)"},
               {Stage::kEstablished, "OK -> void; R.+0(0)"},
               {Stage::kFinWait1, "OK -> void; R.+1(0)"},
               {Stage::kFinWait2, "OK -> void; R.+0(0)"},
               {Stage::kCloseWait, "OK -> void; R.+0(0)"},
               {Stage::kClosing, "OK -> void"},
               {Stage::kLastAck, "OK -> void"},
               {Stage::kTimeWait, "OK -> void"}});
}

// §3.10.1, active.
TEST(CallTableTest, Connect) {
  const Call connect = [](Stack& stack, Instant now, SocketId id) {
    return Show(stack.Connect(now, id, {kThere, Port{81}}));
  };
  ExpectTable("Connect", connect,
              {{Stage::kClosed, "OK -> SYN-SENT; S(0)"},
               {Stage::kSynSent, "EALREADY"},
               {Stage::kCrossed, "EALREADY"},
               {Stage::kEstablished, "EISCONN"},
               {Stage::kFinWait1, "EISCONN"},
               {Stage::kFinWait2, "EISCONN"},
               {Stage::kCloseWait, "EISCONN"},
               {Stage::kClosing, "EISCONN"},
               {Stage::kLastAck, "EISCONN"},
               {Stage::kTimeWait, "EISCONN"}});
}

// §3.10.1, passive: listen() and bind() are for sockets that had no peer.
TEST(CallTableTest, ListenAndBind) {
  const Call listen = [](Stack& stack, Instant now, SocketId id) {
    const auto listener = stack.Listen(now, id, 5);
    return Show(listener ? Errno::kOk : listener.error());
  };
  const Call bind = [](Stack& stack, Instant now, SocketId id) {
    return Show(stack.Bind(now, id, {kHere, Port{99}}));
  };
  for (const Stage stage : AllStages()) {
    if (stage == Stage::kListen || stage == Stage::kRequest) continue;
    const bool fresh = stage == Stage::kClosed;
    EXPECT_EQ(Outcome(stage, listen), fresh ? "OK -> void" : "EINVAL") << Name(stage);
    EXPECT_EQ(Outcome(stage, bind), fresh ? "OK" : "EINVAL") << Name(stage);
  }
}

// §3.10.6 and SO_ERROR: looking changes nothing.
TEST(CallTableTest, TakeErrorAndStatus) {
  const Call take = [](Stack& stack, Instant now, SocketId id) {
    const OwnedStack before(stack);
    const std::string answer = Show(stack.TakeError(now, id));
    const auto status = stack.Status(id);
    const auto options = stack.GetOptions(id);
    return answer + (status && options && stack == *before ? "" : ", and changes something");
  };
  for (const Stage stage : AllStages()) {
    if (stage == Stage::kListen || stage == Stage::kRequest) continue;
    EXPECT_EQ(Outcome(stage, take), "OK") << Name(stage);
    if (stage == Stage::kTimeWait) continue;  // the socket itself is over by then
    StageWorld world(stage);
    EXPECT_EQ(SocketState(world), StateOf(stage));
  }
}

// A listener has a handle of its own.
TEST(CallTableTest, AcceptOfAListenerWithoutChildren) {
  for (const Stage stage : {Stage::kListen, Stage::kRequest, Stage::kEstablished}) {
    StageWorld world(stage);
    const OwnedStack before(world.stack());
    EXPECT_EQ(world.stack().Accept(world.world.now(), *world.listener).error(), Errno::kAgain);
    EXPECT_EQ(world.stack(), *before);
  }
}

}  // namespace
}  // namespace handfast
