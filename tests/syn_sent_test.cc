// Segments for a connection that has sent its SYN.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Endpoint kPeer{kThere, Port{7777}};

// A client, and the server that it calls; the server's ISN is 5000.
struct Calling {
  explicit Calling(const Config& config = LinuxConfig()) : world(config) {
    socket = *world.stack().Connect(world.now(), kPeer);
    EXPECT_EQ(world.stack().SetInterest(socket, kAllReady), Errno::kOk);
    peer.flow = world.stack().Status(socket)->flow.Reversed();
    world.Poll();
    syn = peer.Heard();
    world.Moved();
  }
  State state() const { return world.stack().Status(socket)->state; }

  World world;
  HandPeer peer{world, Port{0}, kPeer.port, 5000};
  SocketId socket;
  std::string syn;
};

constexpr int kNoOptions = 1 << 30;
constexpr int kZeroEcho = kNoOptions + 1;

struct Row {
  const char* what;
  unsigned flags;
  uint32_t ack;
  size_t length;
  int echo;  // of the SYN's timestamp, and so much; or none
  const char* answer;
  const char* moved;
  State after;
};

constexpr const char* kAnAck = ". 1 ack 1 win 32768 <nop,nop,ts T 900>";
constexpr const char* kOpened = "Tcp.CurrEstab+1, Tcp.OutSegs+1";
constexpr const char* kRstAndSyn =
    "Tcp.OutRsts+1, Tcp.OutSegs+1, Tcp.RetransSegs+1, TcpExt.TCPSynRetrans+1, "
    "TcpExt.TCPTimeouts+1";
constexpr const char* kBadEcho = "Tcp.OutRsts+1, Tcp.OutSegs+1, TcpExt.PAWSActive+1";
constexpr const char* kCrossed = "S. 0 ack 1 win 64240 <mss 1460,sackOK,ts T 900,nop,ws 10>";
constexpr State kWaits = State::kSynSent;
constexpr State kOpen = State::kEstablished;

// Differs from Linux: a RST that is not believed makes nothing happen (the SYN is repeated at
// once there); the window of the first ACK is the whole buffer's.
constexpr Row kRows[] = {
    {"S. good", kSyn | kAck, 1, 0, 0, kAnAck, kOpened, kOpen},
    {"S. without options", kSyn | kAck, 1, 0, kNoOptions, ". 1 ack 1 win 64240", kOpened,
     kOpen},
    {"S. of ISS", kSyn | kAck, 0, 0, 0,
     "R 0 win 0\nS 0 win 64240 <mss 1460,sackOK,ts T+8 0,nop,ws 10>", kRstAndSyn, kWaits},
    {"S. too high", kSyn | kAck, 2, 0, 0,
     "R 2 win 0\nS 0 win 64240 <mss 1460,sackOK,ts T+8 0,nop,ws 10>", kRstAndSyn, kWaits},
    {"S., echo ahead", kSyn | kAck, 1, 0, 1000, "R 1 win 0", kBadEcho, kWaits},
    {"S., echo before", kSyn | kAck, 1, 0, -1, "R 1 win 0", kBadEcho, kWaits},
    {"S., echo 0", kSyn | kAck, 1, 0, kZeroEcho, kAnAck, kOpened, kOpen},
    {"SE.", kSyn | kEce | kAck, 1, 0, 0, kAnAck, kOpened, kOpen},
    {"SF.", kSyn | kFin | kAck, 1, 0, 0, kAnAck, kOpened, kOpen},
    {"S. with text", kSyn | kAck, 1, 10, 0, kAnAck, kOpened, kOpen},
    {"ACK", kAck, 1, 0, 0, "", "", kWaits},
    {"ACK of ISS", kAck, 0, 0, 0,
     "R 0 win 0\nS 0 win 64240 <mss 1460,sackOK,ts T+8 0,nop,ws 10>", kRstAndSyn, kWaits},
    {"ACK too high", kAck, 100, 0, 0,
     "R 100 win 0\nS 0 win 64240 <mss 1460,sackOK,ts T+8 0,nop,ws 10>", kRstAndSyn, kWaits},
    {"F.", kFin | kAck, 1, 0, 0, "", "", kWaits},
    {"R.", kRst | kAck, 1, 0, kNoOptions, "", "Tcp.AttemptFails+1", State::kNone},
    {"R., bad ack (differs)", kRst | kAck, 7, 0, kNoOptions, "", "", kWaits},
    {"R. of ISS (differs)", kRst | kAck, 0, 0, kNoOptions, "", "", kWaits},
    {"R", kRst, 0, 0, kNoOptions, "", "", kWaits},
    {"SR.", kSyn | kRst | kAck, 1, 0, kNoOptions, "", "Tcp.AttemptFails+1", State::kNone},
    {"R., bad echo", kRst | kAck, 1, 0, 1000, "", "TcpExt.PAWSActive+1", kWaits},
    {"F", kFin, 0, 0, kNoOptions, "", "", kWaits},
    {"no flags", 0, 0, 0, kNoOptions, "", "", kWaits},
    {"text", kPsh, 0, 3, kNoOptions, "", "", kWaits},
    {"SR", kSyn | kRst, 0, 0, kNoOptions, "", "", kWaits},
    {"S, crossed", kSyn, 0, 0, kZeroEcho, kCrossed, "", State::kSynReceived},
    {"SF, crossed", kSyn | kFin, 0, 0, kZeroEcho, kCrossed, "", State::kSynReceived},
    {"S with text, crossed", kSyn, 0, 3, kZeroEcho, kCrossed, "", State::kSynReceived},
};

OptionList OptionsOf(const Row& row, uint32_t ts_val) {
  if (row.echo == kNoOptions) return {};
  const uint32_t echo = row.echo == kZeroEcho ? 0 : ts_val + static_cast<uint32_t>(row.echo);
  if ((row.flags & kSyn) != 0) return OptionList::Usual(900, echo);
  return OptionList().Nop(2).Timestamps(900, echo);
}

// E34, SST-01..21, SIM-01, SIM-02. R5961-3.2d. Incident 67. Incident 70. Incident 73.
// Incident 84.
TEST(SynSentTest, EachSegmentIsAnsweredAsLinuxAnswersIt) {
  for (const Row& row : kRows) {
    Calling calling;
    ASSERT_EQ(calling.syn, "S 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 10>");
    TcpPacket packet = calling.peer.At(row.flags, 0, row.ack, row.length);
    packet.options = OptionsOf(row, calling.peer.ts_ecr);
    calling.world.Inject(packet);
    calling.world.Advance(100ms);
    EXPECT_EQ(calling.peer.Heard(), row.answer) << row.what;
    EXPECT_EQ(calling.world.Moved(), row.moved) << row.what;
    EXPECT_EQ(Name(calling.peer.state()), Name(row.after)) << row.what;
    const bool refused = row.after == State::kNone;
    EXPECT_EQ(calling.world.ToldOf(calling.socket),
              refused              ? kReadable | kWritable | kHangup | kErrored
              : row.after == kOpen ? kWritable
                                   : 0)
        << row.what;
    EXPECT_EQ(calling.world.stack().TakeError(calling.world.now(), calling.socket),
              refused ? Errno::kConnRefused : Errno::kOk)
        << row.what;
  }
}

// C10. Incident 67, R5961-3.2d: the number of a RST proves nothing, its acknowledgment all.
TEST(SynSentTest, ARstCountsByItsAcknowledgment) {
  for (const uint32_t seq : {0u, 1u, 77u, 1u << 31}) {
    Calling calling;
    calling.peer.SayAt(kRst, seq);
    for (const uint32_t ack : {0u - 1, 0u, 2u, 1u << 31})
      calling.peer.SayAt(kRst | kAck, seq, ack);
    EXPECT_EQ(calling.peer.Heard(), "");
    EXPECT_EQ(calling.state(), kWaits);
    calling.peer.SayAt(kRst | kAck, seq, 1);
    EXPECT_EQ(calling.state(), State::kClosed);
  }
}

// E34 (windows of 0, MSS of 0), SST-10, SST-13. R7323-2.2w. Incident 9: the window of a SYN-ACK
// is not scaled.
TEST(SynSentTest, WhatTheSynAckSaysIsInForce) {
  struct {
    uint16_t window;
    OptionList options;
    uint32_t send_window, send_mss;
  } const rows[] = {
      {0, OptionList::Usual(900), 0, 1448},
      {1000, OptionList::Usual(900), 1000, 1448},
      {65535, OptionList().Mss(1000).Scale(14), 65535, 1000},
      {65535, OptionList().Raw({2, 4, 0, 0}), 65535, 536},
      {65535, OptionList(), 65535, 536},
  };
  for (const auto& row : rows) {
    Calling calling;
    calling.peer.window = row.window;
    TcpPacket synack = calling.peer.At(kSyn | kAck, 0, 1);
    synack.options = row.options;
    calling.world.Inject(synack);
    const SocketStatus status = *calling.world.stack().Status(calling.socket);
    EXPECT_EQ(status.send_window, row.send_window);
    EXPECT_EQ(status.send_mss, row.send_mss);
  }
}

// Negotiation from the client's side: R7323-2.2, R7323-2.3a, I-54, SST-11, SST-12.
TEST(SynSentTest, WhatWasNotOfferedIsNotAgreedUpon) {
  Config config = LinuxConfig();
  config.policy.timestamps = config.policy.sack_permitted = config.policy.window_scale = false;
  Calling calling(config);
  TcpPacket synack = calling.peer.At(kSyn | kAck, 0, 1);
  synack.options = OptionList::Usual(900, 0);
  calling.world.Inject(synack);
  EXPECT_EQ(calling.peer.Heard(), ". 1 ack 1 win 64240");
  EXPECT_EQ(calling.world.stack().Status(calling.socket)->negotiated, Negotiated{});
}

// E38, SST-17: the third segment leaves at once. SST-14: text and FIN of a SYN-ACK are for the
// peer to repeat.
TEST(SynSentTest, TheSynAcksTextIsTakenWhenItComesAgain) {
  Calling calling;
  TcpPacket synack = calling.peer.At(kSyn | kFin | kAck, 0, 1, 10);
  synack.text = Text(0, 10);
  calling.world.Inject(synack);
  EXPECT_EQ(calling.peer.HeardWhen(), "0.000 . 1 ack 1 win 64240\n");
  EXPECT_EQ(calling.world.stack().Status(calling.socket)->unread, 0u);
  calling.peer.SayAt(kFin | kAck, 1, 1, 10);
  EXPECT_EQ(calling.peer.Heard(), ". 1 ack 12 win 64229");
  EXPECT_EQ(calling.state(), State::kCloseWait);
}

// Incident 84, SST-05: the fast repetition is for the first bad ACK only; each draws its RST.
TEST(SynSentTest, ManyBadAcksDoNotMakeManySyns) {
  for (const Config& config : {LinuxConfig(), SmallConfig()}) {
    Calling calling(config);
    for (int i = 0; i < 100; ++i) {
      calling.peer.SayAt(kAck, 0, 100);
      calling.world.Advance(5ms);
    }
    size_t syns = 0, rsts = 0;
    for (const Seen& seen : calling.world.TakeSegments()) ++(seen.has(kSyn) ? syns : rsts);
    EXPECT_EQ(syns, 1u);
    EXPECT_EQ(rsts, 100u);
  }
}

// Incident 64. Incident 84. Incident 129: the old connection of the server is reset, and the
// SYN that follows soon connects.
TEST(SynSentTest, AStaleServerIsResetAndConnects) {
  Calling calling;
  calling.peer.SayAt(kAck, 777, 12345);
  EXPECT_EQ(calling.peer.Heard(), "R 12345 win 0");
  calling.world.Advance(8ms);
  EXPECT_EQ(calling.peer.HeardWhen().substr(0, 9), "0.008 S 0");
  calling.peer.SayAt(kSyn | kAck, 0, 1);
  EXPECT_EQ(calling.state(), kOpen);
}

// Incident 73: neither a bare ACK nor a bare SYN establishes; both together do.
TEST(SynSentTest, ASplitHandshakeEndsInOneConnection) {
  Calling calling;
  calling.peer.SayAt(kAck, 0, 1);
  EXPECT_EQ(calling.peer.Heard(), "");
  EXPECT_EQ(calling.state(), kWaits);
  calling.peer.SayAt(kSyn, 0);
  EXPECT_EQ(calling.peer.Heard(), "S. 0 ack 1 win 64240 <mss 1460>");
  EXPECT_EQ(calling.state(), State::kSynReceived);
  calling.peer.SayAt(kAck, 1, 1);
  EXPECT_EQ(calling.state(), kOpen);
}

}  // namespace
}  // namespace handfast
