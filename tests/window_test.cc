// The receive window: what is offered, when it moves, and what a peer's window does.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

// A receive buffer of `octets`; the peer scales windows, too.
SessionOptions Buffer(uint32_t octets) {
  SessionOptions options;
  options.config.socket.receive_buffer = octets;
  options.offer = OptionList().Mss(1460).Nop().Scale(0);
  return options;
}

// The right edge of the window, as the peer sees it.
uint32_t EdgeOf(const Session& s, const Seen& seen) {
  return seen.ack + (uint32_t{seen.window} << s.conn().rcv_scale) - (s.peer.isn + 1);
}

// I-38, SHLD-14, R7323-2.4: whatever comes in and is read, in whatever portions.
TEST(WindowTest, TheRightEdgeNeverMovesLeft) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SimRng rng(seed);
    Session s(Buffer(static_cast<uint32_t>(1000 + rng.Below(255'000))));
    const uint32_t buffer = s.options().receive_buffer;
    uint32_t said = 0, read = 0, edge = 0;
    for (int step = 0; step < 600; ++step) {
      const auto room = static_cast<uint32_t>(edge - std::min(edge, said));
      if (rng.Chance(600)) {
        const auto part = static_cast<uint32_t>(std::min<uint64_t>(room, rng.Below(1461)));
        s.Tell(said, part);
        said += part;
      } else if (rng.Chance(300)) {
        read += static_cast<uint32_t>(s.Read(rng.Below(buffer)).size());
      } else {
        s.Write(1);
        s.Ack(s.conn().snd_nxt - s.conn().snd_una);
        s.Advance(Duration(static_cast<int64_t>(rng.Below(100'000'000))));
      }
      for (const Seen& seen : s.Segments()) {
        ASSERT_GE(EdgeOf(s, seen), edge) << "seed " << seed << ", step " << step;
        edge = EdgeOf(s, seen);
        EXPECT_EQ(seen.ack - (s.peer.isn + 1), said) << "all that fits is taken";
      }
      ASSERT_LE(s.status().unread, 2 * buffer);
      ASSERT_EQ(s.status().unread, said - read);
    }
    EXPECT_EQ(AuditText(s.stack()), "");
  }
}

// Twenty segments of the peer fill the buffer.
struct Full : Session {
  static constexpr uint32_t kOctets = 20 * 1460;
  Full() : Session(Buffer(kOctets)) {
    for (uint32_t at = 0; at < kOctets; at += 1460) Tell(at, 1460);
    EXPECT_EQ(Segments().back().window, 0);
  }
};

TEST(WindowTest, AFullBufferClosesTheWindow) {
  Full s;
  EXPECT_EQ(s.Tell(Full::kOctets, 1), Verdict(Action::kAccept, Drop::kBuffer)) << "a probe";
  const auto answer = s.Segments();
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer[0].window, 0);
  EXPECT_EQ(answer[0].ack - (s.peer.isn + 1), Full::kOctets);
  EXPECT_EQ(s.Read(), Text(0, Full::kOctets));
}

// MUST-39: the edge moves by min (MSS, buffer / 2) at least.
TEST(WindowTest, AnUpdateOffersASegmentAtLeast) {
  Full s;
  s.Read(1459);
  EXPECT_EQ(s.Said(), "") << "less than a segment is not worth a word";
  s.Read(1);
  auto update = s.Segments();
  ASSERT_EQ(update.size(), 1u);
  EXPECT_EQ(update[0].window, 1460);
  s.Read(2000);
  update = s.Segments();
  ASSERT_EQ(update.size(), 1u) << "twice as much as the peer knew of";
  EXPECT_EQ(update[0].window, 3460);
  s.Read(2000);
  EXPECT_EQ(s.Said(), "") << "the peer has enough for now";
  Session small(Buffer(256));
  small.Tell(0, 256);
  small.Segments();
  small.Read(127);
  EXPECT_EQ(small.Said(), "");
  small.Read(1);
  EXPECT_EQ(small.Said(), "ack 256") << "half of the buffer";
}

TEST(WindowTest, AUserWhoReadsNoMoreOpensTheWindow) {
  Full s;
  ASSERT_EQ(s.Shutdown(ShutdownHow::kRead), Errno::kOk);
  const auto update = s.Segments();
  ASSERT_EQ(update.size(), 1u);
  EXPECT_EQ(update[0].window, Full::kOctets);
}

TEST(WindowTest, ABufferThatGrowsOpensTheWindow) {
  Full s;
  SocketOptions options = s.options();
  options.receive_buffer = 2 * Full::kOctets;
  s.SetOptions(options);
  const auto update = s.Segments();
  ASSERT_EQ(update.size(), 1u);
  EXPECT_EQ(update[0].window, Full::kOctets);
  options.receive_buffer = 1000;  // what was offered stays offered
  s.SetOptions(options);
  s.Read(20'000);
  s.Tell(Full::kOctets, 10);
  s.Advance(1s);
  const auto acks = s.Segments();
  ASSERT_EQ(acks.size(), 1u);
  EXPECT_EQ(EdgeOf(s, acks[0]), 2 * Full::kOctets);
}

// Incident 71, I-37.
TEST(WindowTest, TextAcrossTheEdgeIsTakenAsFarAsItFits) {
  Session s(Buffer(1000));
  s.Tell(0, 990);
  s.Tell(990, 100);
  s.Advance(40ms);
  EXPECT_EQ(s.Said(), "ack 1000");
  EXPECT_EQ(s.Tell(1000, 100).drop, Drop::kBuffer);
  EXPECT_EQ(s.Tell(1001, 100).drop, Drop::kSequence);
  EXPECT_EQ(s.Read(), Text(0, 1000));
  s.Segments();
  s.Tell(1900, 200);  // and out of order
  s.Tell(1000, 900);
  EXPECT_EQ(s.Said(), "ack 1000 ack 2000");
  EXPECT_EQ(s.Read(), Text(1000, 1000));
}

// With a scale of s the edge stands at multiples of 2^s octets after RCV.NXT. It never moves
// back, so tiny segments push it along: what is taken has a bound all the same.
TEST(WindowTest, TinySegmentsDoNotFillTheBufferTwice) {
  Session s(Buffer(128 << 10));
  ASSERT_EQ(s.conn().rcv_scale, 2);
  uint32_t said = 0;
  for (int i = 0; i < 150'000; ++i) {
    s.Tell(said, 3);
    if (s.status().unread == said) break;
    said = s.status().unread;
    s.Tell(said - 3, 3);  // once more: an ACK at once
    s.Segments();
  }
  EXPECT_GT(s.status().receive_window, 0u) << "the edge was not taken back";
  EXPECT_LE(s.status().unread, 256u << 10);
  EXPECT_EQ(s.Read(said), Text(0, said));
  s.Tell(said, 3);
  EXPECT_EQ(s.Read(), Text(said, 3)) << "where there is room again, it goes on";
}

// RFC 9293 §3.10.7.4: SND.WL1. What was sent before the last word about the window is none.
TEST(WindowTest, ASegmentThatWasOvertakenSaysNothingOfTheWindow) {
  Session s;
  s.peer.window = 2000;
  s.Tell(100, 100);
  EXPECT_EQ(s.status().send_window, 2000u);
  s.peer.window = 1000;
  s.Tell(0, 100);
  EXPECT_EQ(s.status().send_window, 2000u);
  s.Tell(200, 100);
  EXPECT_EQ(s.status().send_window, 1000u);
}

// MUST-1: a window is a number without sign.
TEST(WindowTest, AWindowOf65535IsUsedWhole) {
  Session s;
  s.Write(200'000);
  for (uint32_t at = 1460; at <= 60 * 1460; at += 1460) s.Ack(at);
  EXPECT_EQ(s.status().unacknowledged, 65535u / 1460 * 1460);
}

// MUST-34, SHLD-15, SHLD-16, incident 71: nothing new, and what is sent again stays inside.
TEST(WindowTest, APeerWhoTakesItsWindowBackIsObeyed) {
  SessionOptions options;
  options.offer = OptionList().Mss(100);
  options.window = 500;
  Session s(options);
  s.Write(2000);
  EXPECT_EQ(s.Said(), "0:100 100:200 200:300 300:400 400:500");
  s.Ack(100, 210);
  EXPECT_EQ(s.Said(), "") << "200 to 500 are out; the window ends at 310";
  s.Wait();
  EXPECT_EQ(s.Said(), "100:200");
  s.Ack(200, 110);
  EXPECT_EQ(s.Said(), "200:300") << "the piece of 10 octets can wait";
  s.Ack(300, 10);
  EXPECT_EQ(s.Said(), "300:310");
  s.Ack(310, 0);
  EXPECT_EQ(s.Said(), "");
  s.Wait();
  EXPECT_EQ(s.Said(), "310:311");
  s.Ack(500, 100);
  EXPECT_EQ(s.Said(), "500:600") << "the peer had all of it";
  EXPECT_EQ(AuditText(s.stack()), "");
}

}  // namespace
}  // namespace handfast
