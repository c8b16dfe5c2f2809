// The window scale option (RFC 7323 §2).

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/world.h"

namespace handfast {
namespace {

Config Roomy() {
  Config config = SmallConfig();
  config.socket.receive_buffer = 32 << 20;  // a shift of 10
  return config;
}

uint32_t SendWindow(const World& world, SocketId socket) {
  return world.stack().Status(socket)->send_window;
}

// Connects to kThere:9; the SYN, once it has left.
Seen SynOf(World& world, SocketId& socket) {
  socket = *world.stack().Connect(world.now(), {kThere, Port{9}});
  world.Poll();
  return *world.TakeOne();
}

// Incident 8. R7323-2.3b: a shift above 14 is taken as 14, and counted.
TEST(ScaleTest, AShiftAboveFourteenIsFourteen) {
  for (int shift = 0; shift < 256; ++shift) {
    World world(Roomy());
    const ListenerId listener = world.Listen();
    HandPeer peer(world, kHttp);
    TcpPacket syn = peer.Make(kSyn);
    syn.options.Scale(static_cast<uint8_t>(shift));
    world.Inject(syn);
    peer.seq += 1;
    peer.Hear(*world.TakeOne());
    peer.window = 3;
    ASSERT_EQ(peer.Say(kAck), Verdict(Action::kEstablish));
    const SocketId socket = *world.stack().Accept(world.now(), listener);
    EXPECT_EQ(SendWindow(world, socket), 3u << std::min(shift, 14)) << shift;
    EXPECT_EQ(world.stack().counters()[Counter::kHandfastWindowScaleClamped],
              shift > 14 ? 1u : 0u);
    peer.window = 65535;
    peer.Say(kAck);
    EXPECT_EQ(SendWindow(world, socket), 65535u << std::min(shift, 14));
  }
}

// Incident 9. R7323-2.2w: the window of a SYN-ACK is what it says; the first segment
// without SYN is scaled.
TEST(ScaleTest, TheWindowOfASynAckIsNotScaled) {
  World world(Roomy());
  SocketId socket;
  const Seen syn = SynOf(world, socket);
  EXPECT_EQ(syn.window, 64240) << "nor is that of our SYN";
  EXPECT_EQ(syn.options.window_scale, 10);
  HandPeer peer(world, kHttp);
  peer.window = 1000;
  ASSERT_TRUE(peer.AnswerSyn(syn, OptionList().Mss(1460).Scale(14).Nop()));
  EXPECT_EQ(SendWindow(world, socket), 1000u);
  const auto ack = world.TakeOne();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->window, (32 << 20) >> 10) << "ours is scaled from now on";
  peer.window = 5;
  peer.Say(kAck);
  EXPECT_EQ(SendWindow(world, socket), 5u << 14);
}

// R7323-2.2w, passive: the SYN's window is not scaled, nor is the SYN-ACK's.
TEST(ScaleTest, TheWindowOfOurSynAckIsNotScaled) {
  World world(Roomy());
  world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.Make(kSyn);
  syn.options.Mss(1460).Scale(14);
  syn.window = 1000;
  world.Inject(syn);
  const auto synack = world.TakeOne();
  ASSERT_TRUE(synack);
  EXPECT_EQ(synack->window, 64240);
  EXPECT_EQ(synack->options.window_scale, 10);
}

// Incident 9: nor is that of a SYN which comes once more with the ACK that ends the handshake.
TEST(ScaleTest, TheWindowOfARepeatedSynIsNotScaled) {
  World world(Roomy());
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.Make(kSyn);
  syn.options.Mss(1460).Scale(14);
  world.Inject(syn);
  peer.Hear(*world.TakeOne());
  peer.window = 1000;
  ASSERT_EQ(peer.Say(kSyn | kAck, Text(0, 10)), Verdict(Action::kEstablish));
  const SocketId socket = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(SendWindow(world, socket), 1000u);
  peer.window = 5;
  peer.Say(kAck);
  EXPECT_EQ(SendWindow(world, socket), 5u << 14);
}

// R7323-2.3a: both ends, or none.
TEST(ScaleTest, WithoutAnOfferOrAnAnswerNothingIsScaled) {
  Scene open(Roomy(), OptionList().Mss(1460));
  open.peer.window = 500;
  open.peer.Say(kAck | kPsh, Text(0, 3000));
  EXPECT_EQ(SendWindow(open.world, open.socket), 500u);
  const auto ack = open.world.TakeOne();
  ASSERT_TRUE(ack);
  EXPECT_GE(ack->window, 60'000) << "the whole window, as far as it can be written";

  World world(Roomy());
  SocketId socket;
  const Seen syn = SynOf(world, socket);
  ASSERT_TRUE(syn.options.has(Options::kWindowScale));
  HandPeer peer(world, kHttp);
  ASSERT_TRUE(peer.AnswerSyn(syn, OptionList().Mss(1460)));
  EXPECT_GE(world.TakeOne()->window, 60'000);
  peer.window = 500;
  peer.Say(kAck);
  EXPECT_EQ(SendWindow(world, socket), 500u);
}

// R7323-2.2: after the SYNs the option is nothing.
TEST(ScaleTest, AScaleInALaterSegmentIsNothing) {
  Scene open(Roomy(), OptionList().Mss(1460).Scale(3));
  TcpPacket late = open.peer.Make(kAck);
  late.options.Scale(9);
  late.window = 100;
  open.world.Inject(late);
  EXPECT_EQ(SendWindow(open.world, open.socket), 100u << 3);
}

// MUST-1: a window is unsigned, and so is a scaled one.
TEST(ScaleTest, AWindowIsUnsigned) {
  for (const uint16_t window : {uint16_t{0x7fff}, uint16_t{0x8000}, uint16_t{0xffff}}) {
    Scene open(Roomy(), OptionList().Mss(1460).Scale(14));
    open.peer.window = window;
    open.peer.Say(kAck);
    EXPECT_EQ(SendWindow(open.world, open.socket), uint32_t{window} << 14);
  }
}

}  // namespace
}  // namespace handfast
