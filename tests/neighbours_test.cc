// The table of neighbours: whom it believes, what it keeps, and what it forgets.

#include <gtest/gtest.h>

#include <vector>

#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "stack/link/ethernet.h"

namespace handfast {
namespace {

constexpr Mac kOurMac{{2, 0, 0, 0, 0, 1}};
constexpr Addr kUs = Addr::V4(10, 0, 0, 1);
constexpr Addr kGateway = Addr::V4(10, 0, 0, 254);
constexpr Addr kFar = Addr::V4(192, 0, 2, 9);

constexpr Addr Host(unsigned number) { return Addr::V4(0x0a000000 + number); }
constexpr Mac MacOf(unsigned number) {
  return Mac{{2, 0, 0, 0, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)}};
}

EthernetConfig OnLink() {
  EthernetConfig config;
  config.mac = kOurMac;
  config.local = {kUs, 24};
  config.gateway = kGateway;
  return config;
}

// A datagram of ours that can be told from others.
Datagram From(const Addr& to, uint16_t number, size_t length = 40) {
  std::vector<uint8_t> payload(length - 20, 0);
  StoreBe16(payload.data(), number);
  return SealIpv4(kUs, to, kProtocolTcp, payload);
}

std::vector<Datagram> FramesOf(const TxBurst& burst) {
  std::vector<Datagram> frames;
  for (size_t i = 0; i < burst.size(); ++i)
    frames.emplace_back(burst[i].begin(), burst[i].end());
  return frames;
}

class Neighbours : public testing::Test {
 protected:
  explicit Neighbours(const EthernetConfig& config = OnLink()) : link(config) {}

  // A frame comes in; what it provoked is in `out`.
  Ethernet::Received Hear(const Datagram& frame) {
    OwnedTxBurst burst(32, 2100);
    const ExactBytes exact(frame);
    const Ethernet::Received received = link.Input(now, exact, burst);
    out = FramesOf(burst);
    return Ethernet::Received{std::nullopt, received.drop};
  }
  Ethernet::Received Hear(const Arp& arp, const Mac& to = kOurMac) {
    Datagram payload(Arp::kLength);
    arp.Emit(payload.data());
    return Hear(SealEthernet(to, arp.sender_mac, kEtherTypeArp, payload));
  }
  Drop Reply(const Addr& sender, const Mac& mac) {
    return Hear({Arp::Operation::kReply, mac, sender, kOurMac, kUs}).drop;
  }

  // The frame of a datagram if it leaves now, and else empty; questions are in `out`.
  Datagram Send(const Datagram& datagram) {
    OwnedTxBurst burst(4, 4000), questions(80, 64);
    const MutableBytes memory = burst.Open(datagram.size());
    std::copy(datagram.begin(), datagram.end(), memory.begin());
    burst.Close(datagram.size());
    const std::optional<Bytes> frame = link.Output(now, burst, 0, questions);
    out = FramesOf(questions);
    return frame ? Datagram(frame->begin(), frame->end()) : Datagram();
  }

  void Expire() {
    OwnedTxBurst burst(80, 64);
    link.Expire(now, burst);
    out = FramesOf(burst);
  }
  // Stops at each deadline. How many frames left meanwhile.
  size_t Advance(Duration duration) {
    const Instant until = now + duration;
    size_t frames = 0;
    while (link.next_deadline() <= until) {
      now = link.next_deadline();
      Expire();
      frames += out.size();
    }
    now = until;
    return frames;
  }

  void Learn(const Addr& addr, const Mac& mac) {
    ASSERT_TRUE(Send(From(addr, 0)).empty());
    ASSERT_EQ(Reply(addr, mac), Drop::kNone);
  }

  static Datagram Framed(const Mac& to, const Datagram& datagram) {
    return SealEthernet(to, kOurMac, kEtherTypeIpv4, datagram);
  }
  static Datagram Question(const Addr& about, const Mac& to = kBroadcastMac) {
    Datagram payload(Arp::kLength);
    Arp{Arp::Operation::kRequest, kOurMac, kUs, Mac{}, about}.Emit(payload.data());
    return SealEthernet(to, kOurMac, kEtherTypeArp, payload);
  }

  Ethernet link;
  Instant now{1'000'000'000};
  std::vector<Datagram> out;
};

using List = std::vector<Datagram>;

// I-83. R1122-2.3.2.2: the first datagram survives the question, and so do those after it,
// each once, in order.
TEST_F(Neighbours, WhatWaitedLeavesInOrderOnce) {
  const Datagram first = From(Host(2), 1);
  EXPECT_TRUE(Send(first).empty());
  EXPECT_EQ(out, List{Question(Host(2))});
  for (uint16_t i = 2; i <= 5; ++i) {
    EXPECT_TRUE(Send(From(Host(2), i)).empty());
    EXPECT_TRUE(Send(From(Host(3), i)).empty());
    EXPECT_EQ(out.size(), i == 2 ? 1u : 0u) << "one question for each neighbour";
  }
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);
  List expected;
  for (uint16_t i = 1; i <= 5; ++i) expected.push_back(Framed(MacOf(2), From(Host(2), i)));
  EXPECT_EQ(out, expected);
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kArpUnsolicited);
  EXPECT_TRUE(out.empty()) << "not a second time";
  EXPECT_EQ(Send(From(Host(2), 6)), Framed(MacOf(2), From(Host(2), 6)));
  EXPECT_EQ(link.counters().pending_dropped, 0u);
}

// Incident 115, I-83: what waits is bounded; what finds no room is dropped and counted.
TEST_F(Neighbours, NotMoreWaitThanThereIsRoomFor) {
  for (uint16_t i = 0; i < 1000; ++i) Send(From(Host(2), i));
  EXPECT_EQ(link.counters().pending_dropped, 1000u - Ethernet::kPending);
  Send(From(Host(3), 1, Ethernet::kMaxDatagram + 1));
  EXPECT_EQ(link.counters().pending_dropped, 1001u - Ethernet::kPending);
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);
  ASSERT_EQ(out.size(), Ethernet::kPending);
  for (uint16_t i = 0; i < Ethernet::kPending; ++i)
    EXPECT_EQ(out[i], Framed(MacOf(2), From(Host(2), i)));
}

// A question is asked again each second, three times in all; then what waited is dropped,
// and the next datagram asks anew.
TEST_F(Neighbours, WhoDoesNotAnswerIsGivenUp) {
  Send(From(Host(2), 1));
  EXPECT_EQ(link.next_deadline(), now + 1s);
  EXPECT_EQ(Advance(999ms), 0u);
  EXPECT_EQ(Advance(1ms), 1u);
  EXPECT_EQ(out, List{Question(Host(2))});
  EXPECT_EQ(Advance(1s), 1u);
  EXPECT_EQ(Advance(1s), 0u);
  EXPECT_EQ(link.counters().requests_sent, 3u);
  EXPECT_EQ(link.counters().pending_dropped, 1u);
  EXPECT_TRUE(link.next_deadline().never());
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kArpUnsolicited) << "too late";
  EXPECT_FALSE(link.Find(Host(2)));
  Send(From(Host(2), 2));
  EXPECT_EQ(out, List{Question(Host(2))});
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);
  EXPECT_EQ(out, List{Framed(MacOf(2), From(Host(2), 2))}) << "and not the first";
}

// Incident 115, I-83: a million replies that nobody asked for teach nothing, and change
// nothing of what is known.
TEST_F(Neighbours, AFloodOfRepliesTeachesNothing) {
  Learn(Host(2), MacOf(2));
  Send(From(Host(3), 1));
  for (unsigned i = 0; i < 1'000'000; ++i) {
    const unsigned host = 2 + i % 253;
    if (host == 3) continue;
    Datagram payload(Arp::kLength);
    Arp{Arp::Operation::kReply, MacOf(2 + i % 60'000), Host(host), kOurMac, kUs}.Emit(
        payload.data());
    const Datagram frame = SealEthernet(kOurMac, MacOf(2 + i % 60'000), kEtherTypeArp, payload);
    OwnedTxBurst none(0, 0);
    ASSERT_EQ(link.Input(now, frame, none).drop, Drop::kArpUnsolicited);
  }
  EXPECT_EQ(link.Find(Host(2)), MacOf(2));
  EXPECT_FALSE(link.Find(Host(3)));
  for (unsigned host = 4; host < 255; ++host) EXPECT_FALSE(link.Find(Host(host)));
  EXPECT_EQ(Reply(Host(3), MacOf(3)), Drop::kNone) << "who was asked is still heard";
}

// Requests teach nothing, whoever they are for; those for our address are answered, to the
// station that asked (RFC 826, RFC 5227 §1.1: probes, too).
TEST_F(Neighbours, RequestsAreAnsweredAndTeachNothing) {
  for (const Addr asker : {Host(7), Addr::AnyV4()}) {
    EXPECT_EQ(Hear({Arp::Operation::kRequest, MacOf(7), asker, Mac{}, kUs}, kBroadcastMac).drop,
              Drop::kNone);
    ASSERT_EQ(out.size(), 1u);
    const auto view = EthernetView::Of(out[0]);
    EXPECT_EQ(view->destination, MacOf(7));
    const Arp answer{Arp::Operation::kReply, kOurMac, kUs, MacOf(7), asker};
    EXPECT_EQ(Arp::Parse(view->payload), answer);
  }
  EXPECT_FALSE(link.Find(Host(7)));
  EXPECT_EQ(
      Hear({Arp::Operation::kRequest, MacOf(7), Host(7), Mac{}, Host(8)}, kBroadcastMac).drop,
      Drop::kArpNotForUs);
  EXPECT_TRUE(out.empty());
  EXPECT_TRUE(link.next_deadline().never());
}

// Incident 115: "gratuitous" ARP moves no entry, the gateway's least of all.
TEST_F(Neighbours, GratuitousArpMovesNothing) {
  Learn(kGateway, MacOf(254));
  for (const Arp::Operation operation : {Arp::Operation::kRequest, Arp::Operation::kReply}) {
    const Arp gratuitous{operation, MacOf(66), kGateway, kBroadcastMac, kGateway};
    EXPECT_EQ(Hear(gratuitous, kBroadcastMac).drop, Drop::kArpNotForUs);
  }
  EXPECT_EQ(Reply(kGateway, MacOf(66)), Drop::kArpUnsolicited);
  EXPECT_EQ(Send(From(kFar, 1)), Framed(MacOf(254), From(kFar, 1)));
}

// Incident 115. RFC 5227 §2.4: who claims our address is counted, and gets nothing.
TEST_F(Neighbours, AClaimOfOurAddressIsAConflict) {
  for (const Arp::Operation operation : {Arp::Operation::kRequest, Arp::Operation::kReply})
    EXPECT_EQ(Hear({operation, MacOf(66), kUs, kOurMac, kUs}).drop, Drop::kArpConflict);
  EXPECT_EQ(link.counters().drops[static_cast<size_t>(Drop::kArpConflict)], 2u);
  EXPECT_TRUE(out.empty());
}

// Incident 115: a sender that cannot be a neighbour, even where there was a question.
TEST_F(Neighbours, ASenderIsAUnicastStationOfThisLink) {
  for (const Addr sender :
       {Addr::AnyV4(), Addr::V4(10, 0, 0, 255), Addr::V4(10, 0, 0, 0),
        Addr::V4(255, 255, 255, 255), Addr::V4(224, 0, 0, 1), kFar, Addr::V4(127, 0, 0, 1)})
    EXPECT_EQ(Reply(sender, MacOf(66)), Drop::kArpSender) << std::hex << sender.v4();
  Send(From(Host(2), 1));
  for (const Mac& mac : {kBroadcastMac, Mac{{1, 0, 0x5e, 0, 0, 1}}, kOurMac}) {
    Datagram payload(Arp::kLength);
    Arp{Arp::Operation::kReply, mac, Host(2), kOurMac, kUs}.Emit(payload.data());
    EXPECT_EQ(Hear(SealEthernet(kOurMac, MacOf(2), kEtherTypeArp, payload)).drop,
              Drop::kArpSender);
  }
  EXPECT_FALSE(link.Find(Host(2)));
}

// R1122-2.3.2.1: what is not used is forgotten.
TEST_F(Neighbours, WhatIsNotUsedIsForgotten) {
  Learn(Host(2), MacOf(2));
  Advance(30s);
  EXPECT_EQ(out, List{Question(Host(2), MacOf(2))}) << "the datagram that waited was a use";
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);
  EXPECT_EQ(Advance(30s - 1ms), 0u);
  EXPECT_TRUE(link.Find(Host(2)));
  EXPECT_EQ(Advance(1ms), 0u);
  EXPECT_FALSE(link.Find(Host(2)));
  EXPECT_TRUE(link.next_deadline().never());
}

// I-83: what is used is confirmed by asking that very station; nobody else is heard
// meanwhile, and datagrams go on.
TEST_F(Neighbours, WhatIsUsedIsConfirmedBeforeItIsReplaced) {
  Learn(Host(2), MacOf(2));
  Advance(30s);
  ASSERT_EQ(out, List{Question(Host(2), MacOf(2))});
  EXPECT_EQ(Reply(Host(2), MacOf(66)), Drop::kArpUnsolicited);
  EXPECT_EQ(Send(From(Host(2), 5)), Framed(MacOf(2), From(Host(2), 5)));
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kArpUnsolicited) << "the question is closed";
  EXPECT_EQ(link.Find(Host(2)), MacOf(2));
}

TEST_F(Neighbours, AStationThatHasMovedIsFoundAgain) {
  Learn(Host(2), MacOf(2));
  EXPECT_EQ(Advance(32s), 3u) << "it is asked three times";
  EXPECT_EQ(Send(From(Host(2), 5)), Framed(MacOf(2), From(Host(2), 5)));
  EXPECT_EQ(Advance(1s), 0u);
  EXPECT_FALSE(link.Find(Host(2)));
  EXPECT_TRUE(Send(From(Host(2), 6)).empty());
  EXPECT_EQ(out, List{Question(Host(2))});
  EXPECT_EQ(Reply(Host(2), MacOf(3)), Drop::kNone);
  EXPECT_EQ(out, List{Framed(MacOf(3), From(Host(2), 6))});
}

// Incident 115: the table is bounded. Who is only known makes room, the longest known
// first; who is in use or was asked for just now does not.
TEST_F(Neighbours, AFullTableForgetsWhoIsNotInUse) {
  for (unsigned i = 0; i < Ethernet::kNeighbours; ++i) {
    Learn(Host(2 + i), MacOf(2 + i));
    now = now + 1ms;
  }
  Send(From(Host(100), 1));
  EXPECT_EQ(link.counters().table_full, 1u) << "each has sent what waited: all are in use";
  EXPECT_TRUE(out.empty());
  Advance(30s);
  for (unsigned i = 0; i < Ethernet::kNeighbours; ++i)
    EXPECT_EQ(Reply(Host(2 + i), MacOf(2 + i)), Drop::kNone);
  for (unsigned i = 0; i < Ethernet::kNeighbours; ++i)
    if (i != 5 && i != 9) Send(From(Host(2 + i), 1));
  for (const unsigned newcomer : {100u, 101u}) {
    EXPECT_TRUE(Send(From(Host(newcomer), 1)).empty());
    EXPECT_EQ(out, List{Question(Host(newcomer))});
  }
  EXPECT_FALSE(link.Find(Host(7)) || link.Find(Host(11)));
  EXPECT_EQ(link.Find(Host(2)), MacOf(2));
  Send(From(Host(102), 1));
  EXPECT_EQ(link.counters().table_full, 2u);
}

// I-31: who does not answer at once makes room, and not who is known: questions about
// addresses that nobody has, one for each SYN that was made up, keep nobody else out for long.
TEST_F(Neighbours, AFullTableForgetsWhoDoesNotAnswer) {
  Learn(Host(2), MacOf(2));
  Advance(30s);
  ASSERT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);  // known, and not in use
  for (unsigned i = 1; i < Ethernet::kNeighbours; ++i) Send(From(Host(100 + i), 1));
  now = now + 100ms;
  Learn(Host(3), MacOf(3));
  EXPECT_TRUE(link.Find(Host(2)));
  EXPECT_EQ(Reply(Host(101), MacOf(101)), Drop::kArpUnsolicited) << "forgotten";
  EXPECT_EQ(link.counters().pending_dropped, Ethernet::kNeighbours - Ethernet::kPending)
      << "what waited for him is lost, too";
  EXPECT_FALSE(link.TakeUndelivered()) << "and nobody is told that he cannot be reached";
}

// What is beyond the subnet goes to the gateway, all of it.
TEST_F(Neighbours, FarPeersAreBehindTheGateway) {
  EXPECT_TRUE(Send(From(kFar, 1)).empty());
  EXPECT_EQ(out, List{Question(kGateway)});
  EXPECT_TRUE(Send(From(Addr::V4(10, 0, 1, 0), 2)).empty());
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(Reply(kGateway, MacOf(254)), Drop::kNone);
  EXPECT_EQ(out, (List{Framed(MacOf(254), From(kFar, 1)),
                       Framed(MacOf(254), From(Addr::V4(10, 0, 1, 0), 2))}));
  EXPECT_FALSE(link.Find(kFar));
}

class Islanders : public Neighbours {
 protected:
  static EthernetConfig WithoutGateway() {
    EthernetConfig config = OnLink();
    config.gateway = Addr{};
    return config;
  }
  Islanders() : Neighbours(WithoutGateway()) {}
};

TEST_F(Islanders, HaveNoRouteBeyondTheSubnet) {
  EXPECT_TRUE(Send(From(kFar, 1)).empty());
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(link.counters().no_route, 1u);
  EXPECT_TRUE(link.next_deadline().never());
  EXPECT_TRUE(Send(From(Host(2), 1)).empty());
  EXPECT_EQ(out, List{Question(Host(2))});
}

class Patient : public Neighbours {
 protected:
  static EthernetConfig WithManyQuestions() {
    EthernetConfig config = OnLink();
    config.questions = 300;
    return config;
  }
  Patient() : Neighbours(WithManyQuestions()) {}
};

// However many questions there may be, each answer is heard, and there is a last question.
TEST_F(Patient, ManyQuestionsAreCountedToTheEnd) {
  Send(From(Host(2), 1));
  EXPECT_EQ(Advance(255s), 255u);
  EXPECT_EQ(Reply(Host(2), MacOf(2)), Drop::kNone);
  Send(From(Host(3), 1));
  EXPECT_EQ(Advance(300s), 299u + 271u) << "the silent one; and from 30 s on, the other";
  EXPECT_EQ(link.counters().pending_dropped, 1u);
}

// A burst without room loses what it cannot take, as a wire would, and counts it.
TEST_F(Neighbours, WithoutRoomItIsAsIfLost) {
  OwnedTxBurst none(0, 0), one(1, 100);
  Send(From(Host(2), 1));
  Send(From(Host(2), 2));
  Datagram payload(Arp::kLength);
  Arp{Arp::Operation::kReply, MacOf(2), Host(2), kOurMac, kUs}.Emit(payload.data());
  EXPECT_EQ(link.Input(now, SealEthernet(kOurMac, MacOf(2), kEtherTypeArp, payload), one).drop,
            Drop::kNone);
  EXPECT_EQ(FramesOf(one), List{Framed(MacOf(2), From(Host(2), 1))});
  EXPECT_EQ(link.counters().pending_dropped, 1u);
  now = now + 30s;
  link.Expire(now, none);
  EXPECT_EQ(link.next_deadline(), now + 1s) << "it is asked again";
}

}  // namespace
}  // namespace handfast
