// What SYN and SYN-ACK agree upon: MSS, window scale, timestamps, SACK, ECN.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr uint32_t kTsVal = 0x11223344;

// The answer to a SYN with these options.
std::string AnswerTo(World& world, const OptionList& options) {
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.At(kSyn, 0);
  syn.options = options;
  world.Inject(syn);
  const std::string answer = peer.Heard();
  peer.SayAt(kRst, 1);  // the next one finds a free flow
  return answer;
}

// The child of a handshake whose SYN has these options.
SocketStatus ChildOf(const Config& config, const OptionList& options) {
  World world(config);
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  EXPECT_TRUE(peer.Open(options));
  return *world.stack().Status(*world.stack().Accept(world.now(), listener));
}

// E02, SAK-05..08, WIN-03, WIN-07, WIN-08, MUST-14, SHLD-5, R7323-2.2, R7323-3.2b, I-54:
// only what the SYN has is answered, but for the MSS; all 16 subsets.
TEST(NegotiationTest, TheSynAckHasTheOptionsThatTheSynHas) {
  constexpr const char* kAnswers[] = {
      "S. 0 ack 1 win 64240 <mss 1460>",
      "S. 0 ack 1 win 64240 <mss 1460,nop,nop,sackOK>",
      "S. 0 ack 1 win 65160 <mss 1460,nop,nop,ts T 287454020>",
      "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 287454020>",
      "S. 0 ack 1 win 64240 <mss 1460,nop,ws 10>",
      "S. 0 ack 1 win 64240 <mss 1460,nop,nop,sackOK,nop,ws 10>",
      "S. 0 ack 1 win 65160 <mss 1460,nop,nop,ts T 287454020,nop,ws 10>",
      "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 287454020,nop,ws 10>",
  };
  World world(LinuxConfig());
  world.Listen();
  for (unsigned subset = 0; subset < 16; ++subset) {
    OptionList options;
    if ((subset & 1) != 0) options.Mss(1400);
    if ((subset & 2) != 0) options.SackPermitted();
    if ((subset & 4) != 0) options.Timestamps(kTsVal, 0);
    if ((subset & 8) != 0) options.Scale(9);
    EXPECT_EQ(AnswerTo(world, options), kAnswers[subset >> 1]) << subset;
  }
}

// E02: IP header of the SYN-ACK. R6864-4.
TEST(NegotiationTest, TheSynAckIsAnAtomicDatagram) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer(world, kHttp);
  peer.SayAt(kSyn, 0);
  const Datagram datagram = world.Take().at(0);
  EXPECT_EQ(Datagram(datagram.begin(), datagram.begin() + 9),
            (Datagram{0x45, 0, 0, 44, 0, 0, 0x40, 0, 64}));
}

// E02: odd lists. OPT-01..03, OPT-05, MUST-5, MUST-6, MUST-15, MUST-64, R7323-2.3b.
// Incident 4. Incident 5. Incident 7. Incident 8.
TEST(NegotiationTest, OddOptionsAreReadAsLinuxReadsThem) {
  struct {
    OptionList options;
    uint32_t send_mss;
    bool scaled;
  } const rows[] = {
      {OptionList().Raw({2, 4, 0, 0}), 536, false},  // MSS 0 says nothing
      {OptionList().Mss(1), 48, false},
      {OptionList().Mss(88), 88, false},
      {OptionList().Mss(536), 536, false},
      {OptionList().Mss(9000), 1460, false},
      {OptionList().Mss(65535), 1460, false},
      {OptionList().Mss(1400).Scale(14).Nop(), 1400, true},
      {OptionList().Mss(1400).Scale(15).Nop(), 1400, true},
      {OptionList().Mss(1400).Scale(255).Nop(), 1400, true},
      {OptionList().Raw({2, 3, 5, 0}), 536, false},              // a wrong length
      {OptionList().Raw({0, 2, 4, 5, 0xb4, 0, 0}), 536, false},  // behind the end
      {OptionList().Scale(7).Mss(1400).Nop(), 1400, true},
      {OptionList().Mss(1400).Mss(1000), 1000, false},  // the last one counts
      {OptionList().Raw({8, 11, 1, 1, 1, 1, 1, 1, 1, 1, 1}), 536, false},
      {OptionList().Raw({4, 3, 0, 1}), 536, false},
      {OptionList().Raw({99, 6, 1, 2, 3, 4}).Nop(3).Mss(1400), 1400, false},
  };
  for (const auto& row : rows) {
    World world(LinuxConfig());
    world.Listen();
    const std::string answer = AnswerTo(world, row.options);
    EXPECT_EQ(answer, row.scaled ? "S. 0 ack 1 win 64240 <mss 1460,nop,ws 10>"
                                 : "S. 0 ack 1 win 64240 <mss 1460>");
    EXPECT_EQ(ChildOf(LinuxConfig(), row.options).send_mss, row.send_mss) << answer;
  }
}

// R7323-2.3b: the excess is told. Incident 8.
TEST(NegotiationTest, AShiftAboveFourteenIsTakenAsFourteen) {
  World world;
  world.Listen();
  HandPeer peer(world, kHttp);
  ASSERT_TRUE(peer.Open(OptionList().Mss(1460).Scale(200)));
  peer.window = 1;
  peer.Say(kAck);
  EXPECT_EQ(world.stack().counters()[Counter::kHandfastWindowScaleClamped], 1u);
  EXPECT_EQ(world.stack().tables().connections[Slot<Connection>(0)].snd_wnd, 1u << 14);
}

// C2, MUST-7: a malformed list drops the SYN; never is anything reset for it.
TEST(NegotiationTest, ByDefaultAMalformedListDropsTheSegment) {
  World world;
  const ListenerId listener = world.Listen();
  for (const OptionList& options :
       {OptionList().Raw({2, 0, 5, 0xb4}), OptionList().Raw({2, 1, 1, 1}),
        OptionList().Raw({2, 5, 5, 0xb4}), OptionList().Raw({1, 1, 1, 3})}) {
    HandPeer peer(world, kHttp);
    TcpPacket syn = peer.At(kSyn, 0);
    syn.options = options;
    EXPECT_EQ(world.Inject(syn), Verdict(Action::kDrop, Drop::kTcpOptions));
    EXPECT_EQ(peer.Heard(), "");
  }
  EXPECT_EQ(world.stack().Status(listener)->syn_queue, 0u);
  EXPECT_EQ(world.stack().counters()[Counter::kHandfastOptionsMalformed], 4u);
}

// E61, WIN-01, WIN-03, WIN-06 with buffers whose whole is offered.
TEST(NegotiationTest, WindowAndShiftFollowTheReceiveBuffer) {
  struct {
    uint32_t buffer;
    const char* answer;
  } const rows[] = {
      {4096, "S. 0 ack 1 win 2896 <mss 1460,sackOK,ts T 9,nop,ws 0>"},
      {1000, "S. 0 ack 1 win 1000 <mss 1460,sackOK,ts T 9,nop,ws 0>"},
      {65535, "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 9,nop,ws 0>"},
      {65536, "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 9,nop,ws 1>"},
      {131072, "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 9,nop,ws 2>"},
      {1 << 30, "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 9,nop,ws 14>"},
  };
  for (const auto& row : rows) {
    Config config = LinuxConfig();
    config.socket.receive_buffer = row.buffer;
    World world(config);
    world.Listen();
    EXPECT_EQ(AnswerTo(world, OptionList::Usual(9)), row.answer);
  }
}

// MUST-16, MUST-67, MSS-01, MSS-02. Incident 6: a grid without a wrap.
TEST(NegotiationTest, TheMssFollowsPeerPathAndOptions) {
  for (const uint32_t mtu : {128u, 576u, 1300u, 1500u, 9000u, 65535u}) {
    Config config = LinuxConfig();
    config.mtu = mtu;
    for (const uint32_t mss : {1u, 12u, 48u, 60u, 61u, 536u, 1460u, 65500u, 65535u}) {
      const auto asked = static_cast<uint16_t>(mss);
      const uint32_t least = std::min(mss, mtu - 40);
      EXPECT_EQ(ChildOf(config, OptionList().Mss(asked)).send_mss, std::max(least, 48u));
      EXPECT_EQ(ChildOf(config, OptionList().Mss(asked).Timestamps(9, 0)).send_mss,
                std::max(std::max(least, 12u) - 12, 48u));
    }
    World world(config);
    world.Listen();
    const std::string answer = AnswerTo(world, OptionList());
    EXPECT_NE(answer.find("<mss " + std::to_string(mtu - 40) + ">"), std::string::npos)
        << answer;
  }
}

// R7323-2.2w, WIN-08, CHD-04. Incident 9. R7323-2.3a: both sides scale, or none. Differs from
// Linux: the child offers its whole buffer at once, not 64088 octets first.
TEST(NegotiationTest, WindowsAreScaledAfterTheHandshakeIfBothScale) {
  for (const bool scaled : {false, true}) {
    World world(LinuxConfig());
    world.Listen();
    HandPeer peer(world, kHttp);
    OptionList options = OptionList().Mss(1460);
    if (scaled) options.Scale(3);
    peer.window = 1000;
    ASSERT_TRUE(peer.Open(options));
    const Connection& conn = world.stack().tables().connections[Slot<Connection>(0)];
    EXPECT_EQ(conn.snd_wnd, scaled ? 8000u : 1000u);
    peer.Say(kAck | kPsh, Text(0, 1024));
    world.Advance(40ms);
    EXPECT_EQ(peer.Heard(), scaled ? ". 1 ack 1025 win 32767" : ". 1 ack 1025 win 65535");
  }
}

// R7323-2.4: what the rounded field offers is taken, to the last octet and not beyond.
// Incident 71.
TEST(NegotiationTest, TheScaledWindowIsHonouredToTheLastOctet) {
  Config config = LinuxConfig();
  config.socket.receive_buffer = 5'000'001;  // shift 7
  World world(config);
  world.Listen();
  HandPeer peer(world, kHttp);
  ASSERT_TRUE(peer.Open(OptionList().Mss(1460).Scale(0)));
  peer.SayAt(kAck | kPsh, 1, 1, 1000);
  world.Advance(40ms);
  EXPECT_EQ(peer.Heard(), ". 1 ack 1001 win 39055");
  const uint32_t offered = 39055u << 7;
  ASSERT_EQ(offered, 5'000'001u - 1000 + 39);
  EXPECT_EQ(peer.SayAt(kAck, 1001 + offered, 1, 1), Verdict(Action::kSendAck, Drop::kSequence));
  peer.Heard();
  EXPECT_EQ(peer.SayAt(kAck, 1000 + offered, 1, 1), Verdict(Action::kAccept));
  EXPECT_EQ(peer.Heard(), ". 1 ack 1001 win 39055");
  EXPECT_EQ(world.stack().counters()[Counter::kTcpExtTCPOFOQueue], 1u);
}

// R7323-3.2a: TSecr of a segment without ACK says nothing. R7323-3.2b: timestamps are on all
// that is sent from then on.
TEST(NegotiationTest, TheEchoOfASynIsNotRead) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer(world, kHttp);
  ASSERT_TRUE(peer.Open(OptionList().Mss(1460).Timestamps(100, 7)));
  peer.ts_val = 101;
  peer.Say(kAck | kPsh, Text(0, 5));
  world.Advance(40ms);
  EXPECT_EQ(peer.Heard(), ". 1 ack 6 win 65155 <nop,nop,ts T+40 101>");
  peer.SayAt(kSyn, 0);
  EXPECT_EQ(peer.Heard(), ". 1 ack 6 win 65155 <nop,nop,ts T+40 101>");
}

// R7323-3.2d. E10 (TS present although not negotiated), OPT-04.
TEST(NegotiationTest, TimestampsThatWereNotAgreedUponAreIgnored) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer(world, kHttp);
  peer.SayAt(kSyn, 0);
  peer.Heard();
  TcpPacket ack = peer.At(kAck | kPsh, 1, 1, 5);
  ack.options.Nop(2).Timestamps(1001, 55);
  EXPECT_EQ(world.Inject(ack), Verdict(Action::kEstablish));
  world.Advance(40ms);
  EXPECT_EQ(peer.Heard(), ". 1 ack 6 win 64235");
}

// SYN-03..06 for the side that answers: what the policy does not offer is not agreed upon.
TEST(NegotiationTest, WhatIsSwitchedOffIsNotAnswered) {
  struct {
    bool timestamps, sack, scale;
    const char* answer;
  } const rows[] = {
      {false, true, true, "S. 0 ack 1 win 64240 <mss 1460,nop,nop,sackOK,nop,ws 10>"},
      {true, false, true, "S. 0 ack 1 win 65160 <mss 1460,nop,nop,ts T 9,nop,ws 10>"},
      {true, true, false, "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 9>"},
      {false, false, false, "S. 0 ack 1 win 64240 <mss 1460>"},
  };
  for (const auto& row : rows) {
    Config config = LinuxConfig();
    config.policy.timestamps = row.timestamps;
    config.policy.sack_permitted = row.sack;
    config.policy.window_scale = row.scale;
    World world(config);
    world.Listen();
    EXPECT_EQ(AnswerTo(world, OptionList::Usual(9)), row.answer);
  }
}

}  // namespace
}  // namespace handfast
