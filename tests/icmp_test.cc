// ICMP: echo, and errors that anyone can send.

#include "stack/arrive/icmp.h"

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Addr kRouter = Addr::V4(192, 0, 2, 1);

// What an echo request's answer must be, octet for octet.
Datagram EchoReply(const Datagram& request, uint8_t tos = 0) {
  const Ipv4View ip(request);
  std::vector<uint8_t> icmp(ip.payload().begin(), ip.payload().end());
  icmp[0] = 0;
  Datagram reply = SealIcmp(ip.destination(), ip.source(), icmp);
  reply[1] = tos;
  StoreBe16(&reply[10], 0);
  StoreBe16(&reply[10], Rfc1071(Bytes(reply).first(20)));
  return reply;
}

// R1122-3.2.2.6: all lengths that the link carries, with their data; longer ones not.
TEST(EchoTest, AnEchoHasTheSameData) {
  World world;
  for (size_t length = 0; length <= 1472; ++length) {
    const Datagram request = IcmpEcho(kThere, kHere, Text(length, length));
    ASSERT_EQ(world.Inject(request), Verdict(Action::kEchoReply));
    ASSERT_EQ(world.Take(), std::vector<Datagram>{EchoReply(request)}) << length;
  }
  for (const size_t length : {1473u, 1500u, 9000u, 65507u}) {
    const Datagram request = IcmpEcho(kThere, kHere, Text(0, length));
    EXPECT_EQ(world.Inject(request), Verdict(Action::kDrop, Drop::kIcmpTooLong));
  }
  EXPECT_TRUE(world.Take().empty());
}

// R1122-3.2.2.6, Incident 112: unicast only, to the source only.
TEST(EchoTest, GroupsAndImpossibleSourcesGetNoAnswer) {
  World world;
  for (const Addr to : {Addr::V4(10, 0, 0, 255), Addr::V4(255, 255, 255, 255),
                        Addr::V4(224, 0, 0, 1), Addr::V4(10, 0, 0, 9)})
    EXPECT_NE(world.Inject(IcmpEcho(kThere, to, Text(0, 8))).drop, Drop::kNone);
  for (const Addr from : {Addr::V4(10, 0, 0, 255), Addr::V4(224, 0, 0, 1), kHere,
                          Addr::V4(0, 0, 0, 0), Addr::V4(127, 0, 0, 1)})
    EXPECT_EQ(world.Inject(IcmpEcho(from, kHere, Text(0, 8))),
              Verdict(Action::kDrop, Drop::kIpSource));
  EXPECT_TRUE(world.Take().empty());
}

// Incident 112: no option steers the answer, and none is in it; DSCP is kept, ECN is not.
TEST(EchoTest, OptionsAreNotReflected) {
  World world;
  const Datagram plain = IcmpEcho(kThere, kHere, Text(0, 20));
  Ipv4Packet ip;
  ip.source = kThere;
  ip.destination = kHere;
  ip.protocol = kProtocolIcmp;
  ip.payload.assign(plain.begin() + 20, plain.end());
  for (const uint8_t kind : std::vector<uint8_t>{131, 137}) {
    ip.options = {kind, 7, 4, 192, 0, 2, 66};
    EXPECT_EQ(world.Inject(ip.Seal()), Verdict(Action::kDrop, Drop::kIpSourceRoute));
    EXPECT_TRUE(world.Take().empty());
  }
  // Record route, timestamp, router alert.
  for (const uint8_t kind : std::vector<uint8_t>{7, 68, 148}) {
    ip.options = {kind, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0};
    ip.tos = 0xb9;
    EXPECT_EQ(world.Inject(ip.Seal()), Verdict(Action::kEchoReply));
    EXPECT_EQ(world.Take(), std::vector<Datagram>{EchoReply(plain, 0xb8)});
  }
}

// RFC 792: an echo request has code 0, and nothing else of type 8 has a meaning.
TEST(EchoTest, HasCodeZero) {
  World world;
  for (unsigned type = 0; type < 256; ++type)
    for (unsigned code = 0; code < 256; ++code) {
      if (type == 3 || type == 11 || type == 12) continue;  // errors
      const auto octet = [](unsigned x) { return static_cast<uint8_t>(x); };
      const Datagram datagram =
          SealIcmp(kThere, kHere, {octet(type), octet(code), 0, 0, 1, 2, 3, 4});
      const bool echo = type == 8 && code == 0;
      ASSERT_EQ(world.Inject(datagram).drop == Drop::kNone, echo) << type << "/" << code;
      ASSERT_EQ(world.Take().size(), echo ? 1u : 0u);
    }
}

TEST(EchoTest, EachOctetIsCovered) {
  World world;
  const Datagram request = IcmpEcho(kThere, kHere, Text(0, 13));
  for (size_t bit = 0; bit < 8 * request.size(); ++bit) {
    Datagram wrong = request;
    wrong[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    ASSERT_NE(world.Inject(wrong).drop, Drop::kNone) << bit;
  }
  for (size_t length = 0; length < 8; ++length) {
    std::vector<uint8_t> icmp{8, 0, 0, 0, 0, 0, 0, 0};
    StoreBe16(&icmp[2], Rfc1071(icmp));
    icmp.resize(length);
    EXPECT_EQ(world.Inject(SealIpv4(kThere, kHere, kProtocolIcmp, icmp)),
              Verdict(Action::kDrop, Drop::kIcmpTooShort));
  }
  EXPECT_TRUE(world.Take().empty());
}

// A connection with text in flight, and the datagram that carries it.
struct InFlight : Scene {
  explicit InFlight(const Config& config = SmallConfig()) : Scene(config) {
    EXPECT_TRUE(world.stack().Write(world.now(), socket, Text(0, 100)));
    world.Poll();
    sent = world.Take().at(0);
    snd_una = LoadBe32(&sent[24]);
  }
  // The error, as if the segment had begun `off` octets from where it did.
  Verdict Error(uint8_t type, uint8_t code, uint16_t mtu, uint32_t off) {
    Datagram quote = sent;
    StoreBe32(&quote[24], snd_una + off);
    return world.Inject(IcmpErrorAbout(quote, kRouter, type, code, mtu));
  }
  Datagram sent;
  uint32_t snd_una = 0;
};

// Incident 108. I-82: SND.UNA =< quoted < SND.NXT, or it is nothing; and even then it ends
// no open connection. All types and codes, one after the other.
TEST(IcmpErrorTest, NoneEndsAnOpenConnection) {
  InFlight open;
  for (unsigned type = 0; type < 256; ++type) {
    if (static_cast<IcmpType>(type) == IcmpType::kEcho) continue;
    for (unsigned code = 0; code < 256; ++code)
      for (const uint32_t off : {~0u, 0u, 99u, 100u}) {
        const Verdict verdict =
            open.Error(static_cast<uint8_t>(type), static_cast<uint8_t>(code), 1000, off);
        ASSERT_EQ(open.state(), State::kEstablished);
        const bool in_flight = off == 0 || off == 99;
        ASSERT_TRUE(in_flight || verdict.drop != Drop::kNone) << type << "/" << code;
        ASSERT_EQ(open.world.stack().Status(open.socket)->error, Errno::kOk);
      }
    ASSERT_TRUE(open.world.Take().empty());
    ASSERT_EQ(AuditText(open.world.stack()), "");
  }
  open.peer.ack += 100;
  EXPECT_EQ(open.peer.Say(kAck), Verdict(Action::kAccept)) << "and it goes on";
}

// ICMP-02, MUST-47, MUST-56: which soft error an open connection remembers.
TEST(IcmpErrorTest, AnOpenConnectionRemembersAdvice) {
  const struct {
    uint8_t type, code;
    Errno soft;
  } cases[] = {
      {3, 0, Errno::kNetUnreach},   {3, 1, Errno::kHostUnreach},  {3, 2, Errno::kNoProtoOpt},
      {3, 3, Errno::kConnRefused},  {3, 4, Errno::kOk},           {3, 5, Errno::kOpNotSupp},
      {3, 6, Errno::kNetUnreach},   {3, 7, Errno::kHostDown},     {3, 8, Errno::kNoNet},
      {3, 9, Errno::kNetUnreach},   {3, 10, Errno::kHostUnreach}, {3, 11, Errno::kNetUnreach},
      {3, 12, Errno::kHostUnreach}, {3, 13, Errno::kHostUnreach}, {3, 14, Errno::kHostUnreach},
      {3, 15, Errno::kHostUnreach}, {3, 16, Errno::kOk},          {3, 255, Errno::kOk},
      {4, 0, Errno::kOk},           {5, 1, Errno::kOk},           {11, 0, Errno::kHostUnreach},
      {11, 1, Errno::kHostUnreach}, {12, 0, Errno::kProto}};
  for (const auto& [type, code, soft] : cases) {
    InFlight open;
    open.Error(type, code, 0, 0);
    EXPECT_EQ(open.world.stack().Status(open.socket)->soft_error, soft)
        << unsigned{type} << "/" << unsigned{code};
  }
}

// Incident 108, C1, SHLD-26: a hard error that quotes the ISS refuses an attempt to connect.
TEST(IcmpErrorTest, OnlyAHardErrorAboutTheSynRefuses) {
  for (unsigned code = 0; code < 20; ++code)
    for (const uint32_t off : {~0u, 0u, 1u}) {
      World world;
      const SocketId socket = *world.stack().Connect(world.now(), {kThere, Port{9}});
      world.Poll();
      Datagram syn = world.Take().at(0);
      StoreBe32(&syn[24], LoadBe32(&syn[24]) + off);
      world.Inject(IcmpErrorAbout(syn, kRouter, 3, static_cast<uint8_t>(code)));
      const bool refused = off == 0 && (code == 2 || code == 3);
      EXPECT_EQ(world.stack().Status(socket)->state, refused ? State::kClosed : State::kSynSent)
          << code << " " << off;
      const Errno why = code == 2 ? Errno::kNoProtoOpt : Errno::kConnRefused;
      EXPECT_EQ(world.stack().Status(socket)->error, refused ? why : Errno::kOk);
      EXPECT_EQ(AuditText(world.stack()), "");
    }
}

// Incident 108, C1: a half-open connection stays, whatever is said about its SYN-ACK.
TEST(IcmpErrorTest, NoneEndsAHalfOpenConnection) {
  for (const uint8_t type : std::vector<uint8_t>{3, 11, 12})
    for (unsigned code = 0; code < 20; ++code) {
      Scene scene(State::kListen);
      scene.peer.Say(kSyn);
      const Datagram synack = scene.world.Take().at(0);
      const auto before = Snapshot(scene.world.stack());
      const Verdict verdict =
          scene.world.Inject(IcmpErrorAbout(synack, kRouter, type, static_cast<uint8_t>(code)));
      EXPECT_EQ(verdict, Verdict(Action::kDrop, Drop::kIcmpSoft));
      EXPECT_EQ(Snapshot(scene.world.stack()), before);
    }
}

// Incident 108: the whole flow must be right; of a stranger's nothing is known.
TEST(IcmpErrorTest, EachOctetOfTheQuotedFlowCounts) {
  InFlight open;
  const auto before = Snapshot(open.world.stack());
  for (size_t at = 12; at < 24; ++at) {
    Datagram quote = open.sent;
    quote[at] ^= 1;
    Datagram error = IcmpErrorAbout(quote, kRouter, 3, 3);
    StoreBe32(&error[16], kHere.v4());  // it comes to us all the same
    StoreBe16(&error[10], 0);
    StoreBe16(&error[10], Rfc1071(Bytes(error).first(20)));
    EXPECT_EQ(open.world.Inject(error), Verdict(Action::kDrop, Drop::kIcmpNoOwner)) << at;
  }
  EXPECT_EQ(Snapshot(open.world.stack()), before);
}

// Incident 110. MUST-55, R6633: source quench is nothing, and is never sent.
TEST(IcmpErrorTest, SourceQuenchIsNothing) {
  InFlight open;
  const auto before = Snapshot(open.world.stack());
  for (unsigned code = 0; code < 256; ++code)
    EXPECT_EQ(open.Error(4, static_cast<uint8_t>(code), 0, 0),
              Verdict(Action::kDrop, Drop::kIcmpSourceQuench));
  EXPECT_EQ(Snapshot(open.world.stack()), before);
  EXPECT_TRUE(open.world.Take().empty());
}

// Incident 111: quotes of any length, of any protocol, with header lengths that lie.
TEST(IcmpErrorTest, AQuoteMayBeAnything) {
  InFlight open;
  const auto before = Snapshot(open.world.stack());
  for (size_t quoted = 0; quoted < 28; ++quoted)
    EXPECT_EQ(open.world.Inject(IcmpErrorAbout(open.sent, kRouter, 3, 1, 0, quoted)),
              Verdict(Action::kDrop, Drop::kIcmpQuote));
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    Datagram quote = open.sent;
    quote[9] = static_cast<uint8_t>(protocol);
    if (protocol == kProtocolTcp) continue;
    EXPECT_EQ(open.world.Inject(IcmpErrorAbout(quote, kRouter, 3, 1, 0, 60)),
              Verdict(Action::kDrop, Drop::kIcmpQuote));
  }
  for (unsigned first = 0; first < 256; ++first)
    for (size_t quoted = 0; quoted <= 60; ++quoted) {
      Datagram quote = open.sent;
      quote[0] = static_cast<uint8_t>(first);
      if (first == 0x45) continue;
      const Verdict verdict =
          open.world.Inject(IcmpErrorAbout(quote, kRouter, 3, 1, 0, quoted));
      const size_t header = size_t{4} * (first & 15);
      if (first >> 4 != 4 || header < 20 || quoted < header + 8)
        ASSERT_EQ(verdict, Verdict(Action::kDrop, Drop::kIcmpQuote)) << first << " " << quoted;
      else
        ASSERT_NE(verdict.drop, Drop::kNone) << first << " " << quoted;
    }
  Datagram later = open.sent;
  later[7] = 1;  // not the first fragment: no ports there
  EXPECT_EQ(open.world.Inject(IcmpErrorAbout(later, kRouter, 3, 1)),
            Verdict(Action::kDrop, Drop::kIcmpQuote));
  EXPECT_EQ(Snapshot(open.world.stack()), before);
  EXPECT_TRUE(open.world.Take().empty());
}

// The longest text among what left.
size_t Longest(World& world) {
  size_t longest = 0;
  for (const Seen& seen : world.TakeSegments()) longest = std::max(longest, seen.text.size());
  return longest;
}

// Incident 109: what is claimed is believed when nothing gets through, not below the floor,
// and provokes nothing by itself.
TEST(PathMtuTest, AClaimIsBelievedLateAndNotBelowTheFloor) {
  constexpr uint16_t kClaims[] = {0, 1, 67, 68, 295, 575, 576, 577, 1280, 1499, 1500, 65535};
  for (const uint16_t mtu : kClaims) {
    Scene open;
    World& world = open.world;
    ASSERT_TRUE(world.stack().Write(world.now(), open.socket, Text(0, 5000)));
    world.Poll();
    const Datagram sent = world.Take().at(0);
    EXPECT_EQ(sent.size(), 1500u);
    for (int i = 0; i < 100; ++i) {
      world.Inject(IcmpErrorAbout(sent, kRouter, 3, 4, mtu));
      ASSERT_TRUE(world.Take().empty()) << "a claim is no reason to send";
    }
    EXPECT_EQ(world.stack().Status(open.socket)->send_mss, 1460u);
    world.Advance(1s);  // the retransmission timer
    const uint32_t believed = mtu == 0 || mtu >= 1500 ? 1500 : std::max<uint32_t>(mtu, 576);
    EXPECT_EQ(world.stack().Status(open.socket)->send_mss, believed - 40) << mtu;
    EXPECT_EQ(Longest(world), believed - 40);
    EXPECT_EQ(AuditText(world.stack()), "");
  }
}

// Incident 109: where text gets through, claims are wrong.
TEST(PathMtuTest, AClaimAboutAnotherNumberIsNothing) {
  InFlight open;
  for (const uint32_t off : {~0u, 100u, 0x80000000u})
    EXPECT_EQ(open.Error(3, 4, 600, off), Verdict(Action::kDrop, Drop::kIcmpSequence));
  open.world.Advance(1s);
  EXPECT_EQ(open.world.stack().Status(open.socket)->send_mss, 1460u);
}

// Incident 109: where the link takes less than the floor, nothing is made larger by it.
TEST(PathMtuTest, TheFloorRaisesNothing) {
  Config config = SmallConfig();
  config.mtu = 400;
  InFlight open(config);
  for (const uint16_t mtu : std::vector<uint16_t>{1, 296, 399, 400, 1500}) {
    open.Error(3, 4, mtu, 0);
    open.world.Advance(500ms);
    EXPECT_EQ(open.world.stack().Status(open.socket)->send_mss, 360u) << mtu;
  }
}

}  // namespace
}  // namespace handfast
