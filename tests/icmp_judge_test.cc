// ICMP errors about flows of ours: which are believed, and what they can do.
//
// I-82; incidents 108 to 110; C1; R5927-4.1, R5927-5.2, R5927-7.2; MUST-54 to MUST-56,
// SHLD-25, SHLD-26; ICMP-02, ICMP-05, E56.

#include <gtest/gtest.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "harness/audit.h"
#include "harness/compare.h"
#include "harness/reference/icmp_arrives.h"
#include "harness/reference/lattice.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

using reference::kPathMtu;
using reference::Octet;
using reference::OnWire;
using reference::Opened;
using reference::Tcb;

constexpr uint16_t kMtus[] = {0, 1, 67, 68, 295, 575, 576, 1280, 1499, 1500, 1501, 65535};

// All errors at all edges of what is in flight. How many were compared.
uint64_t Compare(const Tcb& tcb, const Policy& policy) {
  uint64_t cells = 0;
  for (const IcmpType type :
       {IcmpType::kUnreachable, IcmpType::kTimeExceeded, IcmpType::kParameterProblem}) {
    for (unsigned code = 0; code < 256; ++code) {
      for (const Octet seq : reference::AckEdges(tcb)) {
        for (const uint16_t mtu : kMtus) {
          IcmpError icmp;
          icmp.type = type;
          icmp.code = static_cast<uint8_t>(code);
          icmp.seq = Seq(OnWire(seq));
          icmp.mtu = mtu;
          const Verdict want = reference::IcmpArrives(tcb, icmp, policy);
          const Verdict is = reference::JudgedIcmp(tcb, icmp, policy);
          EXPECT_EQ(is, want) << Name(tcb.state) << " " << static_cast<int>(type) << "/" << code
                              << ", SND.UNA+" << seq - tcb.snd_una << ", MTU " << mtu << ": "
                              << Text(is.action) << ", " << Name(is.drop);
          if (is != want) return cells;
          ++cells;
        }
      }
    }
  }
  return cells;
}

TEST(IcmpJudgeTest, EveryErrorAtEveryEdgeIsAsTheTableSays) {
  uint64_t cells = 0;
  const std::pair<State, Opened> kStates[] = {
      {State::kSynSent, Opened::kActively},     {State::kSynReceived, Opened::kPassively},
      {State::kSynReceived, Opened::kActively}, {State::kEstablished, Opened::kPassively},
      {State::kFinWait1, Opened::kPassively},   {State::kFinWait2, Opened::kPassively},
      {State::kCloseWait, Opened::kPassively},  {State::kClosing, Opened::kPassively},
      {State::kLastAck, Opened::kPassively}};
  for (const Config& config : {Config::Default(), Config::Linux(), Config::Strict()})
    for (const auto& [state, opened] : kStates)
      for (const Tcb& tcb : reference::TcbsOf(state, opened))
        cells += Compare(tcb, config.policy);
  std::printf("ICMP: %" PRIu64 " cells compared\n", cells);
}

TEST(IcmpJudgeTest, ErrorsMeanWhatTheyMeanOnLinux) {
  for (const unsigned type : {3u, 11u, 12u}) {
    for (unsigned code = 0; code < 256; ++code) {
      IcmpError icmp;
      icmp.type = static_cast<IcmpType>(type);
      icmp.code = static_cast<uint8_t>(code);
      EXPECT_EQ(ErrnoOf(icmp), reference::IcmpMeaning(type, code)) << type << "/" << code;
    }
  }
}

// A segment of ours as a router would quote it, with a sequence number of its own choice.
Datagram Quote(const StageWorld& world, uint32_t seq) {
  TcpPacket packet;
  packet.flow = world.flow();
  packet.seq = seq;
  packet.flags = kAck;
  return packet.Seal();
}

// Incident 108, with the true errors and through Input: none ends an open connection, or one
// half open; the attempt to connect ends by the exact quote of its SYN.
TEST(IcmpJudgeTest, NoErrorEndsWhatIsOpen) {
  constexpr uint8_t kCodes[] = {0, 1, 2, 3, 4, 13};
  for (const Stage stage : AllStages()) {
    for (const uint8_t code : kCodes) {
      for (const uint32_t off : {0xffff'ffffu, 0u, 1u, 0x8000'0000u}) {
        StageWorld world(stage);
        const uint32_t una =
            IsSynchronized(StateOf(stage)) ? world.peer.ack : world.peer.their_isn;
        const Datagram error = IcmpErrorAbout(Quote(world, una + off), Addr::V4(10, 0, 0, 77),
                                              3, code, /*mtu=*/1400);
        const OwnedStack before(world.stack());
        const Verdict verdict = world.world.Inject(error);
        const bool ends = stage == Stage::kSynSent && off == 0 && (code == 2 || code == 3);
        EXPECT_EQ(StateOf(world.stack(), world.flow()), ends ? State::kClosed : StateOf(stage))
            << Name(stage) << " 3/" << int{code} << " at SND.UNA+" << off;
        EXPECT_TRUE(world.world.Take().empty());
        EXPECT_EQ(AuditText(world.stack()), "");
        if (verdict.action == Action::kDrop) {
          EXPECT_TRUE(SameButCounters(*before, world.stack())) << Name(stage);
        }
      }
    }
  }
}

// Incident 109: the floor holds, whatever is claimed, and the MTU never grows.
TEST(IcmpJudgeTest, AClaimedMtuNeverGoesBelowTheFloor) {
  for (const uint16_t mtu : kMtus) {
    StageWorld world(Stage::kEstablished);
    Stack& stack = world.stack();
    const std::vector<uint8_t> text(1460, 1);
    ASSERT_TRUE(stack.Write(world.world.now(), *world.socket, text));
    world.world.Poll();
    ASSERT_EQ(world.world.Take().size(), 1u);
    world.world.Inject(
        IcmpErrorAbout(Quote(world, world.peer.ack), Addr::V4(10, 0, 0, 77), 3, 4, mtu));
    const uint32_t first = stack.Status(*world.socket)->send_mss;
    EXPECT_EQ(first, 1460u) << "not believed before something is lost (R5927-7.2)";
    world.world.Advance(2s);
    const uint32_t floor = stack.config().policy.min_path_mtu;
    const uint32_t want = mtu == 0 || mtu >= 1500 ? 1500 : std::max<uint32_t>(mtu, floor);
    EXPECT_EQ(stack.Status(*world.socket)->send_mss, want - 40) << mtu;
    for (const Seen& seen : world.world.TakeSegments())
      EXPECT_LE(seen.text.size(), want - 40) << mtu;
  }
}

// Incident 110.
TEST(IcmpJudgeTest, SourceQuenchIsDropped) {
  StageWorld world(Stage::kFinWait1);
  const OwnedStack before(world.stack());
  EXPECT_EQ(world.world.Inject(
                IcmpErrorAbout(Quote(world, world.peer.ack), Addr::V4(10, 0, 0, 77), 4, 0)),
            Verdict(Action::kDrop, Drop::kIcmpSourceQuench));
  EXPECT_TRUE(SameButCounters(*before, world.stack()));
}

}  // namespace
}  // namespace handfast
