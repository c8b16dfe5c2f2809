// The first round-trip time, RTO and congestion window, from either side of a handshake.

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kTheirs{7777};

enum class Stamps { kNone, kLast, kFirst };  // which of our SYNs or SYN-ACKs is echoed

struct Row {
  Stamps stamps;
  int repeated;  // SYN-ACKs, or SYNs
  Duration srtt, rto;
  uint32_t segments;  // of the congestion window
};

OptionList OptionsFor(Stamps stamps) {
  OptionList options = OptionList().Mss(1460);
  if (stamps != Stamps::kNone) options.Timestamps(1000, 0);
  return options;
}

// A server's child: the SYN-ACK was repeated so often, the ACK came 100 ms after the last.
SocketStatus Passive(const Config& config, const Row& row) {
  World world(config);
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.At(kSyn, 0);
  syn.options = OptionsFor(row.stamps);
  world.Inject(syn);
  peer.Heard();
  const uint32_t first = peer.ts_ecr;
  world.Advance(std::chrono::seconds((1 << row.repeated) - 1) + 100ms);
  peer.Heard();
  if (row.stamps == Stamps::kFirst) peer.ts_ecr = first;
  peer.timestamps = row.stamps != Stamps::kNone;
  peer.ts_val = 1001;
  peer.SayAt(kAck, 1, 1);
  return *world.stack().Status(*world.stack().Accept(world.now(), listener));
}

// A client: the SYN was repeated so often, the SYN-ACK came 50 ms after the last.
SocketStatus Active(const Config& config, const Row& row) {
  World world(config);
  const SocketId socket = *world.stack().Connect(world.now(), {kThere, kTheirs});
  world.Poll();
  const Seen first = *world.TakeOne();
  HandPeer peer(world, Port{0}, kTheirs, 5000);
  peer.flow = first.flow.Reversed();
  peer.Hear(first);
  world.Advance(std::chrono::seconds((1 << row.repeated) - 1) + 50ms);
  peer.Heard();
  const uint32_t echo = row.stamps == Stamps::kFirst ? first.options.ts_val : peer.ts_ecr;
  TcpPacket synack = peer.At(kSyn | kAck, 0, 1);
  synack.options = OptionList().Mss(1460);
  if (row.stamps != Stamps::kNone) synack.options.Timestamps(900, echo);
  world.Inject(synack);
  return *world.stack().Status(socket);
}

void Check(const SocketStatus& status, const Row& row) {
  const std::string which = "repeated " + std::to_string(row.repeated) + ", echo " +
                            std::to_string(static_cast<int>(row.stamps));
  EXPECT_EQ(status.state, State::kEstablished) << which;
  EXPECT_EQ(status.srtt / 1ms, row.srtt / 1ms) << which;
  EXPECT_EQ(status.rto / 1ms, row.rto / 1ms) << which;
  EXPECT_EQ(status.cwnd, row.segments * status.send_mss) << which;
}

Config Doubling() {
  Config config = LinuxConfig();
  config.policy.syn_linear_timeouts = 0;
  return config;
}

// E62, RTT-01..05. Incident 122. R6298-2.2, R6298-3, R7323-4.2. Differs from Linux: the window
// is one segment after a single repetition, too, and whether or not the echo tells that
// nothing was lost (RFC 5681 §3.1: MUST).
TEST(HandshakeRttTest, AServerMeasuresByKarnsRuleOrByTheEcho) {
  const Row rows[] = {
      {Stamps::kLast, 0, 100ms, 300ms, 10},   {Stamps::kNone, 0, 100ms, 300ms, 10},
      {Stamps::kLast, 1, 100ms, 300ms, 1},    {Stamps::kFirst, 1, 1100ms, 3300ms, 1},
      {Stamps::kNone, 1, 0ms, 3000ms, 1},     {Stamps::kLast, 2, 100ms, 300ms, 1},
      {Stamps::kFirst, 2, 3100ms, 9300ms, 1}, {Stamps::kNone, 2, 0ms, 3000ms, 1},
  };
  for (const Row& row : rows) Check(Passive(LinuxConfig(), row), row);
}

// E63, RTT-07, SST-09. The same difference.
TEST(HandshakeRttTest, AClientMeasuresByKarnsRuleOrByTheEcho) {
  const Row rows[] = {
      {Stamps::kLast, 0, 50ms, 250ms, 10}, {Stamps::kNone, 0, 50ms, 250ms, 10},
      {Stamps::kLast, 1, 50ms, 250ms, 1},  {Stamps::kFirst, 1, 1050ms, 3150ms, 1},
      {Stamps::kNone, 1, 0ms, 3000ms, 1},  {Stamps::kNone, 2, 0ms, 3000ms, 1},
  };
  for (const Row& row : rows) Check(Active(Doubling(), row), row);
}

// R6298-5.7: after the timer has gone off for a SYN or SYN-ACK, RTO is 3 s at least when data
// begins, whatever was measured.
TEST(HandshakeRttTest, ByDefaultALostSynMeansThreeSeconds) {
  const Row rows[] = {
      {Stamps::kLast, 0, 100ms, 300ms, 10},
      {Stamps::kLast, 1, 100ms, 3000ms, 1},
      {Stamps::kNone, 1, 0ms, 3000ms, 1},
      {Stamps::kFirst, 1, 1100ms, 3300ms, 1},
  };
  for (Row row : rows) {
    Check(Passive(SmallConfig(), row), row);
    row.srtt -= std::min<Duration>(row.srtt, 50ms);
    if (row.stamps == Stamps::kFirst) row.rto = 3150ms;
    if (row.repeated == 0) row.rto = 250ms;
    Check(Active(SmallConfig(), row), row);
  }
}

// R6298-5.7, as a peer sees it: lose the SYN-ACK once, then the data.
TEST(HandshakeRttTest, LostDataAfterALostSynAckIsRepeatedAfterThreeSeconds) {
  World world;
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  peer.SayAt(kSyn, 0);
  world.Advance(1010ms);
  peer.Heard();
  peer.SayAt(kAck, 1, 1);
  const SocketId child = *world.stack().Accept(world.now(), listener);
  ASSERT_TRUE(world.stack().Write(world.now(), child, Text(0, 10)));
  world.Advance(4s);
  EXPECT_EQ(peer.WhenHeard(), "1.010 4.010");
}

// Incident 122: an echo from the future measures nothing.
TEST(HandshakeRttTest, AnEchoThatCannotBeMeasuresNothing) {
  World world(LinuxConfig());
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  TcpPacket syn = peer.At(kSyn, 0);
  syn.options.Mss(1460).Timestamps(1000, 0);
  world.Inject(syn);
  world.Advance(1s);
  peer.Heard();
  peer.timestamps = true;
  peer.ts_val = 1001;
  peer.ts_ecr = 0;
  EXPECT_EQ(peer.SayAt(kAck, 1, 1), Verdict(Action::kEstablish));
  const SocketId child = *world.stack().Accept(world.now(), listener);
  EXPECT_EQ(world.stack().Status(child)->srtt, 0s);
  EXPECT_EQ(world.stack().Status(child)->rto, 3s);
}

// R6298-2.4 as Strict has it: RTO is 1 s at least.
TEST(HandshakeRttTest, StrictWaitsASecondAtLeast) {
  const SocketStatus status =
      Passive(SmallConfig(Config::Strict()), {Stamps::kLast, 0, 0ms, 0ms, 0});
  EXPECT_EQ(status.rto, 1100ms);
}

}  // namespace
}  // namespace handfast
