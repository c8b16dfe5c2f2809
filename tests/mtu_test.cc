// The path's MTU, as ICMP tells it: advice that is not followed before it is needed (RFC 1191,
// RFC 5927 §7.2). Incident 109.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

constexpr uint8_t kUnreachable = 3;
constexpr uint8_t kFragmentationNeeded = 4;

// A router says of what the stack sent first that it does not fit.
Verdict TooBig(Session& s, const Datagram& sent, uint16_t mtu) {
  return s.world.Inject(
      IcmpErrorAbout(sent, Addr::V4(10, 0, 0, 9), kUnreachable, kFragmentationNeeded, mtu));
}

struct Big : Session {
  Big() {
    Write(14'600);
    for (Datagram& datagram : world.Take()) sent.push_back(datagram);
    EXPECT_EQ(sent[0].size(), 1500u);
  }
  std::vector<Datagram> sent;
};

TEST(MtuTest, NothingChangesBeforeATimeout) {
  Big s;
  EXPECT_EQ(TooBig(s, s.sent[0], 1000).action, Action::kLowerMtu);
  EXPECT_EQ(s.Said(), "");
  EXPECT_EQ(s.status().send_mss, 1460u);
  s.Wait();
  EXPECT_EQ(s.Said(), "0:960") << "nothing got through: now it is believed";
  s.Ack(960);
  EXPECT_EQ(s.Said(), "960:1920 1920:2880");
  EXPECT_EQ(AuditText(s.stack()), "");
}

// R5927-7.2: where the peer goes on acknowledging, the claim was a lie.
TEST(MtuTest, ProgressDisprovesTheClaim) {
  Big s;
  TooBig(s, s.sent[0], 576);
  s.Ack(1460);
  s.Said();
  s.Wait();
  EXPECT_EQ(s.Said(), "1460:2920") << "a time-out that has other reasons";
  EXPECT_EQ(s.status().send_mss, 1460u);
}

// Whatever is claimed, segments do not become smaller than the floor, nor larger.
TEST(MtuTest, TheFloorHolds) {
  constexpr struct {
    uint16_t claimed;
    uint32_t mss;
  } kClaims[] = {{0, 1460},    {1, 536},     {67, 536},    {68, 536},
                 {295, 536},   {575, 536},   {576, 536},   {1280, 1240},
                 {1499, 1459}, {1500, 1460}, {1501, 1460}, {65535, 1460}};
  for (const auto& [claimed, mss] : kClaims) {
    Big s;
    for (int i = 0; i < 10; ++i) {
      TooBig(s, s.sent[0], claimed);
      s.Wait();
    }
    EXPECT_EQ(s.status().send_mss, mss) << claimed;
    EXPECT_EQ(s.Segments().size(), 10u) << "no more than the timer repeats";
    EXPECT_EQ(AuditText(s.stack()), "");
  }
}

// R5927-7.2, R5927-4.1: only about a segment in flight, and one that was large enough.
TEST(MtuTest, AClaimMustFitWhatIsInFlight) {
  Big s;
  TcpPacket stale = s.peer.Make(kAck);
  stale.flow = s.peer.flow.Reversed();
  for (const uint32_t offset : {0xffff'ffffu, 14'600u, 0x8000'0000u}) {
    stale.seq = s.peer.their_isn + 1 + offset;
    EXPECT_EQ(TooBig(s, stale.Seal(), 1000).drop, Drop::kIcmpSequence);
  }
  Session small;
  small.Write(200);
  const auto sent = small.world.Take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(TooBig(small, sent[0], 600).drop, Drop::kIcmpMtu) << "nothing so large was sent";
  EXPECT_EQ(TooBig(small, sent[0], 200).action, Action::kLowerMtu);
}

// A path below the floor is our own link's.
TEST(MtuTest, ALinkBelowTheFloorIsUsedAsItIs) {
  SessionOptions options;
  options.config.mtu = 400;
  Session s(options);
  s.Write(1000);
  const auto sent = s.world.Take();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent[0].size(), 400u);
  TooBig(s, sent[0], 100);
  s.Wait();
  EXPECT_EQ(s.status().send_mss, 360u);
}

}  // namespace
}  // namespace handfast
