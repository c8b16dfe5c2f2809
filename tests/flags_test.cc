// Which flags mean what: all 64 combinations in every state, and the bits without meaning.

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr State kStates[] = {State::kClosed,      State::kListen,      State::kSynSent,
                             State::kSynReceived, State::kEstablished, State::kFinWait1,
                             State::kFinWait2,    State::kCloseWait,   State::kClosing,
                             State::kLastAck,     State::kTimeWait};

// PSH, URG, ECE, CWR and the reserved bits decide nothing.
constexpr unsigned kLoud = kFin | kSyn | kRst | kAck;
constexpr unsigned kQuiet = 0xfff & ~kLoud;

// Each scene stands where its name says.
TEST(SceneTest, ComesToItsState) {
  for (const State state : kStates) {
    Scene scene(state);
    const Tables& t = scene.world.stack().tables();
    EXPECT_EQ(t.listeners.used(),
              state == State::kClosed || state == State::kSynSent ? 0u : 1u);
    EXPECT_EQ(t.requests.used(), state == State::kSynReceived ? 1u : 0u);
    EXPECT_EQ(t.time_waits.used(), state == State::kTimeWait ? 1u : 0u);
    const bool connection = state == State::kSynSent || IsSynchronized(state);
    ASSERT_EQ(t.connections.used(), connection ? 1u : 0u) << Name(state);
    EXPECT_TRUE(!connection || state == State::kTimeWait || scene.state() == state);
    EXPECT_EQ(AuditText(scene.world.stack()), "");
  }
}

// What came of a segment. ECE is not looked at: an ECN-setup SYN asks for it.
std::string Outcome(World& world, Verdict verdict) {
  std::string text = std::string(Text(verdict.action)) + ", " + Text(verdict.drop);
  for (Seen& seen : world.TakeSegments()) {
    seen.flags &= ~unsigned{kEce};
    text += "; " + Show(seen);
  }
  return text;
}

std::string OutcomeOf(State state, unsigned flags) {
  Scene scene(state);
  const Verdict verdict = scene.peer.Say(flags);
  return Outcome(scene.world, verdict);
}

// Incidents 15 and 21: in each state, each set of flags that decide with each quiet bit
// alone and with all of them.
TEST(QuietBitsTest, DecideNothingInAnyState) {
  for (const State state : kStates)
    for (unsigned loud = 0; loud <= kLoud; ++loud) {
      if ((loud & kQuiet) != 0) continue;
      const std::string plain = OutcomeOf(state, loud);
      for (unsigned bit = 1; bit <= 0x1000; bit <<= 1) {
        const unsigned quiet = (bit == 0x1000 ? 0xfffu : bit) & kQuiet;
        ASSERT_EQ(OutcomeOf(state, loud | quiet), plain)
            << Name(state) << " " << ShowFlags(loud | quiet);
      }
    }
}

// Incident 15. R3168-a: ECE in the answer if, and only if, both ECE and CWR ask for it.
TEST(EcnSetupTest, ASynWithAnyQuietBitsIsASyn) {
  for (const Ecn ecn : {Ecn::kOff, Ecn::kAccept})
    for (unsigned quiet = 0; quiet < 0x1000; ++quiet) {
      if ((quiet & kLoud) != 0) continue;
      Config config = SmallConfig();
      config.policy.ecn = ecn;
      Scene scene(State::kListen, config);
      ASSERT_EQ(scene.peer.Say(kSyn | quiet), Verdict(Action::kQueue)) << ShowFlags(quiet);
      const auto synack = scene.world.TakeOne();
      ASSERT_TRUE(synack);
      const bool asked = (quiet & kEce) != 0 && (quiet & kCwr) != 0;
      const unsigned ece = ecn == Ecn::kAccept && asked ? kEce : 0;
      ASSERT_EQ(synack->flags, kSyn | kAck | ece) << ShowFlags(quiet);
    }
}

// RFC 9293 §3.10.7.2; a SYN with FIN is none (Incident 20). V:E01.
Verdict InListen(unsigned flags) {
  if ((flags & kRst) != 0) return {Action::kDrop, Drop::kReset};
  if ((flags & kAck) != 0) return {Action::kSendRst, Drop::kFlags};
  if ((flags & (kSyn | kFin)) == kSyn) return Action::kQueue;
  return {Action::kDrop, Drop::kFlags};
}

// Incident 21: all 4,096 values of the field.
TEST(FlagTableTest, InListen) {
  for (unsigned flags = 0; flags < 0x1000; ++flags) {
    Scene scene(State::kListen);
    TcpPacket packet = scene.peer.Make(flags, Text(0, 3));
    packet.ack = 7777;
    const Verdict verdict = scene.world.Inject(packet);
    ASSERT_EQ(verdict, InListen(flags)) << ShowFlags(flags);
    const std::vector<Seen> out = scene.world.TakeSegments();
    ASSERT_EQ(out.size(), verdict.action == Action::kDrop ? 0u : 1u);
    if (verdict.action == Action::kSendRst) {
      EXPECT_EQ(out[0].flags, unsigned{kRst});
      EXPECT_EQ(out[0].seq, 7777u);
    }
    ASSERT_EQ(scene.world.stack().tables().requests.used(),
              verdict.action == Action::kQueue ? 1u : 0u);
  }
}

// Incident 21. RFC 9293 §3.10.7.1: RST is silent, all else is reset. V:E01.
TEST(FlagTableTest, InClosed) {
  World world;
  for (unsigned flags = 0; flags < 0x1000; ++flags) {
    TcpPacket packet = HandPeer(world, kHttp).Make(flags, Text(0, 3));
    packet.ack = 7777;
    const Verdict verdict = world.Inject(packet);
    const auto out = world.TakeSegments();
    if ((flags & kRst) != 0) {
      ASSERT_EQ(verdict, Verdict(Action::kDrop, Drop::kNoSocket));
      ASSERT_TRUE(out.empty());
      continue;
    }
    ASSERT_EQ(verdict, Verdict(Action::kSendRst, Drop::kNoSocket)) << ShowFlags(flags);
    ASSERT_EQ(out.size(), 1u);
    const uint32_t length = 3 + ((flags & kSyn) != 0 ? 1 : 0) + ((flags & kFin) != 0 ? 1 : 0);
    const bool acked = (flags & kAck) != 0;
    EXPECT_EQ(out[0].flags, acked ? kRst : kRst | kAck);
    EXPECT_EQ(out[0].seq, acked ? 7777u : 0u);
    EXPECT_EQ(out[0].ack, acked ? 0u : packet.seq + length);
  }
}

// RFC 9293 §3.10.7.4, at RCV.NXT and with a good ACK; a SYN in the window returns the
// passive half-open to LISTEN (Fourth).
Verdict InSynReceived(unsigned flags) {
  if ((flags & kRst) != 0) return Action::kForget;
  if ((flags & kSyn) != 0) return {Action::kForget, Drop::kInvalidSyn};
  if ((flags & kAck) == 0) return {Action::kDrop, Drop::kAckMissing};
  return Action::kEstablish;
}

// Incident 21. Incident 22: no RST, with whatever else, completes a handshake.
TEST(FlagTableTest, InSynReceived) {
  for (unsigned flags = 0; flags < 64; ++flags) {
    Scene scene(State::kSynReceived);
    ASSERT_EQ(scene.peer.Say(flags), InSynReceived(flags)) << ShowFlags(flags);
    ASSERT_EQ(AuditText(scene.world.stack()), "");
    const bool open = InSynReceived(flags) == Verdict(Action::kEstablish);
    const uint32_t accepted = open ? 1 : 0;
    ASSERT_EQ(scene.world.stack().Status(scene.listener)->accept_queue, accepted);
    ASSERT_TRUE(open || scene.world.Take().empty()) << ShowFlags(flags);
  }
}

// RFC 9293 §3.10.7.3, with a good ACK.
Verdict InSynSent(unsigned flags) {
  const bool ack = (flags & kAck) != 0;
  if ((flags & kRst) != 0)
    return ack ? Verdict(Action::kReset) : Verdict{Action::kDrop, Drop::kReset};
  if ((flags & kSyn) == 0) return {Action::kDrop, Drop::kFlags};
  return ack ? Action::kEstablish : Action::kCross;
}

// Incident 21.
TEST(FlagTableTest, InSynSent) {
  for (unsigned flags = 0; flags < 64; ++flags) {
    Scene scene(State::kSynSent);
    ASSERT_EQ(scene.peer.Say(flags), InSynSent(flags)) << ShowFlags(flags);
    ASSERT_EQ(AuditText(scene.world.stack()), "");
  }
}

// RFC 9293 §3.10.7.4, at RCV.NXT and with a good ACK: RST, SYN (RFC 5961 §4.2), ACK.
Verdict InSynchronized(State state, unsigned flags) {
  if ((flags & kRst) != 0) return Action::kReset;
  if ((flags & kSyn) != 0) return {Action::kChallenge, Drop::kInvalidSyn};
  if ((flags & kAck) == 0) return {Action::kDrop, Drop::kAckMissing};
  const bool fin_again =
      (flags & kFin) != 0 && (state == State::kCloseWait || state == State::kClosing);
  return {Action::kAccept, fin_again ? Drop::kDuplicate : Drop::kNone};
}

// Incident 21. Incident 23: what has no ACK is nothing.
TEST(FlagTableTest, InSynchronizedStates) {
  for (const State state : kStates) {
    if (!IsSynchronized(state) || state == State::kTimeWait) continue;
    for (unsigned flags = 0; flags < 64; ++flags) {
      Scene scene(state);
      ASSERT_EQ(scene.peer.Say(flags), InSynchronized(state, flags))
          << Name(state) << " " << ShowFlags(flags);
      ASSERT_EQ(AuditText(scene.world.stack()), "");
      const bool nothing = (flags & (kRst | kSyn | kAck)) == 0;
      ASSERT_TRUE(!nothing || scene.world.Take().empty());
    }
  }
}

// Incident 21. TIME-WAIT outlives all that comes at RCV.NXT, and never resets.
TEST(FlagTableTest, InTimeWait) {
  for (unsigned flags = 0; flags < 64; ++flags) {
    Scene scene(State::kTimeWait);
    scene.peer.Say(flags);
    ASSERT_EQ(scene.world.stack().tables().time_waits.used(), 1u) << ShowFlags(flags);
    ASSERT_EQ(scene.world.stack().tables().requests.used(), 0u) << ShowFlags(flags);
    for (const Seen& seen : scene.world.TakeSegments()) ASSERT_EQ(seen.flags, unsigned{kAck});
    ASSERT_EQ(AuditText(scene.world.stack()), "");
  }
}

// Incident 20: a flood of SYN with FIN takes no memory and gets no answer.
TEST(SynFinTest, AFloodTakesNothing) {
  Scene scene(State::kListen);
  const auto before = Snapshot(scene.world.stack());
  const Datagram datagram = scene.peer.Make(kSyn | kFin).Seal();
  const std::vector<Bytes> burst(100, Bytes(datagram));
  OwnedTxBurst tx(4, 1500);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(scene.world.stack().Input(scene.world.now(), burst, tx), burst.size());
    ASSERT_TRUE(tx.empty());
  }
  EXPECT_EQ(scene.world.stack().counters()[Drop::kFlags], 100'000u);
  EXPECT_EQ(Snapshot(scene.world.stack()), before);
}

// Incident 22: a RST never completes a handshake, whatever it acknowledges.
TEST(RstAckTest, DoesNotCompleteAHandshake) {
  for (const uint32_t ahead : {0u, 1u, 1000u, ~0u}) {
    Scene scene(State::kSynReceived);
    TcpPacket packet = scene.peer.Make(kRst | kAck);
    packet.seq += ahead;
    scene.world.Inject(packet);
    EXPECT_EQ(scene.world.stack().Status(scene.listener)->accept_queue, 0u);
    for (const Seen& seen : scene.world.TakeSegments()) EXPECT_FALSE(seen.has(kRst));
  }
  Scene scene(State::kListen);
  TcpPacket packet = scene.peer.Make(kRst | kAck);
  EXPECT_EQ(scene.world.Inject(packet), Verdict(Action::kDrop, Drop::kReset));
  EXPECT_TRUE(scene.world.Take().empty());
}

// Incident 23.
TEST(NoFlagsTest, TextWithoutAckIsNotText) {
  Scene scene;
  TcpPacket packet = scene.peer.Make(0, Text(0, 10));
  EXPECT_EQ(scene.world.Inject(packet), Verdict(Action::kDrop, Drop::kAckMissing));
  EXPECT_TRUE(scene.world.ReadAll(scene.socket).empty());
  scene.peer.Say(kAck, Text(0, 10));
  EXPECT_EQ(scene.world.ReadAll(scene.socket), Text(0, 10));
}

// Incident 13: whoever writes flags as text writes all 4,096 of them.
TEST(ShowFlagsTest, IsTotal) {
  Seen seen;
  for (seen.flags = 0; seen.flags < 0x1000; ++seen.flags) {
    const std::string text = ShowFlags(seen.flags);
    EXPECT_EQ(text.empty(), false);
    EXPECT_LE(text.size(), 9u);
    for (unsigned bit = 1; bit < 0x100; bit <<= 1) {
      const char letter = "FSRP.UEW"[std::countr_zero(bit)];
      ASSERT_EQ(text.find(letter) != std::string::npos, (seen.flags & bit) != 0) << text;
    }
    ASSERT_EQ(Show(seen).substr(0, text.size()), text);
  }
}

}  // namespace
}  // namespace handfast
