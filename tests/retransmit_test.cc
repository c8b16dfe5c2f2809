// The retransmission timer (RFC 6298), and when to give up (RFC 9293 §3.8.3).

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

SessionOptions WithTimestamps() {
  SessionOptions options;
  options.offer = OptionList().Mss(1460).Nop(2).Timestamps(100, 0);
  return options;
}

// R6298-2.2, R6298-2.3, R6298-4: 20 round trips, that of the handshake among them. The
// figures are the RFC's formulas worked out in fractions, with a variance term not below the
// 200 ms of Policy::rto_min. Some are longer than the RTO: the echo of the first timestamp
// tells their length all the same.
TEST(RetransmitTest, TwentyRoundTripsGiveTheRtoOfTheFormulas) {
  constexpr struct {
    int rtt_ms;
    double srtt_us, rto_us;
  } kTrace[] = {
      {120, 102500, 302500},  {80, 99687, 299687},    {300, 124726, 437539},
      {90, 120385, 389721},   {95, 117212, 344600},   {1000, 227560, 1280889},
      {110, 212865, 1120422}, {100, 198757, 992291},  {100, 186412, 880320},
      {50, 169361, 826205},   {60, 155691, 757685},   {2500, 448729, 3244534},
      {400, 442638, 2588221}, {10, 388558, 2430384},  {10, 341238, 2251166},
      {10, 299834, 2063518},  {200, 287354, 1709952}, {210, 277685, 1421988},
      {5, 243599, 1374512},
  };
  Session s(WithTimestamps());
  EXPECT_EQ(s.status().srtt, 100ms);
  EXPECT_EQ(s.status().rto, 300ms);
  uint32_t said = 0;
  for (const auto& [rtt_ms, srtt_us, rto_us] : kTrace) {
    s.Write(100);
    s.peer.ts_ecr = s.Segments().front().options.ts_val;
    s.Advance(std::chrono::milliseconds(rtt_ms));
    s.Ack(said += 100);
    // Each step may lose a microsecond of a term to whole numbers.
    EXPECT_NEAR(static_cast<double>(s.status().srtt.count()) / 1000, srtt_us, 16) << rtt_ms;
    EXPECT_NEAR(static_cast<double>(s.status().rto.count()) / 1000, rto_us, 64) << rtt_ms;
    s.Segments();
  }
}

// R6298-3, incident 122.
TEST(RetransmitTest, WhatWasSentTwiceMeasuresNothing) {
  Session s;
  s.Write(10);
  s.Said();
  EXPECT_EQ(s.Wait(), 300ms);
  EXPECT_EQ(s.Said(), "P0:10");
  s.Advance(10ms);
  s.Ack(10);
  EXPECT_EQ(s.status().srtt, 100ms);
  EXPECT_EQ(s.status().rto, 600ms) << "and the doubled RTO stays until something does";
  s.Write(10);
  s.Advance(100ms);
  s.Ack(20);
  EXPECT_EQ(s.status().rto, 300ms);
}

// Text that is new measures only if nothing was repeated while it was on its way.
TEST(RetransmitTest, ARepeatedSegmentSpoilsTheMeasurementOfThoseBehindIt) {
  Session s;
  s.Write(5 * 1460);
  s.Said();
  for (int i = 0; i < 3; ++i) s.Ack(0);
  EXPECT_EQ(s.Said(), "0:1460") << "fast retransmit";
  s.Advance(50ms);
  s.Ack(5 * 1460);
  EXPECT_EQ(s.status().srtt, 100ms);
}

// R7323-4.2.
TEST(RetransmitTest, OnlyAnAckThatAdvancesMeasures) {
  Session s(WithTimestamps());
  s.Write(10);
  s.Advance(50ms);
  s.peer.ts_ecr = s.Segments().front().options.ts_val;
  s.Ack(0);
  s.Tell(0, 5);
  EXPECT_EQ(s.status().srtt, 100ms);
  s.Ack(10);
  EXPECT_LT(s.status().srtt, 100ms);
}

// An echo of a time that is yet to come, or none, is no measurement.
TEST(RetransmitTest, AnEchoOfNothingMeasuresNothing) {
  for (const bool zero : {true, false}) {
    Session s(WithTimestamps());
    s.Write(10);
    s.Said();
    s.Wait();  // repeated: only the echo could measure
    s.peer.ts_ecr = zero ? 0 : s.Segments().front().options.ts_val + 1000;
    s.Ack(10);
    EXPECT_EQ(s.status().srtt, 100ms);
  }
}

// R6298-5.1, R6298-5.2.
TEST(RetransmitTest, TheTimerRunsWhileSomethingIsOutstanding) {
  Session s;
  EXPECT_TRUE(s.stack().next_deadline().never());
  s.Write(10);
  EXPECT_EQ(s.stack().next_deadline(), s.world.now() + 300ms);
  s.Advance(100ms);
  s.SetOptions([&] {
    SocketOptions options = s.options();
    options.no_delay = true;
    return options;
  }());
  s.Write(10);
  EXPECT_EQ(s.stack().next_deadline(), s.world.now() + 200ms) << "it goes on as it was";
  s.Ack(20);
  EXPECT_TRUE(s.stack().next_deadline().never());
}

// R6298-5.3.
TEST(RetransmitTest, AnAckOfNewTextStartsTheTimerAnew) {
  Session s;
  s.Write(2920);
  s.Advance(100ms);
  s.Ack(0);
  EXPECT_EQ(s.stack().next_deadline(), s.world.now() + 200ms) << "an old one does not";
  s.Ack(1460);
  EXPECT_EQ(s.stack().next_deadline(), s.world.now() + 300ms);
}

// R6298-5.4, R6298-5.5, R6298-5.6, R6298-2.5.
TEST(RetransmitTest, EachTimeoutRepeatsTheEarliestSegmentAndDoublesTheRto) {
  Session s;
  s.Write(4000);
  EXPECT_EQ(s.Said(), "0:1460 1460:2920");
  Duration rto = 300ms;
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(s.Wait(), rto) << i;
    EXPECT_EQ(s.Said(), "0:1460") << i;
    rto = std::min<Duration>(2 * rto, 128s);
    EXPECT_EQ(s.status().rto, rto);
  }
  EXPECT_EQ(rto, 128s);
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPTimeouts), 12u);
  EXPECT_EQ(s.counter(Counter::kTcpRetransSegs), 12u);
}

// F-21: however late, what is due fires once.
TEST(RetransmitTest, AClockThatJumpsRepeatsOnce) {
  Session s;
  s.Write(10);
  s.Said();
  s.world.Jump(std::chrono::milliseconds(uint64_t{1} << 40));
  EXPECT_EQ(s.Said(), "P0:10");
  EXPECT_EQ(s.Wait(), 600ms);
}

// MUST-20, SHLD-9, SHLD-10, SHLD-11: R1 is three retransmissions, R2 more than 100 s.
TEST(RetransmitTest, TheUserHearsOfTroubleAtR1AndOfTheEndAtR2) {
  Session s;
  ASSERT_EQ(s.stack().SetInterest(s.socket, kAdvised | kErrored), Errno::kOk);
  s.Write(10);
  s.Said();
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(s.stack().has_events()) << i;
    s.Wait();
  }
  const auto advice = s.stack().NextEvent();
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->bits, kAdvised);
  EXPECT_FALSE(s.stack().NextEvent()) << "told once in a round";
  const Instant begin = s.world.now();
  s.Advance(24h);
  EXPECT_EQ(s.state(), State::kClosed);
  EXPECT_EQ(s.Segments().size(), 15u) << "retransmissions";
  EXPECT_EQ(s.counter(Counter::kTcpExtTCPAbortOnTimeout), 1u);
  const auto end = s.stack().NextEvent();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->bits, kErrored) << "there is nothing left to advise of";
  EXPECT_EQ(s.ReadError(), Errno::kTimedOut);
  EXPECT_EQ(s.stack().config().policy.data_retries, 15u);
  EXPECT_GT(s.world.now() - begin, 100s);
  EXPECT_EQ(AuditText(s.stack()), "");
}

TEST(RetransmitTest, AnAnswerEndsTheTrouble) {
  Session s;
  ASSERT_EQ(s.stack().SetInterest(s.socket, kAdvised), Errno::kOk);
  s.Write(10);
  for (int i = 0; i < 10; ++i) s.Wait();
  EXPECT_TRUE(s.stack().has_events());
  s.Ack(10);
  EXPECT_FALSE(s.stack().has_events());
  EXPECT_EQ(s.status().timeouts, 0);
}

// MUST-21.
TEST(RetransmitTest, TheUserMaySetR2) {
  for (const uint32_t timeout : {1u, 250u, 5000u, 3'600'000u}) {
    Session s;
    SocketOptions options = s.options();
    options.user_timeout_ms = timeout;
    s.SetOptions(options);
    s.Write(10);
    s.Advance(std::chrono::milliseconds(timeout) - 1ms);
    EXPECT_EQ(s.state(), State::kEstablished) << timeout;
    s.Advance(1ms);
    EXPECT_EQ(s.state(), State::kClosed) << timeout;
    EXPECT_EQ(s.ReadError(), Errno::kTimedOut);
  }
}

TEST(RetransmitTest, R2MayBeNever) {
  Session s;
  SocketOptions options = s.options();
  options.user_timeout_ms = SocketOptions::kForever;
  s.SetOptions(options);
  s.Write(10);
  s.Advance(24h * 60);
  EXPECT_EQ(s.state(), State::kEstablished);
  EXPECT_EQ(s.status().rto, 128s);
  EXPECT_EQ(s.status().timeouts, 255) << "as far as they are counted";
  s.Ack(10);
  EXPECT_EQ(s.status().unacknowledged, 0u);
}

// MUST-22, too: SYNs crossed, and then the peer was not heard of any more.
TEST(RetransmitTest, ASynAckOfACrossedOpenHasTheR2OfASyn) {
  World world;
  const auto id = world.stack().Connect(world.now(), {kThere, Port{80}});
  world.Poll();
  const auto syn = world.TakeOne();
  ASSERT_TRUE(id && syn);
  HandPeer peer(world, Port{80});
  peer.flow = syn->flow.Reversed();
  EXPECT_EQ(peer.Say(kSyn).action, Action::kCross);
  world.Advance(256s);
  EXPECT_EQ(world.TakeSegments().size(), 8u);
  EXPECT_EQ(world.stack().Status(*id)->error, Errno::kTimedOut);
}

// MUST-56, MUST-47: what ICMP said meanwhile is the reason.
TEST(RetransmitTest, TheReasonOfATimeoutIsWhatIcmpSaid) {
  Session s;
  s.Write(10);
  const auto sent = s.world.Take();
  ASSERT_EQ(sent.size(), 1u);
  s.world.Inject(IcmpErrorAbout(sent[0], Addr::V4(10, 0, 0, 9), 3, 1));
  EXPECT_EQ(s.state(), State::kEstablished);
  s.Advance(24h);
  EXPECT_EQ(s.status().error, Errno::kHostUnreach);
}

// A user who becomes impatient, and has waited for longer already, need not wait again; and
// nothing stays due when all that is due was done. I-04, MUST-21.
TEST(RetransmitTest, ATimeoutThatIsOverWhenItIsSetEndsAtOnce) {
  Session s;
  s.Write(10);
  s.Said();
  s.world.Advance(10s);
  SocketOptions options = *s.stack().GetOptions(s.socket);
  options.user_timeout_ms = 5000;
  ASSERT_EQ(s.stack().SetOptions(s.world.now(), s.socket, options), Errno::kOk);
  OwnedTxBurst tx(64, 1500);
  s.stack().Expire(s.world.now(), tx);
  EXPECT_EQ(s.status().error, Errno::kTimedOut);
  EXPECT_TRUE(s.stack().next_deadline().never());
}

}  // namespace
}  // namespace handfast
