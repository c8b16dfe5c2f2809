// What is left when the user has gone: lingering, and the bound of every orphan's life.

#include <gtest/gtest.h>

#include <functional>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

void SetLinger(Session& s, Linger linger, uint16_t seconds = 0) {
  SocketOptions options = s.options();
  options.linger = linger;
  options.linger_seconds = seconds;
  s.SetOptions(options);
}

TEST(LingerTest, OffLetsTheTransferEndInTheBackground) {
  Session s;
  s.Write(20'000);
  ASSERT_EQ(s.Close(), Errno::kOk);
  for (uint32_t at = 1460; at < 20'000; at += 1460) {
    s.Advance(10s);
    s.Ack(at);
  }
  s.Ack(20'001);
  EXPECT_EQ(s.conn().state, State::kFinWait2);
}

// Linux: __tcp_close with SO_LINGER of 0 s.
TEST(LingerTest, AbortResets) {
  for (const State state :
       {State::kEstablished, State::kFinWait1, State::kFinWait2, State::kCloseWait}) {
    Session s;
    SetLinger(s, Linger::kAbort);
    s.Lead(state);
    s.Write(10);
    s.Segments();
    ASSERT_EQ(s.Close(), Errno::kOk);
    const auto said = s.Segments();
    ASSERT_EQ(said.size(), 1u) << Name(state);
    EXPECT_TRUE(said[0].has(kRst));
    EXPECT_EQ(AuditEmpty(s.stack()), "");
    EXPECT_EQ(s.counter(Counter::kTcpExtTCPAbortOnData), 1u);
    EXPECT_EQ(s.counter(Counter::kTcpExtTCPAbortOnClose), 0u) << "nothing was unread";
  }
}

TEST(LingerTest, TimedGivesTheBackgroundSoLong) {
  Session s;
  SetLinger(s, Linger::kTimed, 5);
  s.Write(10);
  ASSERT_EQ(s.Close(), Errno::kOk);
  s.Advance(5s - 1ms);
  EXPECT_TRUE(s.alive());
  s.Said();
  s.Advance(1ms);
  EXPECT_EQ(s.Said(), "R11") << "and then resets";
  EXPECT_EQ(AuditEmpty(s.stack()), "");
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPAbortOnLinger), 1u);
}

TEST(LingerTest, TimedEndsQuietlyWhenAllIsSaid) {
  Session s;
  SetLinger(s, Linger::kTimed, 5);
  s.Write(10);
  ASSERT_EQ(s.Close(), Errno::kOk);
  s.Ack(11);
  s.Said();
  s.Advance(5s);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(AuditEmpty(s.stack()), "");
}

// Without a user FIN-WAIT-2 lasts for Policy::fin_wait2, however it was entered.
TEST(LingerTest, FinWait2WithoutAUserEnds) {
  Session closed_before, closed_in_it;
  ASSERT_EQ(closed_before.Close(), Errno::kOk);
  closed_before.Ack(1);
  closed_in_it.Lead(State::kFinWait2);
  ASSERT_EQ(closed_in_it.Close(), Errno::kOk);
  for (Session* s : {&closed_before, &closed_in_it}) {
    ASSERT_EQ(s->conn().state, State::kFinWait2);
    s->Advance(60s - 1ms);
    EXPECT_TRUE(s->alive());
    s->Said();
    s->Advance(1ms);
    EXPECT_EQ(s->Said(), "");
    EXPECT_EQ(AuditEmpty(s->stack()), "");
  }
}

// What a peer may do to keep an orphan alive, each second.
using Malice = std::function<void(Session&)>;

// Incident 55 (CVE-2008-4609, CVE-2009-1926, CVE-2015-5358), I-51, F-43, F-46.
TEST(LingerTest, AnOrphanHasABoundedLifeWhateverThePeerDoes) {
  const Malice malices[] = {
      [](Session&) {},                  // vanishes
      [](Session& s) { s.Ack(0, 0); },  // keeps its window closed
      [](Session& s) { s.Ack(0, 1); },  // or nearly
      [](Session& s) { s.Ack(s.conn().snd_nxt - Seq(s.peer.their_isn + 1), 0); },
      [](Session& s) { s.Ack(s.conn().snd_nxt - Seq(s.peer.their_isn + 1), 1); },
      [](Session& s) { s.Ack(s.conn().snd_nxt - Seq(s.peer.their_isn + 1), 65535); },
      [](Session& s) { s.Tell(0, 0, kAck | kFin); },  // the same FIN, again and again
      [](Session& s) { s.Tell(0, 0, kSyn); },         // would like to be challenged
  };
  for (const State state : {State::kEstablished, State::kFinWait1, State::kFinWait2,
                            State::kCloseWait, State::kClosing, State::kLastAck}) {
    for (size_t i = 0; i < std::size(malices); ++i) {
      Session s;
      s.Ack(0, 0);
      s.Write(state == State::kFinWait2 ? 0 : 20'000);
      s.Lead(state);
      ASSERT_EQ(s.Close(), Errno::kOk);
      const Tables& t = s.stack().tables();
      Duration life{};
      for (; t.connections.used() > 0 && life < 1h; life += 1s) {
        malices[i](s);
        s.Advance(1s);
      }
      EXPECT_LE(life, s.stack().config().policy.orphan_life) << Name(state) << ", " << i;
      s.Advance(2 * s.stack().config().policy.time_wait);
      EXPECT_EQ(AuditEmpty(s.stack()), "") << Name(state) << ", " << i;
    }
  }
}

// I-50: the peer vanishes, in any state; the user stays.
TEST(LingerTest, APeerThatVanishesIsNoticedWhereSomethingIsToBeAcknowledged) {
  for (const State state : {State::kEstablished, State::kFinWait1, State::kCloseWait,
                            State::kClosing, State::kLastAck}) {
    Session s;
    s.Write(10);
    s.Lead(state);
    s.Advance(20min);
    EXPECT_EQ(s.state(), State::kClosed) << Name(state);
    EXPECT_EQ(s.status().error, Errno::kTimedOut) << Name(state);
    ASSERT_EQ(s.Close(), Errno::kOk);
    EXPECT_EQ(AuditEmpty(s.stack()), "");
  }
}

}  // namespace
}  // namespace handfast
