// A window that is closed: probes, and what comes after (RFC 9293 §3.8.6.1).

#include <gtest/gtest.h>

#include <bit>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

// The peer's window closes; 5000 octets wait.
struct Closed : Session {
  explicit Closed(const SessionOptions& from = {}) : Session(from) {
    Write(2920);
    Advance(100ms);
    Ack(2920, 0);
    Write(5000);
    EXPECT_EQ(Said(), "0:1460 P1460:2920") << "nothing goes into a closed window";
  }
};

void SetUserTimeout(Session& s, uint32_t ms) {
  SocketOptions options = s.options();
  options.user_timeout_ms = ms;
  s.SetOptions(options);
}

// MUST-36, SHLD-29, SHLD-30: the first after the RTO, then at intervals that double. I-72.
TEST(ZeroWindowTest, ProbesComeAfterTheRtoAndAtIntervalsThatDouble) {
  Closed s;
  Duration interval = s.status().rto;
  EXPECT_EQ(interval, 300ms);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(s.Wait(), interval) << "probe " << i;
    EXPECT_EQ(s.Said(), "2920:2921");
    s.Ack(2920, 0);
    interval = std::min<Duration>(interval * 2, 128s);
  }
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPWinProbe), 20u);
}

TEST(ZeroWindowTest, AWindowThatOpensLetsTextGoAtOnce) {
  Closed s;
  s.Wait();
  s.Ack(2920, 0);
  s.Said();
  s.Ack(2920, 2000);
  EXPECT_EQ(s.Said(), "2920:4380") << "the probe's octet comes again, and more with it";
  EXPECT_EQ(s.status().rto, 300ms) << "the RTO that the probes had doubled is itself again";
  s.Ack(4380, 65535);
  EXPECT_EQ(s.Said(), "4380:5840 5840:7300");
  s.Ack(7300);
  EXPECT_EQ(s.Said(), "P7300:7920");
  EXPECT_EQ(AuditText(s.stack()), "");
}

TEST(ZeroWindowTest, AProbeThatIsTakenIsFollowedByTheNextOctet) {
  Closed s;
  s.Wait();
  EXPECT_EQ(s.Said(), "2920:2921");
  s.Ack(2921, 0);
  s.Wait();
  EXPECT_EQ(s.Said(), "2921:2922");
}

TEST(ZeroWindowTest, TheLastProbeCarriesTheFin) {
  Session s;
  s.Ack(0, 0);
  s.Write(1);
  ASSERT_EQ(s.Shutdown(), Errno::kOk);
  EXPECT_EQ(s.Said(), "");
  s.Wait();
  EXPECT_EQ(s.Said(), "FP0:1");
  s.Ack(2);
  EXPECT_EQ(s.state(), State::kFinWait2);
}

TEST(ZeroWindowTest, AFinAloneNeedsNoWindow) {
  Session s;
  s.Ack(0, 0);
  ASSERT_EQ(s.Shutdown(), Errno::kOk);
  EXPECT_EQ(s.Said(), "F0:0");
  s.Wait();
  EXPECT_EQ(s.Said(), "F0:0") << "and is repeated as a probe";
}

// MUST-37, C3.
TEST(ZeroWindowTest, APeerThatAnswersProbesIsWaitedForForever) {
  Closed s;
  for (int i = 0; i < 1000; ++i) {
    s.Wait();
    s.Ack(2920, 0);
  }
  EXPECT_EQ(s.state(), State::kEstablished);
  EXPECT_EQ(s.status().error, Errno::kOk);
  EXPECT_GT(s.world.now().ns(), 1'000'000'000'000u * 30) << "that was half a day at least";
}

TEST(ZeroWindowTest, APeerThatAnswersNoProbeIsGivenUp) {
  Closed s;
  uint32_t probes = 0;
  while (s.state() == State::kEstablished) {
    s.Advance(s.stack().next_deadline() - s.world.now());
    probes += s.Said().empty() ? 0 : 1;
  }
  EXPECT_EQ(probes, s.stack().config().policy.data_retries);
  EXPECT_EQ(s.ReadError(), Errno::kTimedOut);
}

// Incident 58: time-outs of the user, and long times, make probes neither more nor faster.
TEST(ZeroWindowTest, NoTimeoutOfTheUserMakesAStormOfProbes) {
  for (const uint32_t timeout : {0u, 1u, 1000u, SocketOptions::kForever}) {
    Closed s;
    SetUserTimeout(s, timeout);
    const Instant begin = s.world.now();
    const Instant end = begin + std::chrono::milliseconds(uint64_t{1} << 32);
    Duration least = 24h;
    uint64_t probes = 0;
    while (s.world.now() < end && s.state() == State::kEstablished) {
      const Duration wait = s.Wait();
      if (s.Said().empty()) break;
      least = std::min(least, wait);
      ++probes;
      s.Ack(2920, 0);
    }
    const auto life = static_cast<uint64_t>((s.world.now() - begin) / 300ms);
    EXPECT_LE(probes, 1 + std::bit_width(life) + life / (128'000 / 300)) << timeout;
    EXPECT_GE(least, 300ms);
    const bool patient = timeout == 0 || timeout == SocketOptions::kForever;
    EXPECT_EQ(s.state(), patient ? State::kEstablished : State::kClosed) << timeout;
  }
}

TEST(ZeroWindowTest, AUserWhoSetsATimeoutWaitsNoLonger) {
  for (const uint32_t timeout : {1u, 1000u, 3'600'000u}) {
    Closed s;
    SetUserTimeout(s, timeout);
    s.Advance(std::chrono::milliseconds(timeout) - 1ms);
    EXPECT_EQ(s.state(), State::kEstablished) << timeout;
    s.Advance(1ms);
    EXPECT_EQ(s.state(), State::kClosed) << timeout;
    EXPECT_EQ(s.ReadError(), Errno::kTimedOut);
  }
}

// F-21: however late, what is due fires once.
TEST(ZeroWindowTest, AClockThatJumpsProbesOnce) {
  Closed s;
  s.world.Jump(std::chrono::milliseconds(uint64_t{1} << 40));
  EXPECT_EQ(s.Said(), "2920:2921");
  EXPECT_EQ(s.Wait(), 600ms);
}

// RFC 5681 §2: only what might tell of a lost segment is a duplicate ACK.
TEST(ZeroWindowTest, AnswersToProbesAreNoDuplicateAcks) {
  Closed s;
  const uint32_t cwnd = s.status().cwnd;
  for (int i = 0; i < 6; ++i) {
    s.Wait();
    EXPECT_EQ(s.Said(), "2920:2921");
    for (int copies = 0; copies < 3; ++copies) s.Ack(2920, 0);
    EXPECT_EQ(s.Said(), "") << "nothing leaves but by the timer";
  }
  EXPECT_EQ(s.status().cwnd, cwnd);
  EXPECT_EQ(s.conn().ssthresh, 0xffff'ffffu);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPFastRetrans), 0u);
}

// R3168-b.
TEST(ZeroWindowTest, AProbeIsNotEct) {
  SessionOptions options;
  options.syn_flags = kSyn | kEce | kCwr;
  Closed s(options);
  s.Wait();
  const auto probe = s.Segments();
  ASSERT_EQ(probe.size(), 1u);
  EXPECT_EQ(probe[0].tos & 3, 0);
  s.Ack(2920, 65535);
  s.Ack(4380);
  const auto text = s.Segments();
  ASSERT_GE(text.size(), 2u);
  EXPECT_EQ(text[0].tos & 3, 0) << "it repeats an octet";
  EXPECT_EQ(text[1].tos & 3, 2);
}

// Incident 128. A segment beyond the edge of the peer's window would be thrown away, and
// with it what it acknowledges (Linux: tcp_acceptable_seq).
TEST(ZeroWindowTest, AnAckDoesNotStandBeyondTheWindow) {
  Closed s;
  s.Wait();
  s.Said();
  s.Tell(0, 2000);
  s.Tell(2000, 2000);
  const auto acks = s.Segments();
  ASSERT_EQ(acks.size(), 1u);
  EXPECT_TRUE(acks[0].text.empty());
  EXPECT_EQ(acks[0].seq, s.peer.their_isn + 1 + 2920);
  ASSERT_EQ(s.Abort(), Errno::kOk);
  EXPECT_EQ(s.Said(), "R2920") << "a RST must be exact, too (RFC 5961 §3.2)";
}

TEST(ZeroWindowTest, AnAckAfterAFinAtTheEdgeStandsBehindIt) {
  SessionOptions options;
  options.window = 1000;
  Session s(options);
  s.Write(1000);
  ASSERT_EQ(s.Shutdown(), Errno::kOk);
  EXPECT_EQ(s.Said(), "P0:1000 F1000:1000");
  s.Tell(0, 10, kAck | kFin);
  const auto acks = s.Segments();
  ASSERT_EQ(acks.size(), 1u);
  EXPECT_EQ(acks[0].seq, s.peer.their_isn + 1 + 1001);
}

TEST(ZeroWindowTest, AClosedWindowEndsRecovery) {
  Session s;
  s.Write(14'600);
  for (int i = 0; i < 6; ++i) s.Ack(0);
  ASSERT_TRUE(s.conn().has(Connection::kInRecovery));
  ASSERT_GT(s.status().cwnd, s.conn().ssthresh);
  s.Ack(0, 0);
  EXPECT_FALSE(s.conn().has(Connection::kInRecovery));
  EXPECT_EQ(s.status().cwnd, s.conn().ssthresh);
}

// MUST-34: a window that shrinks to nothing while text is on its way.
TEST(ZeroWindowTest, TextOnItsWayIsProbedForWhenTheWindowIsTakenBack) {
  Session s;
  s.Write(4380);
  s.Advance(100ms);
  s.Said();
  s.Ack(1460, 0);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(s.Wait(), 300ms);
  EXPECT_EQ(s.Said(), "1460:1461");
  s.Ack(4380, 0);
  EXPECT_EQ(s.Wait(1h), 1h) << "all came through; nothing is left to ask for";
}

TEST(ZeroWindowTest, TheUsersTimeoutDoesNotRunWhenNothingWaits) {
  Session s;
  SetUserTimeout(s, 10'000);
  s.Write(10);
  s.Advance(100ms);
  s.Ack(10, 0);
  s.Advance(1h);
  EXPECT_EQ(s.state(), State::kEstablished);
  s.Said();
  s.Write(10);
  EXPECT_EQ(s.Wait(), 300ms);
  EXPECT_EQ(s.Said(), "10:11") << "the time began with this text";
  s.Advance(9s);
  EXPECT_EQ(s.state(), State::kEstablished);
  s.Advance(1s);
  EXPECT_EQ(s.state(), State::kClosed);
}

// MUST-38: what is too small to be worth sending goes when it has waited for long enough.
TEST(ZeroWindowTest, ASliverOfAWindowIsUsedAfterTheRtoOnly) {
  Closed s;
  s.Ack(2920, 10);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(s.Wait(), 300ms);
  EXPECT_EQ(s.Said(), "2920:2930");
}

// R6298-5.1: the wait for a better window is over; the retransmission timer starts.
TEST(ZeroWindowTest, TextThatWaitedForABetterWindowIsTimedFromItsSending) {
  Closed s;
  s.Ack(2920, 10);
  s.Advance(250ms);
  s.Ack(2920, 65535);
  EXPECT_EQ(s.Said(), "2920:4380 4380:5840 5840:7300");
  EXPECT_EQ(s.Wait(), 300ms);
}

}  // namespace
}  // namespace handfast
