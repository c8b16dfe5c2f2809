// The peer's window: what is sent when it opens.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kWeb{80};

// A connection whose peer takes nothing, and text that waits for it.
struct Stalled {
  Stalled() {
    const auto listener = world.stack().Listen(world.now(), {Addr::AnyV4(), kWeb}, 5);
    peer.window = 0;
    opened = peer.Open(OptionList().Mss(1000)) && [&] {
      const auto socket = world.stack().Accept(world.now(), *listener);
      return socket && world.stack().Write(world.now(), *socket, Text(0, 3000));
    }();
    world.Poll();
  }
  World world;
  HandPeer peer{world, kWeb};
  bool opened = false;
};

// RFC 9293 §3.10.7.4: a window update is acted upon when it comes; the probe timer (MUST-36)
// is for updates that are lost.
TEST(WindowTest, TextLeavesAtOnceWhenTheWindowOpens) {
  Stalled s;
  ASSERT_TRUE(s.opened);
  EXPECT_TRUE(s.world.Take().empty());
  s.peer.window = 2000;
  s.peer.Say(kAck);
  const std::vector<Seen> sent = s.world.TakeSegments();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].text, Text(0, 1000));
  EXPECT_EQ(sent[1].text, Text(1000, 1000));
  EXPECT_EQ(AuditText(s.world.stack()), "");
}

// The same after a probe has gone and was not taken.
TEST(WindowTest, WhatAProbeCarriedIsSentAgainWhenTheWindowOpens) {
  Stalled s;
  ASSERT_TRUE(s.opened);
  s.world.Advance(5s);
  const std::vector<Seen> probes = s.world.TakeSegments();
  ASSERT_GE(probes.size(), 2u);
  EXPECT_EQ(probes[0].text, Text(0, 1));
  s.peer.Say(kAck);  // acknowledges nothing: the window is closed still
  EXPECT_TRUE(s.world.Take().empty());
  s.peer.window = 2001;
  s.peer.Say(kAck);
  const std::vector<Seen> sent = s.world.TakeSegments();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent[0].seq, probes[0].seq);
  EXPECT_EQ(sent.back().seq + sent.back().text.size(), probes[0].seq + 2001);
  EXPECT_EQ(AuditText(s.world.stack()), "");
}

}  // namespace
}  // namespace handfast
