// Closing, by halves and whole, in every order (RFC 9293 §3.6).

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

uint32_t TimeWaits(const Session& s) { return s.world.stack().tables().time_waits.used(); }

// RFC 9293 figure 12. MUST-13, I-49: 2 MSL, to the millisecond.
TEST(CloseTest, WeCloseFirst) {
  Session s;
  s.Write(100);
  ASSERT_EQ(s.Close(), Errno::kOk);
  EXPECT_EQ(s.Said(), "P0:100 F100:100");
  EXPECT_EQ(s.conn().state, State::kFinWait1);
  s.Ack(101);
  EXPECT_EQ(s.conn().state, State::kFinWait2);
  s.Tell(0, 0, kAck | kFin);
  EXPECT_EQ(s.Said(), "ack 1");
  EXPECT_FALSE(s.alive()) << "what is left is a time-wait";
  EXPECT_EQ(TimeWaits(s), 1u);
  s.Advance(60s - 1ms);
  EXPECT_EQ(TimeWaits(s), 1u);
  s.Advance(1ms);
  EXPECT_EQ(AuditEmpty(s.stack()), "");
}

TEST(CloseTest, ThePeerClosesFirst) {
  Session s;
  s.Tell(0, 100, kAck | kFin);
  EXPECT_EQ(s.Said(), "ack 101");
  EXPECT_EQ(s.state(), State::kCloseWait);
  s.Write(100);
  s.Ack(100);
  EXPECT_EQ(s.Read(), Text(0, 100));
  ASSERT_EQ(s.Close(), Errno::kOk);
  EXPECT_EQ(s.Said(), "P0:100 F100:100");
  EXPECT_EQ(s.conn().state, State::kLastAck);
  s.Ack(101);
  EXPECT_EQ(AuditEmpty(s.stack()), "") << "at once";
}

// Figure 13.
TEST(CloseTest, BothCloseAtOnce) {
  Session s;
  ASSERT_EQ(s.Close(), Errno::kOk);
  EXPECT_EQ(s.Said(), "F0:0");
  s.Tell(0, 0, kAck | kFin);  // does not know of our FIN
  EXPECT_EQ(s.Said(), "ack 1");
  EXPECT_EQ(s.conn().state, State::kClosing);
  s.Ack(1);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(TimeWaits(s), 1u);
}

TEST(CloseTest, ThePeersFinMayAcknowledgeOurs) {
  Session s;
  ASSERT_EQ(s.Close(), Errno::kOk);
  s.Said();
  s.peer.ack = s.peer.their_isn + 2;
  s.peer.Say(kAck | kFin);
  EXPECT_EQ(s.Said(), "ack 1");
  EXPECT_EQ(TimeWaits(s), 1u);
}

// Incident 128: both FINs cross, and the ACKs of both are lost.
TEST(CloseTest, CrossedFinsThatAreRepeatedEndBothSides) {
  Session s;
  ASSERT_EQ(s.Close(), Errno::kOk);
  s.Tell(0, 0, kAck | kFin);
  EXPECT_EQ(s.Said(), "F0:0 ack 1");
  s.Wait();
  EXPECT_EQ(s.Said(), "F0:0") << "ours comes again";
  s.Tell(0, 0, kAck | kFin);
  EXPECT_EQ(s.Said(), "ack 1") << "and so does theirs: it needs an ACK";
  EXPECT_EQ(s.conn().state, State::kClosing);
  s.Ack(1);
  EXPECT_EQ(TimeWaits(s), 1u);
}

// R1337-F1, I-49: a FIN that comes again is acknowledged, and the 2 MSL begin anew.
TEST(CloseTest, InTimeWaitALateFinIsAcknowledged) {
  Session s;
  s.Lead(State::kFinWait2);
  s.Tell(0, 0, kAck | kFin);
  s.Said();
  s.Advance(59s);
  s.Tell(0, 0, kAck | kFin);
  const auto ack = s.Segments();
  ASSERT_EQ(ack.size(), 1u);
  EXPECT_EQ(ack[0].seq, s.peer.their_isn + 2) << "behind our FIN";
  EXPECT_EQ(ack[0].ack, s.peer.isn + 2);
  s.Advance(60s - 1ms);
  EXPECT_EQ(TimeWaits(s), 1u);
  s.Advance(1ms);
  EXPECT_EQ(TimeWaits(s), 0u);
}

// FIN-WAIT-2 has no timer of its own while the user holds the socket: nothing is sent, and
// nothing is given up, however long the peer goes on talking (RFC 9293 §3.6, Case 1).
TEST(CloseTest, AHalfClosedConnectionWaitsForThePeerForEver) {
  Session s;
  s.Lead(State::kFinWait2);
  EXPECT_EQ(AuditText(s.stack()), "");
  EXPECT_TRUE(s.stack().next_deadline().never());
  s.Advance(24h * 30);
  EXPECT_EQ(s.Said(), "");
  ASSERT_EQ(s.state(), State::kFinWait2);
  for (uint32_t at = 0; at < 100'000; at += 1000) s.Tell(at, 1000);
  EXPECT_EQ(s.Read(), Text(0, 100'000));
  EXPECT_EQ(s.stack().Write(s.world.now(), s.socket, Text(0, 1)).error(), Errno::kPipe);
}

TEST(CloseTest, WhoWasHalfClosedByThePeerMayTalkOn) {
  Session s;
  s.Lead(State::kCloseWait);
  s.Advance(24h * 30);
  EXPECT_EQ(s.Write(50'000), 50'000u);
  for (uint32_t at = 1460; at < 50'000; at += 1460) s.Ack(at);
  s.Ack(50'000);
  EXPECT_EQ(s.status().unacknowledged + s.status().unsent, 0u);
  EXPECT_EQ(s.ReadError(), Errno::kOk) << "I-20: the end, each time it is asked for";
  EXPECT_EQ(s.ReadError(), Errno::kOk);
}

// The FIN follows all that was written before, and is repeated like text.
TEST(CloseTest, AFinWaitsForTheTextBeforeIt) {
  SessionOptions options;
  options.window = 3000;
  Session s(options);
  s.Write(5000);
  ASSERT_EQ(s.Close(), Errno::kOk);
  EXPECT_EQ(s.Said(), "0:1460 1460:2920");
  EXPECT_EQ(s.conn().state, State::kFinWait1);
  s.Ack(2920);
  EXPECT_EQ(s.Said(), "2920:4380 FP4380:5000");
  s.Ack(4380);
  s.Wait();
  EXPECT_EQ(s.Said(), "FP4380:5000");
  s.Ack(5001);
  EXPECT_EQ(s.conn().state, State::kFinWait2);
}

// Incident 85, SHLD-3, RFC 2525 §2.17: in every state in which text can be unread.
TEST(CloseTest, CloseWithTextUnreadResets) {
  for (const State state : {State::kEstablished, State::kFinWait1, State::kFinWait2,
                            State::kCloseWait, State::kClosing, State::kLastAck}) {
    Session s;
    s.Tell(0, 10);
    s.Lead(state);
    ASSERT_EQ(s.Close(), Errno::kOk);
    const auto said = s.Segments();
    ASSERT_EQ(said.size(), 1u) << Name(state);
    EXPECT_TRUE(said[0].has(kRst)) << Name(state);
    EXPECT_EQ(said[0].seq,
              s.peer.their_isn + 1 +
                  (state == State::kEstablished || state == State::kCloseWait ? 0u : 1u));
    EXPECT_EQ(AuditEmpty(s.stack()), "") << Name(state);
    EXPECT_EQ(s.counter(Counter::kTcpExtTCPAbortOnClose), 1u);
  }
}

TEST(CloseTest, CloseAfterReadingAllDoesNotReset) {
  Session s;
  s.Tell(0, 10);
  s.Read();
  ASSERT_EQ(s.Close(), Errno::kOk);
  EXPECT_EQ(s.Said(), "F0:0");
}

// Text for a user who has gone (RFC 9293 §3.6.1; Linux: TCPAbortOnData).
TEST(CloseTest, TextForAUserWhoHasGoneResets) {
  for (const State state : {State::kFinWait1, State::kFinWait2}) {
    Session s;
    s.Lead(state);
    ASSERT_EQ(s.Close(), Errno::kOk);
    s.Segments();
    EXPECT_EQ(s.Tell(0, 10).drop, Drop::kAfterClose);
    EXPECT_EQ(s.Said(), "R1");
    EXPECT_EQ(s.counter(Counter::kTcpExtTCPAbortOnData), 1u);
    EXPECT_EQ(AuditEmpty(s.stack()), "");
  }
}

// RFC 9293 §3.10.5. CLOSING and LAST-ACK are entered when the FIN is queued; before it was
// sent, an abort must be heard of (Linux: tcp_disconnect).
TEST(CloseTest, AnAbortResetsUnlessAllWasSaid) {
  for (const State state :
       {State::kEstablished, State::kFinWait1, State::kFinWait2, State::kCloseWait}) {
    Session s;
    s.Lead(state);
    ASSERT_EQ(s.Abort(), Errno::kOk);
    EXPECT_EQ(s.Segments().size(), 1u) << Name(state);
    EXPECT_EQ(AuditEmpty(s.stack()), "");
  }
  for (const State state : {State::kClosing, State::kLastAck}) {
    Session s;
    s.Lead(state);
    ASSERT_EQ(s.Abort(), Errno::kOk);
    EXPECT_EQ(s.Said(), "") << Name(state);
    EXPECT_EQ(AuditEmpty(s.stack()), "");
    Session unsent;
    unsent.Ack(0, 0);
    unsent.Write(10);
    unsent.Lead(state);
    ASSERT_EQ(unsent.Abort(), Errno::kOk);
    EXPECT_EQ(unsent.Said(), "R0") << Name(state);
  }
}

TEST(CloseTest, ASecondShutdownChangesNothing) {
  for (const State state :
       {State::kFinWait1, State::kFinWait2, State::kClosing, State::kLastAck}) {
    Session s;
    s.Lead(state);
    EXPECT_EQ(s.Shutdown(), Errno::kOk);
    EXPECT_EQ(s.Said(), "");
    EXPECT_EQ(s.state(), state);
  }
}

// MUST-12: the user can tell the end, a reset and a time-out apart.
TEST(CloseTest, TheUserLearnsHowItEnded) {
  Session end, reset, timeout;
  end.Tell(0, 0, kAck | kFin);
  EXPECT_EQ(end.ReadError(), Errno::kOk);
  reset.peer.Say(kRst);
  EXPECT_EQ(reset.ReadError(), Errno::kConnReset);
  EXPECT_EQ(reset.ReadError(), Errno::kOk) << "an error is told once";
  timeout.Write(1);
  timeout.Advance(24h);
  EXPECT_EQ(timeout.ReadError(), Errno::kTimedOut);
}

}  // namespace
}  // namespace handfast
