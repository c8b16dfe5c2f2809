// A stack that loses its memory in the middle of a conversation (RFC 9293 §3.5.1, incident
// 129), and a middlebox that loses its mind (incident 126).

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/packet.h"
#include "harness/sim/duo.h"

namespace handfast {
namespace {

// Small segments and windows: many steps.
Duo::Options Chatting() {
  Duo::Options options;
  for (Talk& talk : options.talks) talk.to_say = 20'000;
  for (Config& config : options.configs) {
    config.mtu = 576;
    config.socket.receive_buffer = 1200;
  }
  return options;
}

// How many steps a conversation has until both users have closed.
size_t StepsOf(const Duo::Options& options) {
  Duo duo(options);
  size_t steps = 0;
  while (!(duo.user(0).closed && duo.user(1).closed) && duo.Step(1h)) ++steps;
  return steps;
}

// The client restarts and connects from the same port, while the server may still have the
// old connection: SYN, challenge ACK, RST, SYN again. Two round trips and one RTO.
TEST(RestartTest, AClientThatRestartsAtAnyStepConnectsAgain) {
  const Duo::Options options = Chatting();
  const size_t steps = StepsOf(options);
  ASSERT_GE(steps, 40u);
  for (size_t restart = 0; restart < steps; ++restart) {
    Duo duo(options);
    for (size_t step = 0; step < restart; ++step) ASSERT_TRUE(duo.Step(1h));
    duo.Restart(0);
    const Duration begin = duo.now();
    while (duo.stack(0).Status(duo.user(0).socket)->state < State::kEstablished)
      ASSERT_TRUE(duo.Step(1h)) << "restarted after step " << restart;
    EXPECT_LE(duo.now() - begin, 4 * options.delay + 1s) << "restarted after step " << restart;
    duo.Run(1h);
    EXPECT_EQ(duo.wrong(), "");
    EXPECT_TRUE(duo.user(0).closed && duo.user(1).closed);
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(AuditQuiet(duo.stack(i)), "") << restart;
  }
}

// The server restarts: the client hears of it from a RST as soon as it says something.
TEST(RestartTest, AServerThatRestartsAtAnyStepResetsItsClient) {
  const Duo::Options options = Chatting();
  const size_t steps = StepsOf(options);
  for (size_t restart = 1; restart < steps; ++restart) {
    Duo duo(options);
    for (size_t step = 0; step < restart; ++step) ASSERT_TRUE(duo.Step(1h));
    duo.Restart(1);
    const Duration begin = duo.now();
    while (!duo.user(0).closed) ASSERT_TRUE(duo.Step(1h)) << restart;
    EXPECT_LE(duo.now() - begin, 4 * options.delay + 1s) << restart;
    duo.Run(1h);
    EXPECT_EQ(duo.wrong(), "");
    const Errno error = duo.user(0).error;
    EXPECT_TRUE(error == Errno::kConnReset || error == Errno::kPipe || error == Errno::kOk)
        << Name(error);
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(AuditQuiet(duo.stack(i)), "") << restart;
  }
}

void ShiftSequence(Datagram& datagram, uint32_t by) {
  TcpPacket packet = PacketOf(*Read(datagram));
  packet.seq += by;
  datagram = packet.Seal();
}

// Incident 126, F-60: from some datagram on, all sequence numbers of one side are shifted.
// The two fall silent: they answer one another twice a second, and then give up.
TEST(RestartTest, AMiddleboxThatRewritesNumbersMakesNoAckWar) {
  for (const size_t victim : {size_t{0}, size_t{1}})
    for (const uint64_t from : {3u, 6u, 10u}) {
      Duo duo(Chatting());
      duo.set_judge([=](uint64_t number, size_t sender, Datagram& datagram) {
        if (number >= from && sender == victim) ShiftSequence(datagram, 1'000'000);
        return Duo::Fate::kDelivered;
      });
      duo.Run(60s);
      EXPECT_LE(duo.sent().size(), 240u) << "from datagram " << from;
      duo.Run(1h);
      EXPECT_EQ(duo.wrong(), "");
      EXPECT_EQ(duo.next_event(), Duo::kNever);
      for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(AuditText(duo.stack(i)), "");
        const auto status = duo.stack(i).Status(duo.user(i).socket);
        EXPECT_TRUE(!status || status->unacknowledged == 0) << "who waited was told";
      }
    }
}

}  // namespace
}  // namespace handfast
