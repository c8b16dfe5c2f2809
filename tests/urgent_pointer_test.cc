// URG and the urgent pointer: read by nobody, so that they can do no harm. Text is text,
// wherever the pointer points (RFC 9293 §3.8.5, MUST-30, MUST-31).

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr uint16_t kPointers[] = {0, 1, 2, 9, 10, 11, 12, 0x7fff, 0x8000, 0xfffe, 0xffff};

TcpPacket Urgent(const HandPeer& peer, unsigned flags, std::vector<uint8_t> text,
                 uint16_t pointer) {
  TcpPacket packet = peer.Make(flags | kUrg, std::move(text));
  packet.urgent = pointer;
  return packet;
}

// Incidents 17 and 18: 0, inside, at the end, beyond it, at the end of the space.
TEST(UrgentPointerTest, TheTextIsDeliveredWhereverThePointerPoints) {
  for (const size_t length : {0u, 1u, 10u})
    for (const uint16_t pointer : kPointers) {
      Scene scene;
      const Verdict verdict =
          scene.world.Inject(Urgent(scene.peer, kAck, Text(0, length), pointer));
      EXPECT_EQ(verdict, Verdict(Action::kAccept));
      scene.peer.seq += static_cast<uint32_t>(length);
      scene.peer.Say(kAck, Text(length, 5));
      EXPECT_EQ(scene.world.ReadAll(scene.socket), Text(0, length + 5)) << pointer;
      EXPECT_EQ(AuditText(scene.world.stack()), "");
    }
}

// Incident 17: text out of order, with a pointer into what is not there yet.
TEST(UrgentPointerTest, ThePointerMayPointIntoAGap) {
  for (const uint16_t pointer : kPointers) {
    Scene scene;
    TcpPacket beyond = Urgent(scene.peer, kAck, Text(5, 5), pointer);
    beyond.seq += 5;
    scene.world.Inject(beyond);
    scene.world.Inject(Urgent(scene.peer, kAck, Text(0, 5), pointer));
    EXPECT_EQ(scene.world.ReadAll(scene.socket), Text(0, 10));
  }
}

// Incident 18: on SYN, SYN-ACK and FIN.
TEST(UrgentPointerTest, OnSegmentsOfTheHandshakeAndTheCloseItIsNothing) {
  for (const uint16_t pointer : kPointers) {
    Scene listening(State::kListen);
    HandPeer& peer = listening.peer;
    EXPECT_EQ(listening.world.Inject(Urgent(peer, kSyn, {}, pointer)), Verdict(Action::kQueue));
    peer.seq += 1;
    peer.Hear(*listening.world.TakeOne());
    EXPECT_EQ(listening.world.Inject(Urgent(peer, kAck, {}, pointer)),
              Verdict(Action::kEstablish));
    EXPECT_EQ(listening.world.Inject(Urgent(peer, kFin | kAck, Text(0, 3), pointer)),
              Verdict(Action::kAccept));
    const auto socket =
        listening.world.stack().Accept(listening.world.now(), listening.listener);
    ASSERT_TRUE(socket);
    EXPECT_EQ(listening.world.stack().Status(*socket)->state, State::kCloseWait);
    EXPECT_EQ(listening.world.ReadAll(*socket), Text(0, 3));

    Scene connecting(State::kSynSent);
    EXPECT_EQ(connecting.world.Inject(Urgent(connecting.peer, kSyn | kAck, {}, pointer)),
              Verdict(Action::kEstablish));
  }
}

// Incident 18: in each state there is some verdict, and the stack goes on.
TEST(UrgentPointerTest, InAnyStateItIsSurvived) {
  for (const State state :
       {State::kClosed, State::kFinWait1, State::kFinWait2, State::kCloseWait, State::kClosing,
        State::kLastAck, State::kTimeWait, State::kSynReceived})
    for (const uint16_t pointer : kPointers)
      for (const size_t length : {0u, 1u, 10u}) {
        Scene scene(state);
        scene.world.Inject(Urgent(scene.peer, kAck, Text(0, length), pointer));
        EXPECT_EQ(AuditText(scene.world.stack()), "") << Name(state);
      }
}

// Incident 19: each read gives text, an end, or "not now"; a reader comes to an end.
TEST(UrgentPointerTest, AReaderIsNotHeldUp) {
  Scene scene;
  scene.world.Inject(Urgent(scene.peer, kAck, Text(0, 1), 1));
  std::vector<uint8_t> got;
  int reads = 0;
  for (; reads < 10; ++reads) {
    uint8_t octet;
    const auto count = scene.world.stack().Read(scene.world.now(), scene.socket, {&octet, 1});
    if (!count) {
      EXPECT_EQ(count.error(), Errno::kAgain);
      break;
    }
    ASSERT_EQ(*count, 1u);
    got.push_back(octet);
  }
  EXPECT_EQ(got, Text(0, 1));
  EXPECT_EQ(reads, 1);
}

}  // namespace
}  // namespace handfast
