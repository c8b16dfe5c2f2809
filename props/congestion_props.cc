// The laws of the congestion window and of the RTO, whatever comes (RFC 5681, RFC 6298).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "stack/transfer/congestion.h"
#include "stack/transfer/rtt.h"

namespace handfast {
namespace {

// A sender as congestion control sees it: numbers, no text.
struct Sender {
  explicit Sender(uint32_t segment, Seq iss) : mss(segment) {
    conn.iss = conn.recover = iss;
    conn.snd_una = conn.snd_nxt = iss + 1;
    StartCongestion(conn, mss, Policy{});
  }

  void Send(uint32_t octets) {
    const uint32_t room = conn.cwnd - std::min(conn.cwnd, FlightSize(conn));
    conn.snd_nxt += std::min(octets, room);
  }
  void Ack(uint32_t octets) {
    const uint32_t acked = std::min(octets, FlightSize(conn));
    if (acked == 0) return;
    conn.snd_una += acked;
    conn.backoff = 0;
    if (conn.has(Connection::kInRecovery))
      AckInRecovery(conn, acked, mss);
    else
      GrowCwnd(conn, acked, mss);
  }
  void Timeout() {
    CollapseCwnd(conn, mss);
    if (conn.backoff < 255) ++conn.backoff;
  }

  uint32_t mss;
  Connection conn;
};

enum class Happens : uint8_t { kSend, kAck, kLoss, kTimeout, kEcho };

RC_GTEST_PROP(CongestionProps, TheWindowKeepsItsBounds, ()) {
  Sender s(*rc::gen::inRange<uint32_t>(48, 65'496),
           Seq(*rc::gen::element<uint32_t>(0, 0x7fff'ff00, 0xffff'ff00)));
  for (int step = *rc::gen::inRange(0, 200); step > 0; --step) {
    const Connection before = s.conn;
    const auto octets = *rc::gen::inRange<uint32_t>(0, 20 * s.mss);
    const auto what = *rc::gen::weightedElement<Happens>({{8, Happens::kSend},
                                                          {8, Happens::kAck},
                                                          {1, Happens::kLoss},
                                                          {1, Happens::kTimeout},
                                                          {1, Happens::kEcho}});
    if (what == Happens::kSend) s.Send(octets);
    if (what == Happens::kAck) s.Ack(octets);
    if (what == Happens::kTimeout) s.Timeout();
    if (what == Happens::kLoss && FlightSize(s.conn) > 0) EnterRecovery(s.conn, s.mss);
    if (what == Happens::kEcho) ReduceOnEcn(s.conn, s.mss);

    RC_ASSERT(s.conn.cwnd >= s.mss);
    RC_ASSERT(s.conn.cwnd <= kMaxCwnd + 3 * s.mss);
    RC_ASSERT(s.conn.ssthresh >= 2 * s.mss);
    const uint32_t flight = FlightSize(before);
    if (s.conn.ssthresh < before.ssthresh)
      RC_ASSERT(s.conn.ssthresh <= std::max(flight / 2, 2 * s.mss));
    if (what == Happens::kTimeout) RC_ASSERT(s.conn.cwnd == s.mss);
    if (what == Happens::kAck && !before.has(Connection::kInRecovery))
      RC_ASSERT(s.conn.cwnd <= before.cwnd + s.mss);
    if (what == Happens::kEcho) RC_ASSERT(s.conn.cwnd <= std::max(before.cwnd, 2 * s.mss));
    // Once in a window of data, whatever tells of the loss.
    if (what == Happens::kEcho && s.conn.ssthresh < before.ssthresh)
      RC_ASSERT(!Before(before.snd_una, before.recover));
  }
}

// As many ACKs as there are octets, or one: the window grows by a segment in a round trip.
RC_GTEST_PROP(CongestionProps, AvoidanceAddsOneSegmentInARoundTrip, ()) {
  Sender s(*rc::gen::inRange<uint32_t>(100, 2000), Seq(5));
  const auto segments = *rc::gen::inRange<uint32_t>(2, 60);
  s.conn.cwnd = s.conn.ssthresh = segments * s.mss;
  for (int round = 1; round < 6; ++round) {
    const uint32_t window = s.conn.cwnd;
    s.Send(window);
    while (FlightSize(s.conn) > 0) s.Ack(*rc::gen::inRange<uint32_t>(1, 2 * s.mss + 1));
    RC_ASSERT(s.conn.cwnd >= window);
    RC_ASSERT(s.conn.cwnd <= window + s.mss);
    RC_ASSERT(s.conn.cwnd >= (segments + static_cast<uint32_t>(round) - 1) * s.mss);
  }
}

// The RTO is that of the formulas, in numbers with a point, within a few microseconds.
RC_GTEST_PROP(CongestionProps, TheRtoIsThatOfTheFormulas, ()) {
  Policy policy;
  policy.rto_min = std::chrono::milliseconds(*rc::gen::inRange(1, 2000));
  Connection conn;
  ResetRto(conn, policy);
  RC_ASSERT(RtoOf(conn) == policy.rto_initial);
  double srtt = 0, rttvar = 0;
  const auto samples =
      *rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(0, 9'000'000));
  for (size_t i = 0; i < samples.size(); ++i) {
    const double r = std::max<double>(1, static_cast<double>(samples[i]));
    TakeRttSample(conn, std::chrono::microseconds(samples[i]), policy);
    rttvar = i == 0 ? r / 2 : 0.75 * rttvar + 0.25 * std::abs(srtt - r);
    srtt = i == 0 ? r : 0.875 * srtt + 0.125 * r;
    const double least = static_cast<double>(ToMicroseconds(policy.rto_min));
    const double rto = srtt + std::max(4 * rttvar, least);
    RC_ASSERT(std::abs(conn.srtt_us - srtt) <= 16);
    RC_ASSERT(std::abs(conn.rto_us - rto) <= 80);
  }
}

RC_GTEST_PROP(CongestionProps, TheRtoKeepsItsBounds, ()) {
  const Policy policy;
  Connection conn;
  ResetRto(conn, policy);
  const auto steps = *rc::gen::container<std::vector<int64_t>>(
      rc::gen::oneOf(rc::gen::just<int64_t>(-1), rc::gen::inRange<int64_t>(0, 1000),
                     rc::gen::arbitrary<int64_t>()));
  for (const int64_t step : steps) {
    const Duration before = RtoOf(conn);
    if (step == -1)
      DoubleRto(conn, policy);
    else
      TakeRttSample(conn, Duration(step), policy);
    RC_ASSERT(RtoOf(conn) <= policy.rto_max);
    RC_ASSERT(RtoOf(conn) >= policy.rto_min);
    if (step == -1) RC_ASSERT(RtoOf(conn) == std::min(2 * before, policy.rto_max));
  }
}

}  // namespace
}  // namespace handfast
