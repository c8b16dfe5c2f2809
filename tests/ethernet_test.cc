// Frames: which are ours, and ARP as bytes.

#include "stack/link/ethernet.h"

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/owned_stack.h"
#include "harness/packet.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

constexpr Mac kOurMac{{2, 0, 0, 0, 0, 1}};
constexpr Mac kTheirMac{{2, 0, 0, 0, 0, 2}};
constexpr Arp kRequest{Arp::Operation::kRequest, kTheirMac, Addr::V4(10, 0, 0, 2), Mac{},
                       Addr::V4(10, 0, 0, 1)};

Datagram Bytes28(const Arp& arp) {
  Datagram bytes(Arp::kLength);
  arp.Emit(bytes.data());
  return bytes;
}

struct Station {
  Station()
      : link([] {
          EthernetConfig config;
          config.mac = kOurMac;
          config.local = {Addr::V4(10, 0, 0, 1), 24};
          return config;
        }()) {}
  Drop Hear(const Datagram& frame) {
    const ExactBytes exact(frame);
    tx.Clear();
    const Ethernet::Received received = link.Input(Instant(5), exact, tx);
    EXPECT_EQ(received.drop != Drop::kNone && received.datagram.has_value(), false);
    EXPECT_EQ(AuditText(link), "");
    datagram.reset();
    if (received.datagram)
      datagram = Datagram(received.datagram->begin(), received.datagram->end());
    return received.drop;
  }
  Ethernet link;
  OwnedTxBurst tx{4, 100};
  std::optional<Datagram> datagram;
};

// RFC 826, octet for octet.
TEST(ArpTest, AQuestionAndItsAnswerAsBytes) {
  EXPECT_EQ(Bytes28(kRequest), (Datagram{0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 2,
                                         10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1}));
  Station station;
  EXPECT_EQ(
      station.Hear(SealEthernet(kBroadcastMac, kTheirMac, kEtherTypeArp, Bytes28(kRequest))),
      Drop::kNone);
  ASSERT_EQ(station.tx.size(), 1u);
  const Datagram answer(station.tx[0].begin(), station.tx[0].end());
  EXPECT_EQ(answer,
            (Datagram{2, 0, 0, 0, 0, 2, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                      2, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2}));
}

// I-76: what was emitted reads as it was meant, and each octet was written.
TEST(ArpTest, ReadsWhatItWrites) {
  SimRng rng(1);
  for (int round = 0; round < 5000; ++round) {
    Arp arp;
    arp.operation = rng.Chance(500) ? Arp::Operation::kRequest : Arp::Operation::kReply;
    rng.Fill(arp.sender_mac.octets);
    rng.Fill(arp.target_mac.octets);
    arp.sender = Addr::V4(static_cast<uint32_t>(rng.Next()));
    arp.target = Addr::V4(static_cast<uint32_t>(rng.Next()));
    Datagram zeros(28, 0x00), ones(28, 0xff);
    arp.Emit(zeros.data());
    arp.Emit(ones.data());
    ASSERT_EQ(zeros, ones);
    ASSERT_EQ(Arp::Parse(ExactBytes(zeros)), arp);
  }
}

// Incident 115: lengths 0 to 60; hardware, protocol, their lengths, and the operation.
TEST(ArpTest, OnlyEthernetForIpv4OfFullLengthIsRead) {
  for (size_t length = 0; length <= 60; ++length) {
    Datagram bytes = Bytes28(kRequest);
    bytes.resize(length, 0x55);
    EXPECT_EQ(Arp::Parse(ExactBytes(bytes)).has_value(), length >= 28) << length;
    Station station;
    EXPECT_EQ(station.Hear(SealEthernet(kBroadcastMac, kTheirMac, kEtherTypeArp, bytes)),
              length >= 28 ? Drop::kNone : Drop::kArpMalformed);
    EXPECT_EQ(station.tx.size(), length >= 28 ? 1u : 0u);
  }
  for (size_t at = 0; at < 8; ++at)
    for (unsigned octet = 0; octet < 256; ++octet) {
      Datagram bytes = Bytes28(kRequest);
      if (bytes[at] == octet) continue;
      bytes[at] = static_cast<uint8_t>(octet);
      EXPECT_EQ(Arp::Parse(bytes).has_value(), at == 7 && octet == 2) << at << ": " << octet;
    }
}

// A frame shorter than its header is none, and is not read beyond its end.
TEST(FrameTest, AFrameHasAHeader) {
  Station station;
  const Datagram frame = SealEthernet(kOurMac, kTheirMac, kEtherTypeIpv4, {});
  for (size_t length = 0; length < frame.size(); ++length)
    EXPECT_EQ(station.Hear(Datagram(frame.begin(), frame.begin() + static_cast<long>(length))),
              Drop::kFrameTooShort);
  EXPECT_EQ(station.Hear(frame), Drop::kNone);
  ASSERT_TRUE(station.datagram);
  EXPECT_TRUE(station.datagram->empty());
  EXPECT_EQ(station.link.counters().drops[static_cast<size_t>(Drop::kFrameTooShort)], 14u);
}

TEST(FrameTest, CarriesItsDatagramPaddingIncluded) {
  Station station;
  const Datagram payload = Text(0, 46);
  EXPECT_EQ(station.Hear(SealEthernet(kOurMac, kTheirMac, kEtherTypeIpv4, payload)),
            Drop::kNone);
  EXPECT_EQ(station.datagram, payload);
  EXPECT_TRUE(station.tx.empty());
}

// Whose frame it is; R1122-3.3.6: a datagram in a frame to all is not for us.
TEST(FrameTest, OfOtherStationsIsNotOurs) {
  Station station;
  const auto hear = [&](const Mac& to, const Mac& from, uint16_t type) {
    return station.Hear(SealEthernet(to, from, type, Text(0, 46)));
  };
  const Mac multicast{{1, 0, 0x5e, 0, 0, 1}};
  EXPECT_EQ(hear(kTheirMac, kTheirMac, kEtherTypeIpv4), Drop::kFrameNotForUs);
  EXPECT_EQ(hear(kOurMac, kBroadcastMac, kEtherTypeIpv4), Drop::kFrameSource);
  EXPECT_EQ(hear(kOurMac, multicast, kEtherTypeIpv4), Drop::kFrameSource);
  EXPECT_EQ(hear(kOurMac, kOurMac, kEtherTypeIpv4), Drop::kFrameSource);
  EXPECT_EQ(hear(kBroadcastMac, kTheirMac, kEtherTypeIpv4), Drop::kIpGroupDestination);
  EXPECT_EQ(hear(multicast, kTheirMac, kEtherTypeIpv4), Drop::kIpGroupDestination);
  for (unsigned type = 0; type < 0x10000; ++type) {
    if (type == kEtherTypeIpv4 || type == kEtherTypeArp) continue;
    ASSERT_EQ(hear(kOurMac, kTheirMac, static_cast<uint16_t>(type)), Drop::kEtherType);
  }
  EXPECT_FALSE(station.datagram);
}

// I-01: no bytes are beyond it.
TEST(FrameTest, AnyBytesHaveAnOutcome) {
  SimRng rng(2);
  Station station;
  for (int round = 0; round < 100'000; ++round) {
    Datagram frame =
        SealEthernet(rng.Chance(700) ? kOurMac : kBroadcastMac, kTheirMac,
                     rng.Chance(900) ? kEtherTypeArp : kEtherTypeIpv4, Bytes28(kRequest));
    frame.resize(rng.Below(64));
    for (uint64_t i = rng.Below(3); i > 0 && !frame.empty(); --i)
      frame[rng.Below(frame.size())] = static_cast<uint8_t>(rng.Next());
    station.Hear(frame);
    EXPECT_LE(station.tx.size(), 1u);
  }
}

}  // namespace
}  // namespace handfast
