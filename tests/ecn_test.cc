// Who may use ECN, and where its marks may stand (RFC 3168 §6.1.1).

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kTheirs{7777};
constexpr unsigned kEcnSyn = kSyn | kEce | kCwr;
constexpr unsigned kAe = 0x100;

Config WithEcn(Ecn ecn) {
  Config config = LinuxConfig();
  config.policy.ecn = ecn;
  return config;
}

// A client that asks for ECN, and the SYN that says so.
struct Asking {
  explicit Asking(const Config& config) : world(config) {
    socket = *world.stack().Connect(world.now(), {kThere, kTheirs});
    world.Poll();
    syn = *Read(world.Take().at(0));
    peer.flow = syn.flow.Reversed();
  }
  bool uses_ecn() { return world.stack().Status(socket)->negotiated.has(Negotiated::kEcn); }

  World world;
  HandPeer peer{world, Port{0}, kTheirs, 5000};
  SocketId socket;
  Seen syn;
};

// E57, ECN-03, ECN-04, ECN-09. R3168-a: 9 kinds of SYN, 3 policies. Incident 15.
TEST(EcnTest, OnlyAnEcnSetupSynIsAnsweredInKind) {
  struct {
    unsigned flags;
    uint8_t tos;
    bool agrees;
  } const rows[] = {
      {kEcnSyn, 0, true},         {kEcnSyn, 1, false},        {kEcnSyn, 2, false},
      {kEcnSyn, 3, false},        {kSyn | kEce, 0, false},    {kSyn | kCwr, 0, false},
      {kEcnSyn | kAe, 0, true},   {kEcnSyn | kAe, 2, true},   {kSyn, 2, false},
      {kEcnSyn | 0x200, 2, true}, {kEcnSyn | 0x400, 2, true},
  };
  for (const Ecn ecn : {Ecn::kOff, Ecn::kAccept, Ecn::kRequest}) {
    World world(WithEcn(ecn));
    world.Listen(64);
    uint16_t port = 20000;
    for (const auto& row : rows) {
      HandPeer peer(world, kHttp, Port{port++});
      TcpPacket syn = peer.At(row.flags, 0);
      syn.tos = row.tos;
      world.Inject(syn);
      const bool agrees = row.agrees && ecn != Ecn::kOff;
      EXPECT_EQ(peer.Heard(),
                agrees ? "SE. 0 ack 1 win 64240 <mss 1460>" : "S. 0 ack 1 win 64240 <mss 1460>")
          << ShowFlags(row.flags) << " tos " << int{row.tos};
    }
  }
}

// E65, ECN-05: what the first SYN asked for stays.
TEST(EcnTest, ARepeatedSynDoesNotChangeTheAnswer) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer(world, kHttp);
  peer.SayAt(kEcnSyn, 0);
  peer.SayAt(kSyn, 0);
  world.Advance(1s);
  EXPECT_EQ(peer.HeardWhen(),
            "0.000 SE. 0 ack 1 win 64240 <mss 1460>\n"
            "0.000 SE. 0 ack 1 win 64240 <mss 1460>\n"
            "1.000 SE. 0 ack 1 win 64240 <mss 1460>\n");
  HandPeer plain(world, kHttp, Port{40001});
  plain.SayAt(kSyn, 0);
  plain.SayAt(kEcnSyn, 0);
  EXPECT_EQ(plain.Heard(),
            "S. 0 ack 1 win 64240 <mss 1460>\n"
            "S. 0 ack 1 win 64240 <mss 1460>");
}

// E37, ECN-06, ECN-07, R3168-d. Differs from Linux 6.18: a SYN-ACK with CWR, with or without
// ECE, grants nothing (RFC 3168 §6.1.1).
TEST(EcnTest, OnlyEceAloneGrantsEcn) {
  struct {
    unsigned flags;
    bool grants;
  } const rows[] = {{kEce, true}, {kEce | kCwr, false}, {0, false}, {kCwr, false}};
  for (const auto& row : rows) {
    Asking client(WithEcn(Ecn::kRequest));
    EXPECT_EQ(ShowFlags(client.syn.flags), "SEW");
    client.peer.Hear(client.syn);
    client.peer.SayAt(kSyn | kAck | row.flags, 0, 1);
    EXPECT_EQ(client.world.stack().Status(client.socket)->state, State::kEstablished);
    EXPECT_EQ(client.uses_ecn(), row.grants) << ShowFlags(row.flags);
  }
}

TEST(EcnTest, NobodyWhoDidNotAskIsGrantedEcn) {
  Asking client(WithEcn(Ecn::kAccept));
  EXPECT_EQ(ShowFlags(client.syn.flags), "S");
  client.peer.Hear(client.syn);
  client.peer.SayAt(kSyn | kAck | kEce, 0, 1);
  EXPECT_FALSE(client.uses_ecn());
}

// E37, ECN-08. R3168-c: who has sent a SYN without ECN-setup never uses ECN.
TEST(EcnTest, ARepeatedSynAsksNoMore) {
  Config config = WithEcn(Ecn::kRequest);
  config.policy.syn_linear_timeouts = 0;
  for (const bool fallback : {true, false}) {
    config.policy.ecn_fallback = fallback;
    Asking client(config);
    client.peer.Hear(client.syn);
    client.world.Advance(3s);
    const std::string again = fallback ? "S" : "SEW";
    EXPECT_EQ(client.peer.HeardWhen(),
              "1.000 " + again + " 0 win 64240 <mss 1460,sackOK,ts T+1000 0,nop,ws 10>\n" +
                  "3.000 " + again + " 0 win 64240 <mss 1460,sackOK,ts T+3000 0,nop,ws 10>\n");
    client.peer.SayAt(kSyn | kAck | kEce, 0, 1);
    EXPECT_EQ(client.uses_ecn(), !fallback);
  }
}

// ECN-10: the SYNs cross.
TEST(EcnTest, CrossedSynsAgreeIfBothAsk) {
  for (const bool both : {true, false}) {
    Asking client(WithEcn(Ecn::kRequest));
    client.peer.Hear(client.syn);
    client.peer.SayAt(both ? kEcnSyn : unsigned{kSyn}, 0);
    EXPECT_EQ(client.peer.Heard().substr(0, 3), both ? "SE." : "S. ");
    client.peer.SayAt(kAck, 1, 1);
    EXPECT_EQ(client.uses_ecn(), both);
  }
}

// ECN-05, ECN-09: what was granted stays granted when the SYN-ACK is sent again, be it one
// after crossed SYNs: the peer may have heard the first.
TEST(EcnTest, ARepeatedSynAckOfCrossedSynsGrantsTheSame) {
  Asking client(WithEcn(Ecn::kRequest));
  client.peer.Hear(client.syn);
  client.peer.SayAt(kEcnSyn, 0);
  EXPECT_EQ(client.peer.Heard().substr(0, 3), "SE.");
  client.world.Advance(1500ms);
  EXPECT_EQ(client.peer.Heard().substr(0, 3), "SE.");
  client.peer.SayAt(kAck, 1, 1);
  EXPECT_TRUE(client.uses_ecn());
}

// R3168-b, I-11: no control segment, pure ACK or repeated text is marked; new text is.
TEST(EcnTest, OnlyNewTextIsMarked) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.At(kEcnSyn, 0);
  syn.options.Mss(1000);
  world.Inject(syn);
  EXPECT_EQ(peer.Heard(), "SE. 0 ack 1 win 64240 <mss 1460>");
  peer.SayAt(kAck, 1, 1);
  const SocketId child = *world.stack().Accept(world.now(), listener);
  ASSERT_TRUE(world.stack().Write(world.now(), child, Text(0, 10)));
  world.Poll();
  EXPECT_EQ(peer.Heard(), "P. 1:11(10) ack 1 win 64240 tos 0x02");
  world.Advance(1s);
  EXPECT_EQ(peer.Heard().substr(0, 28), "P. 1:11(10) ack 1 win 64240\n");
  peer.SayAt(kRst, 5);
  EXPECT_EQ(peer.Heard(), ". 11 ack 1 win 64240");
  ASSERT_EQ(world.stack().Abort(world.now(), child), Errno::kOk);
  world.Poll();
  EXPECT_EQ(peer.Heard(), "R. 11 ack 1 win 64240");
}

// R3168-f: the next incarnation of a flow agrees anew.
TEST(EcnTest, ANewConnectionRemembersNothing) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  peer.SayAt(kEcnSyn, 0);
  EXPECT_EQ(peer.Heard().substr(0, 3), "SE.");
  peer.SayAt(kAck, 1, 1);
  peer.SayAt(kRst, 1);
  peer.SayAt(kSyn, 100'000);
  peer.Heard();
  peer.SayAt(kAck, 100'001, 1);
  ASSERT_TRUE(world.stack().Accept(world.now(), listener));  // the one that was reset
  const SocketId child = *world.stack().Accept(world.now(), listener);
  EXPECT_FALSE(world.stack().Status(child)->negotiated.has(Negotiated::kEcn));
}

}  // namespace
}  // namespace handfast
