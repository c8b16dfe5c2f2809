// RST and SYN for an open connection, in each of its states (RFC 5961 §3, §4), and that
// nobody can make us quarrel (incident 126).

#include <gtest/gtest.h>

#include <utility>

#include "harness/audit.h"
#include "harness/session.h"
#include "stack/arrive/synchronized.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

constexpr State kStates[] = {State::kEstablished, State::kFinWait1, State::kFinWait2,
                             State::kCloseWait,   State::kClosing,  State::kLastAck};

// Says flags at `offset` from RCV.NXT of the stack.
Verdict SayAt(Session& s, uint32_t offset, unsigned flags) {
  TcpPacket packet = s.peer.Make(flags);
  packet.seq = s.conn().rcv_nxt.raw() + offset;
  return s.world.Inject(packet);
}

// Incident 62, R5961-3.2a, R5961-3.2b: exact, and nothing else.
TEST(ResetTest, AnExactResetEndsEveryState) {
  for (const State state : kStates) {
    for (const unsigned others : {0u, unsigned{kAck}, unsigned{kAck} | kFin}) {
      Session s;
      s.Lead(state);
      EXPECT_EQ(SayAt(s, 0, kRst | others).action, Action::kReset) << Name(state);
      EXPECT_EQ(s.state(), State::kClosed);
      EXPECT_EQ(s.Said(), "") << "I-10";
      const Errno want = state == State::kCloseWait ? Errno::kPipe : Errno::kConnReset;
      EXPECT_EQ(s.status().error, want) << Name(state);
      const bool counts = state == State::kEstablished || state == State::kCloseWait;
      EXPECT_EQ(s.counter(Counter::kTcpEstabResets), counts ? 1u : 0u);
      EXPECT_EQ(s.counter(Counter::kTcpCurrEstab), 0u);
      ASSERT_EQ(s.Close(), Errno::kOk);
      EXPECT_EQ(AuditEmpty(s.stack()), "");
    }
  }
}

// R5961-3.2c, I-48, I-55.
TEST(ResetTest, AResetInsideOfTheWindowIsChallenged) {
  for (const State state : kStates) {
    Session s;
    s.Lead(state);
    const uint32_t window = s.status().receive_window;
    const uint32_t nxt = s.conn().snd_nxt.raw();
    for (const uint32_t offset : {1u, window - 1}) {
      s.Advance(500ms);
      s.Segments();
      EXPECT_EQ(SayAt(s, offset, kRst).action, Action::kChallenge) << Name(state);
      const auto challenge = s.Segments();
      ASSERT_EQ(challenge.size(), 1u) << Name(state);
      EXPECT_EQ(challenge[0].flags, +kAck);
      EXPECT_EQ(challenge[0].seq, nxt);
    }
    for (const uint32_t offset : {0u - 1, window, 0x7fff'ffffu, 0x8000'0000u}) {
      s.Advance(500ms);
      s.Segments();
      EXPECT_EQ(SayAt(s, offset, kRst), Verdict(Action::kDrop, Drop::kReset)) << Name(state);
      EXPECT_EQ(s.Said(), "");
    }
    EXPECT_EQ(s.state(), state);
  }
}

// Incident 64, R5961-4.2.
TEST(ResetTest, ASynIsChallengedWhereverItLies) {
  for (const State state : kStates)
    for (const uint32_t offset : {0u, 1u, 0u - 1, 0x8000'0000u}) {
      Session s;
      s.Lead(state);
      EXPECT_EQ(SayAt(s, offset, kSyn).action, Action::kChallenge) << Name(state);
      EXPECT_EQ(s.Segments().size(), 1u);
      EXPECT_EQ(SayAt(s, offset, kSyn).action, Action::kChallenge);
      EXPECT_EQ(s.Said(), "") << "I-70: one in 500 ms";
      EXPECT_EQ(s.state(), state);
    }
}

// I-70, F-61: whatever is unacceptable and carries no text is answered twice a second at most.
TEST(ResetTest, UnacceptableSegmentsDoNotMakeAnAckWar) {
  const auto ghost = [](Session& s) {  // acknowledges what was never sent
    TcpPacket packet = s.peer.Make(kAck);
    packet.ack = s.conn().snd_nxt.raw() + 1;
    s.world.Inject(packet);
  };
  for (const State state : kStates) {
    Session s;
    s.Lead(state);
    size_t answers = 0;
    for (int i = 0; i < 10'000; ++i) {
      SayAt(s, 0x4000'0000, kAck);
      SayAt(s, 0u - 1, kAck);
      SayAt(s, 5, kRst);
      SayAt(s, 5, kSyn);
      ghost(s);
      s.Advance(1ms);
      for (const Seen& seen : s.Segments()) answers += seen.has(kFin) ? 0 : 1;
    }
    EXPECT_LE(answers, 21u) << Name(state);
    EXPECT_GE(answers, 19u) << Name(state);
  }
}

// Once more than any window was acknowledged, old ACKs reach back a whole window, wherever
// on the circle SND.UNA stands.
TEST(ResetTest, AfterManyGibibytesAnOldAckIsOldAgain) {
  ChunkPool chunks;
  Connection conn;
  conn.state = State::kEstablished;
  conn.snd_wnd_max = 60'000;
  conn.peer_mss = 1460;
  conn.path_mtu = 1500;
  conn.snd_una = conn.snd_nxt = conn.iss + 1;
  EXPECT_EQ(OldAckReach(conn), 0u) << "incident 66";
  for (int i = 0; i < 20; ++i) {
    conn.snd_nxt = conn.snd_una + (1u << 29);
    Segment seg;
    seg.ack = conn.snd_nxt;
    Acknowledge(conn, chunks, seg, Instant(1), Policy{});
    EXPECT_EQ(OldAckReach(conn), 60'000u) << i;
  }
}

// Incident 128: a segment just before RCV.NXT is answered, so that its sender comes to know.
TEST(ResetTest, TextThatCameBeforeIsAnsweredEachTime) {
  Session s;
  s.Tell(0, 10);
  s.Segments();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(s.Tell(0, 10).drop, Drop::kSequence);
    EXPECT_EQ(s.Said(), "ack 10");
  }
}

// I-09: after a pause, too, when the next text would make the congestion window small again.
TEST(ResetTest, ADroppedResetChangesNothing) {
  for (const State state : kStates) {
    Session s;
    for (uint32_t i = 1; i <= 20; ++i) {
      s.Write(1460);
      s.Ack(1460 * i);
    }
    s.Lead(state);
    s.Advance(1s);
    const std::vector<std::byte> before = Snapshot(s.stack());
    EXPECT_EQ(SayAt(s, 0x4000'0000, kRst), Verdict(Action::kDrop, Drop::kReset));
    EXPECT_EQ(Snapshot(s.stack()) == before, true) << Name(state);
  }
}

}  // namespace
}  // namespace handfast
