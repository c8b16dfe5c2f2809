// connect(): what may be asked, what the SYN says, and with which numbers.

#include <gtest/gtest.h>

#include <set>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Endpoint kPeer{kThere, Port{7777}};

// The SYN of a fresh socket.
std::string SynWith(const Config& config) {
  World world(config);
  HandPeer peer(world, Port{0}, kPeer.port, 5000);
  const SocketId socket = *world.stack().Connect(world.now(), kPeer);
  peer.flow = world.stack().Status(socket)->flow.Reversed();
  world.Poll();
  EXPECT_EQ(world.Moved(), "Tcp.ActiveOpens+1, Tcp.OutSegs+1");
  return peer.Heard();
}

// E33, SYN-01..07, WIN-03, WIN-07, ACT-10. MUST-14, R7323-3.2a, R3168-b.
TEST(ConnectTest, TheSynSaysWhatThePolicyOffers) {
  struct {
    bool timestamps, sack, scale;
    const char* syn;
  } const rows[] = {
      {true, true, true, "S 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 10>"},
      {false, true, true, "S 0 win 64240 <mss 1460,nop,nop,sackOK,nop,ws 10>"},
      {true, false, true, "S 0 win 64240 <mss 1460,nop,nop,ts T 0,nop,ws 10>"},
      {true, true, false, "S 0 win 64240 <mss 1460,sackOK,ts T 0>"},
      {false, false, true, "S 0 win 64240 <mss 1460,nop,ws 10>"},
      {false, true, false, "S 0 win 64240 <mss 1460,nop,nop,sackOK>"},
      {false, false, false, "S 0 win 64240 <mss 1460>"},
  };
  for (const auto& row : rows) {
    Config config = LinuxConfig();
    config.policy.timestamps = row.timestamps;
    config.policy.sack_permitted = row.sack;
    config.policy.window_scale = row.scale;
    EXPECT_EQ(SynWith(config), row.syn);
  }
}

// E33: buffers and MTUs. Differs from Linux: the window is a whole number of segments even
// where 16 bits cut it off (65535 there for the third buffer).
TEST(ConnectTest, TheSynsWindowIsWholeSegments) {
  struct {
    uint32_t buffer, mtu;
    const char* syn;
  } const rows[] = {
      {4096, 1500, "S 0 win 2920 <mss 1460,sackOK,ts T 0,nop,ws 0>"},
      {65536, 1500, "S 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 1>"},
      {200'000, 1500, "S 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 2>"},
      {5000, 1500, "S 0 win 4380 <mss 1460,sackOK,ts T 0,nop,ws 0>"},
      {1152, 1500, "S 0 win 1152 <mss 1460,sackOK,ts T 0,nop,ws 0>"},
      {32 << 20, 1300, "S 0 win 65520 <mss 1260,sackOK,ts T 0,nop,ws 10>"},
      {32 << 20, 1240, "S 0 win 64800 <mss 1200,sackOK,ts T 0,nop,ws 10>"},
      {32 << 20, 1040, "S 0 win 65000 <mss 1000,sackOK,ts T 0,nop,ws 10>"},
  };
  for (const auto& row : rows) {
    Config config = LinuxConfig();
    config.socket.receive_buffer = row.buffer;
    config.mtu = row.mtu;
    EXPECT_EQ(SynWith(config), row.syn);
  }
}

// E33, E37 (ECN-06).
TEST(ConnectTest, TheSynAsksForEcnIfThePolicyDoes) {
  Config config = LinuxConfig();
  config.policy.ecn = Ecn::kRequest;
  EXPECT_EQ(SynWith(config), "SEW 0 win 64240 <mss 1460,sackOK,ts T 0,nop,ws 10>");
}

// E33, R6864-4. Differs from Linux: the identification of an atomic datagram is 0.
TEST(ConnectTest, TheSynIsAnAtomicDatagram) {
  World world(LinuxConfig());
  ASSERT_TRUE(world.stack().Connect(world.now(), kPeer));
  world.Poll();
  const Datagram datagram = world.Take().at(0);
  EXPECT_EQ(Datagram(datagram.begin(), datagram.begin() + 9),
            (Datagram{0x45, 0, 0, 60, 0, 0, 0x40, 0, 64}));
}

// E39, CONN-03, CONN-08, MUST-46. Differs from Linux: 0.0.0.0 and our own address are no way
// to ourselves; port 0 cannot be connected to.
TEST(ConnectTest, WhereNobodyCanBeIsAnErrorAndNothingIsSent) {
  struct {
    Endpoint peer;
    Errno error;
  } const rows[] = {
      {{Addr::V4(224, 0, 0, 1), kHttp}, Errno::kNetUnreach},
      {{Addr::V4(10, 0, 0, 255), kHttp}, Errno::kNetUnreach},
      {{Addr::V4(255, 255, 255, 255), kHttp}, Errno::kNetUnreach},
      {{Addr::AnyV4(), kHttp}, Errno::kNetUnreach},
      {{Addr::V4(127, 0, 0, 1), kHttp}, Errno::kNetUnreach},
      {{Addr::V4(240, 0, 0, 1), kHttp}, Errno::kNetUnreach},
      {{kHere, kHttp}, Errno::kNetUnreach},
      {{kThere, Port{0}}, Errno::kInval},
      {{Addr{{0x20010db8, 0, 0, 1}}, kHttp}, Errno::kAfNoSupport},
  };
  World world(LinuxConfig());
  const SocketId socket = *world.stack().Socket(world.now());
  for (const auto& row : rows) {
    const uint64_t before = world.stack().Hash();
    EXPECT_EQ(world.stack().Connect(world.now() + 1s, socket, row.peer), row.error);
    EXPECT_EQ(world.stack().Hash(), before) << "I-12";
    EXPECT_EQ(world.stack().Connect(world.now(), row.peer).error(), row.error);
  }
  world.Poll();
  EXPECT_TRUE(world.Take().empty());
  EXPECT_EQ(world.stack().Connect(world.now(), socket, kPeer), Errno::kOk);
}

// E39, CONN-03, CONN-11, POLL-02.
TEST(ConnectTest, WhileItConnectsASocketDoesNothingElse) {
  World world(LinuxConfig());
  Stack& stack = world.stack();
  const SocketId socket = *stack.Socket(world.now());
  ASSERT_EQ(stack.SetInterest(socket, kAllReady), Errno::kOk);
  std::vector<uint8_t> buffer(10);
  EXPECT_EQ(stack.Read(world.now(), socket, buffer).error(), Errno::kNotConn);
  EXPECT_EQ(stack.Write(world.now(), socket, buffer).error(), Errno::kNotConn);
  EXPECT_EQ(stack.Shutdown(world.now(), socket, ShutdownHow::kBoth), Errno::kNotConn);
  ASSERT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kOk);
  EXPECT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kAlready);
  EXPECT_EQ(stack.Bind(world.now(), socket, {Addr::AnyV4(), kHttp}), Errno::kInval);
  EXPECT_EQ(stack.Listen(world.now(), socket, 5).error(), Errno::kInval);
  EXPECT_EQ(stack.Read(world.now(), socket, buffer).error(), Errno::kAgain);
  EXPECT_EQ(stack.Write(world.now(), socket, buffer).error(), Errno::kAgain);
  EXPECT_EQ(world.ToldOf(socket), 0);
  world.Poll();
  HandPeer peer(world, Port{0}, kPeer.port, 5000);
  ASSERT_TRUE(peer.AnswerSyn(*world.TakeOne()));
  EXPECT_EQ(world.ToldOf(socket), kWritable);
  EXPECT_EQ(stack.Connect(world.now(), socket, kPeer), Errno::kIsConn);
  EXPECT_EQ(stack.Bind(world.now(), socket, {Addr::AnyV4(), kHttp}), Errno::kInval);
  EXPECT_EQ(stack.Listen(world.now(), socket, 5).error(), Errno::kInval);
}

// E39 (after RST), SST-07. Differs from Linux: a socket connects once.
TEST(ConnectTest, ARefusedSocketIsOver) {
  World world(LinuxConfig());
  const SocketId socket = *world.stack().Connect(world.now(), kPeer);
  ASSERT_EQ(world.stack().SetInterest(socket, kAllReady), Errno::kOk);
  world.Poll();
  HandPeer peer(world, Port{0}, kPeer.port, 5000);
  const Seen syn = *world.TakeOne();
  peer.flow = syn.flow.Reversed();
  peer.Hear(syn);
  peer.SayAt(kRst | kAck, 0, 1);
  EXPECT_EQ(world.ToldOf(socket), kReadable | kWritable | kHangup | kErrored);
  EXPECT_EQ(world.stack().TakeError(world.now(), socket), Errno::kConnRefused);
  EXPECT_EQ(world.stack().TakeError(world.now(), socket), Errno::kOk);
  EXPECT_EQ(world.stack().Connect(world.now(), socket, kPeer), Errno::kIsConn);
  std::vector<uint8_t> buffer(10);
  EXPECT_EQ(*world.stack().Read(world.now(), socket, buffer), 0u);
  EXPECT_EQ(world.stack().Write(world.now(), socket, buffer).error(), Errno::kPipe);
}

// E63, CONN-12: closing says nothing; a SYN-ACK that comes later meets nobody. AttemptFails
// is for attempts that others end.
TEST(ConnectTest, ClosingWhileItConnectsSaysNothing) {
  World world(LinuxConfig());
  const SocketId socket = *world.stack().Connect(world.now(), kPeer);
  world.Poll();
  HandPeer peer(world, Port{0}, kPeer.port, 5000);
  const Seen syn = *world.TakeOne();
  peer.flow = syn.flow.Reversed();
  peer.Hear(syn);
  ASSERT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
  world.Advance(147ms);
  EXPECT_EQ(peer.state(), State::kNone);
  peer.SayAt(kSyn | kAck, 0, 1);
  EXPECT_EQ(peer.Heard(), "R 1 win 0");
  EXPECT_EQ(world.Moved(), "Tcp.ActiveOpens+1, Tcp.OutRsts+1, Tcp.OutSegs+2");
}

// E39, SHUT-01: shutting down while it connects ends the attempt. Differs from Linux: only
// shutting down the sending half does.
TEST(ConnectTest, ShuttingDownWhileItConnectsEndsIt) {
  World world(LinuxConfig());
  const SocketId socket = *world.stack().Connect(world.now(), kPeer);
  world.Poll();
  world.Take();
  ASSERT_EQ(world.stack().Shutdown(world.now(), socket, ShutdownHow::kWrite), Errno::kOk);
  world.Advance(300s);
  EXPECT_TRUE(world.Take().empty());
  EXPECT_EQ(world.stack().Status(socket)->state, State::kClosed);
  EXPECT_EQ(world.stack().TakeError(world.now(), socket), Errno::kConnReset);
  EXPECT_EQ(world.Moved(), "Tcp.ActiveOpens+1, Tcp.OutSegs+1");
}

// The same before the SYN has left: it never does.
TEST(ConnectTest, ShuttingDownBeforeTheSynLeavesSaysNothing) {
  World world(LinuxConfig());
  const SocketId socket = *world.stack().Connect(world.now(), kPeer);
  ASSERT_EQ(world.stack().Shutdown(world.now(), socket, ShutdownHow::kWrite), Errno::kOk);
  world.Advance(3600s);
  EXPECT_TRUE(world.Take().empty());
  EXPECT_EQ(world.stack().Status(socket)->state, State::kClosed);
  EXPECT_EQ(world.stack().TakeError(world.now(), socket), Errno::kConnReset);
  EXPECT_EQ(world.Moved(), "Tcp.ActiveOpens+1");
}

// MUST-44, MUST-45: the source is an address of the peer's subnet, or the first; it stays.
TEST(ConnectTest, TheSourceIsTheAddressThePeerWouldSee) {
  Config config = LinuxConfig();
  const Addr other = Addr::V4(192, 168, 7, 1);
  config.With(other, 16);
  World world(config);
  struct {
    Addr peer, source;
  } const rows[] = {{Addr::V4(10, 0, 0, 9), kHere},
                    {Addr::V4(192, 168, 200, 9), other},
                    {Addr::V4(8, 8, 8, 8), kHere}};
  for (const auto& row : rows) {
    const SocketId socket = *world.stack().Connect(world.now(), {row.peer, kHttp});
    EXPECT_EQ(world.stack().Status(socket)->flow.local, row.source);
    world.Advance(3s);
    for (const Seen& seen : world.TakeSegments()) EXPECT_EQ(seen.flow.local, row.source);
    ASSERT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
  }
  const SocketId bound = *world.stack().Socket(world.now());
  ASSERT_EQ(world.stack().Bind(world.now(), bound, {other, Port{5555}}), Errno::kOk);
  ASSERT_EQ(world.stack().Connect(world.now(), bound, kPeer), Errno::kOk);
  EXPECT_EQ(world.stack().Status(bound)->flow, (Flow{other, kThere, Port{5555}, kPeer.port}));
}

// E58, ISN-01..04. MUST-8, R6528-3, I-61. Incident 29: for one flow the number goes on by one
// in 64 ns, on both sides, and the timestamp by one in a millisecond.
TEST(ConnectTest, TheInitialNumbersOfAFlowFollowTheClock) {
  Config config = LinuxConfig();
  config.ephemeral = {5000, 5000};
  World world(config);
  world.Listen();
  std::optional<Seen> first_syn, first_synack;
  for (const uint32_t ms : {0u, 300u, 600u, 900u, 60'000u}) {
    world.Advance(world.start() + std::chrono::milliseconds(ms) - world.now());
    const SocketId socket = *world.stack().Connect(world.now(), kPeer);
    world.Poll();
    const Seen syn = *world.TakeOne();
    ASSERT_EQ(world.stack().Close(world.now(), socket), Errno::kOk);
    HandPeer peer(world, kHttp);
    TcpPacket packet = peer.At(kSyn, 0);
    packet.options = OptionList::Usual(1);
    world.Inject(packet);
    const Seen synack = *world.TakeOne();
    peer.SayAt(kRst, 1);
    if (!first_syn) first_syn = syn, first_synack = synack;
    EXPECT_EQ(syn.seq - first_syn->seq, ms * 15'625);
    EXPECT_EQ(synack.seq - first_synack->seq, ms * 15'625);
    EXPECT_EQ(syn.options.ts_val - first_syn->options.ts_val, ms);
    EXPECT_EQ(synack.options.ts_val - first_synack->options.ts_val, ms);
  }
}

// E58, ISN-03, SHLD-1. Incident 28. Incident 33: what one flow shows says nothing of another.
TEST(ConnectTest, TheInitialNumbersOfFlowsAreUnrelated) {
  std::set<uint32_t> isns, offsets;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    World world(LinuxConfig(), seed);
    for (uint16_t i = 0; i < 8; ++i) {
      const Endpoint peer{Addr::V4(10, 0, 0, static_cast<uint8_t>(2 + i / 4)),
                          Port{static_cast<uint16_t>(7000 + i % 4)}};
      ASSERT_TRUE(world.stack().Connect(world.now(), peer));
    }
    world.Poll();
    for (const Seen& seen : world.TakeSegments()) {
      isns.insert(seen.seq);
      offsets.insert(seen.options.ts_val);
    }
  }
  EXPECT_EQ(isns.size(), 32u);
  EXPECT_EQ(offsets.size(), 32u);
}

// What ends before its SYN has left ends in silence: a user who shuts it, and a RST that
// guessed the ISS. I-10, I-69.
TEST(ConnectTest, AnAttemptThatEndsBeforeItsSynLeavesSaysNothing) {
  for (const bool by_user : {true, false}) {
    World world;
    Stack& stack = world.stack();
    const SocketId socket = *stack.Connect(world.now(), kPeer);
    if (by_user) {
      ASSERT_EQ(stack.Shutdown(world.now(), socket, ShutdownHow::kWrite), Errno::kOk);
    } else {
      TcpPacket rst;
      rst.flow = stack.Status(socket)->flow.Reversed();
      rst.flags = kRst | kAck;
      rst.ack = stack.tables().connections[socket.slot].snd_nxt.raw();
      ASSERT_EQ(world.Inject(rst), Verdict(Action::kReset));
    }
    EXPECT_EQ(stack.Status(socket)->state, State::kClosed);
    world.Advance(600s);
    EXPECT_TRUE(world.Take().empty()) << by_user;
    EXPECT_EQ(stack.Close(world.now(), socket), Errno::kOk);
    EXPECT_EQ(stack.tables().connections.used(), 0u);
  }
}

// Who guesses the ISS may answer a SYN that has not left yet; then it need not leave. I-69.
TEST(ConnectTest, ASynThatWasAnsweredBeforeItLeftStays) {
  for (const bool crossed : {false, true}) {
    World world;
    Stack& stack = world.stack();
    HandPeer peer(world, Port{0}, kPeer.port, 5000);
    const SocketId socket = *stack.Connect(world.now(), kPeer);
    peer.flow = stack.Status(socket)->flow.Reversed();
    const Datagram guessed = [&] {
      TcpPacket synack = peer.Make(kSyn | kAck);
      synack.ack = stack.tables().connections[socket.slot].snd_nxt.raw();
      return synack.Seal();
    }();
    const Datagram syn = peer.Make(kSyn).Seal();
    const Bytes burst[] = {syn, guessed};
    OwnedTxBurst tx(8, 200);
    const auto all = std::span(burst).last(crossed ? 2 : 1);
    ASSERT_EQ(stack.Input(world.now(), all, tx), all.size());
    stack.Expire(world.now(), tx);
    EXPECT_EQ(stack.Status(socket)->state, State::kEstablished);
    ASSERT_GE(tx.size(), 1u);
    const std::optional<Seen> last = Read(tx[tx.size() - 1]);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->flags, kAck) << crossed;
    for (size_t i = 0; i < tx.size(); ++i) EXPECT_NE(Read(tx[i])->flags, kSyn) << crossed;
  }
}

}  // namespace
}  // namespace handfast
