// Selective acknowledgment (RFC 2018): what is told of text beyond a gap, and that what a peer
// tells cannot hurt.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

SessionOptions WithSack() {
  SessionOptions options;
  options.offer = OptionList().Mss(1460).SackPermitted().Nop(2);
  return options;
}

// The blocks of the last segment that left, in positions of the peer's stream.
std::string Blocks(Session& s) {
  const auto segments = s.Segments();
  if (segments.empty()) return "nothing";
  std::string out;
  for (const auto& [first, end] : segments.back().sack) {
    if (!out.empty()) out += ' ';
    out += std::to_string(first - s.peer.isn - 1);
    out += ':' + std::to_string(end - s.peer.isn - 1);
  }
  return out;
}

// RFC 2018 §4: the first block holds the segment that came last.
TEST(SackTest, TheBlockOfTheLastSegmentComesFirst) {
  Session s(WithSack());
  s.Tell(100, 50);
  EXPECT_EQ(Blocks(s), "100:150");
  s.Tell(300, 50);
  EXPECT_EQ(Blocks(s), "300:350 100:150");
  s.Tell(150, 50);
  EXPECT_EQ(Blocks(s), "100:200 300:350") << "neighbours are one block";
  s.Tell(500, 10);
  EXPECT_EQ(Blocks(s), "500:510 100:200 300:350");
  s.Tell(300, 50);
  EXPECT_EQ(Blocks(s), "300:350 100:200 500:510") << "even if it came before";
  s.Tell(200, 100);
  EXPECT_EQ(Blocks(s), "100:350 500:510");
  s.Tell(0, 100);
  EXPECT_EQ(Blocks(s), "500:510");
  s.Tell(350, 150);
  EXPECT_EQ(Blocks(s), "");
  EXPECT_EQ(s.Read(), Text(0, 510));
}

TEST(SackTest, FourBlocksFitAndThreeBesideTimestamps) {
  for (const bool timestamps : {false, true}) {
    SessionOptions options = WithSack();
    if (timestamps) options.offer.Nop(2).Timestamps(100, 0);
    Session s(options);
    for (uint32_t i = 1; i <= 6; ++i) s.Tell(i * 100, 10);
    EXPECT_EQ(Blocks(s),
              timestamps ? "600:610 100:110 200:210" : "600:610 100:110 200:210 300:310");
    s.Tell(200, 10);
    EXPECT_EQ(Blocks(s).substr(0, 7), "200:210");
  }
}

TEST(SackTest, WithoutAgreementThereAreNoBlocks) {
  Session s;
  s.Tell(100, 50);
  EXPECT_EQ(Blocks(s), "");
}

// Text goes first: its segment has no room for blocks if it is full.
TEST(SackTest, AFullSegmentGivesUpItsBlocks) {
  Session s(WithSack());
  s.Tell(100, 50);
  s.Segments();
  s.Write(1460 + 100);
  auto text = s.Segments();
  ASSERT_EQ(text.size(), 1u);
  EXPECT_EQ(text[0].text.size(), 1460u);
  EXPECT_TRUE(text[0].sack.empty());
  s.Ack(1460);
  text = s.Segments();
  ASSERT_EQ(text.size(), 1u);
  EXPECT_EQ(text[0].text.size(), 100u);
  EXPECT_EQ(text[0].sack.size(), 1u);
}

// Incidents 57 and 117, F-62: blocks outside, reversed, half a circle away. We do not use them.
TEST(SackTest, WhatAPeerTellsInBlocksChangesNothing) {
  SimRng rng(57);
  Session plain(WithSack()), told(WithSack());
  plain.Write(20'000);
  told.Write(20'000);
  const uint32_t una = told.conn().snd_una.raw();
  constexpr uint32_t kFar[] = {0, 1, 0x7fff'ffff, 0x8000'0000, 0x8000'0001, 0xffff'ffff};
  const auto edge = [&] {
    return una + (rng.Chance(500) ? kFar[rng.Below(6)]
                                  : static_cast<uint32_t>(rng.Below(40'000)) - 10'000u);
  };
  for (int i = 0; i < 100'000; ++i) {
    TcpPacket ack = told.peer.Make(kAck);
    ack.ack = una;
    ack.window = static_cast<uint16_t>(60'000 + i % 2);
    TcpPacket bare = ack;
    ack.options.Nop(2);
    ack.options =
        rng.Chance(500)
            ? ack.options.Sack(
                  {{edge(), edge()}, {edge(), edge()}, {edge(), edge()}, {edge(), edge()}})
            : ack.options.Sack({{edge(), edge()}});
    ASSERT_EQ(told.world.Inject(ack), plain.world.Inject(bare));
  }
  EXPECT_EQ(told.conn().snd_una, plain.conn().snd_una);
  EXPECT_EQ(told.status().cwnd, plain.status().cwnd);
  EXPECT_EQ(told.Said(), plain.Said());
  EXPECT_TRUE(told.stack() == plain.stack()) << "bit for bit";
  EXPECT_EQ(AuditText(told.stack()), "");
}

}  // namespace
}  // namespace handfast
