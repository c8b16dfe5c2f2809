// From bytes to meaning: which reason comes first, and what no malformed datagram can do.

#include "stack/wire/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/sim/rng.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr LocalAddr kLocal{kHere, 24};

Drop Why(const Datagram& datagram, const ParsePolicy& policy = {}) {
  const ExactBytes exact(datagram);
  Arrival arrival;
  Parse(exact, {&kLocal, 1}, policy, arrival);
  EXPECT_EQ(arrival.what == Arrival::What::kNothing, arrival.drop != Drop::kNone);
  return arrival.drop;
}

TcpPacket Syn() {
  TcpPacket syn;
  syn.flow = {kThere, kHere, Port{40000}, kHttp};
  syn.seq = 1000;
  syn.flags = kSyn;
  syn.options.Mss(1460);
  return syn;
}

// A datagram before it is sealed, and one thing that may be wrong with it.
struct Draft {
  TcpPacket tcp = Syn();
  Ipv4Packet ip;
  size_t cut_tcp = ~size_t{0};  // octets of the segment that are there
  size_t cut = ~size_t{0};      // octets of the datagram that are there
  uint8_t version = 4;

  Datagram Seal() {
    ip.source = tcp.flow.local;
    ip.destination = tcp.flow.peer;
    ip.payload = tcp.SealSegment();
    ip.payload.resize(std::min(ip.payload.size(), cut_tcp));
    Datagram datagram = ip.Seal();
    datagram[0] = static_cast<uint8_t>(version << 4 | (datagram[0] & 15));
    datagram.resize(std::min(datagram.size(), cut));
    return datagram;
  }
};

struct Fault {
  Drop drop;
  void (*commit)(Draft&);
};

// In the order in which they are looked for: of each layer the lengths, the checksum, the
// addresses, and only then what it all means.
constexpr Fault kFaults[] = {
    {Drop::kIpVersion, [](Draft& d) { d.version = 6; }},
    {Drop::kIpTooShort, [](Draft& d) { d.cut = 19; }},
    {Drop::kIpHeaderLength, [](Draft& d) { d.ip.header_words = 4; }},
    {Drop::kIpChecksum, [](Draft& d) { d.ip.bad_checksum = true; }},
    {Drop::kIpNotForUs, [](Draft& d) { d.tcp.flow.peer = Addr::V4(10, 0, 0, 7); }},
    {Drop::kIpSource, [](Draft& d) { d.tcp.flow.local = Addr::V4(127, 0, 0, 1); }},
    {Drop::kIpFragment, [](Draft& d) { d.ip.fragment = 0x2000; }},
    {Drop::kIpSourceRoute, [](Draft& d) { d.ip.options = {131, 7, 4, 1, 2, 3, 4}; }},
    {Drop::kIpProtocol, [](Draft& d) { d.ip.protocol = 17; }},
    {Drop::kTcpTooShort, [](Draft& d) { d.cut_tcp = 19; }},
    {Drop::kTcpDataOffset, [](Draft& d) { d.tcp.data_offset = 4; }},
    {Drop::kTcpChecksum, [](Draft& d) { d.tcp.bad_checksum = true; }},
    {Drop::kTcpPortZero, [](Draft& d) { d.tcp.flow.local_port = Port{0}; }},
    {Drop::kTcpOptions, [](Draft& d) { d.tcp.options = OptionList().Raw({2, 1, 1, 1}); }},
};

TEST(ParseTest, OfTwoFaultsTheOneThatIsLookedForFirstIsNamed) {
  Draft right;
  EXPECT_EQ(Why(right.Seal()), Drop::kNone);
  for (size_t i = 0; i < std::size(kFaults); ++i)
    for (size_t j = i; j < std::size(kFaults); ++j) {
      Draft draft;
      kFaults[j].commit(draft);
      kFaults[i].commit(draft);
      EXPECT_EQ(Why(draft.Seal()), kFaults[i].drop)
          << Text(kFaults[i].drop) << " and " << Text(kFaults[j].drop);
    }
}

// Where the link has verified checksums of the segment, the header's is still verified.
TEST(ParseTest, ALinkMayVouchForTheSegmentsChecksum) {
  ParsePolicy policy;
  policy.verify_checksums = false;
  Draft draft;
  draft.tcp.bad_checksum = true;
  EXPECT_EQ(Why(draft.Seal(), policy), Drop::kNone);
  draft.ip.bad_checksum = true;
  EXPECT_EQ(Why(draft.Seal(), policy), Drop::kIpChecksum);
}

// Each beginning of a datagram is too short, and is not read beyond its end; octets behind
// it are padding, whatever they say.
TEST(ParseTest, ADatagramIsWholeOrNothingAndPaddingIsNoPartOfIt) {
  TcpPacket packet = Syn();
  packet.text = Text(0, 9);
  const Datagram whole = packet.Seal();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(Why(Datagram(whole.begin(), whole.begin() + static_cast<long>(size))),
              Drop::kIpTooShort);
  SimRng rng(1);
  for (size_t padding = 0; padding <= 46; ++padding) {
    Datagram padded = whole;
    padded.resize(whole.size() + padding);
    rng.Fill(MutableBytes(padded).subspan(whole.size()));
    const ExactBytes exact(padded);
    Arrival arrival;
    Parse(exact, {&kLocal, 1}, {}, arrival);
    ASSERT_EQ(arrival.drop, Drop::kNone);
    EXPECT_EQ(arrival.datagram.size(), whole.size());
    EXPECT_EQ(Datagram(arrival.segment.text.begin(), arrival.segment.text.end()), Text(0, 9));
  }
}

// I-01: any bytes at all, right in their checksums or not, have one outcome.
TEST(ParseTest, NoBytesAreBeyondIt) {
  SimRng rng(2);
  std::array<uint64_t, kDropCount> reasons{};
  for (int round = 0; round < 200'000; ++round) {
    TcpPacket tcp = Syn();
    tcp.flags = static_cast<unsigned>(rng.Below(0x1000));
    tcp.data_offset = rng.Chance(200) ? static_cast<int>(rng.Below(16)) : -1;
    Ipv4Packet ip;
    ip.source = kThere;
    ip.destination = kHere;
    ip.protocol = rng.Chance(700) ? kProtocolTcp : static_cast<uint8_t>(rng.Below(3));
    ip.options.resize(rng.Chance(700) ? 0 : 4 * rng.Below(11));
    rng.Fill(ip.options);
    ip.payload = tcp.SealSegment();
    if (rng.Chance(100)) ip.header_words = static_cast<int>(rng.Below(16));
    if (rng.Chance(100)) ip.total_length = static_cast<int>(rng.Below(120));
    Datagram datagram = ip.Seal();
    if (rng.Chance(300))
      datagram[rng.Below(datagram.size())] = static_cast<uint8_t>(rng.Next());
    if (rng.Chance(100)) datagram.resize(rng.Below(datagram.size()));
    ++reasons[static_cast<size_t>(Why(datagram))];
  }
  for (const Drop drop : {Drop::kNone, Drop::kIpChecksum, Drop::kIpTooShort, Drop::kTcpChecksum,
                          Drop::kIpHeaderLength, Drop::kTcpDataOffset, Drop::kTcpTooShort})
    EXPECT_GT(reasons[static_cast<size_t>(drop)], 100u) << Text(drop);
}

// Incident 11: all header lengths with all total lengths, in frames of several sizes, and
// with the checksum right for what the header claims to be.
TEST(ParseTest, HeaderAndTotalLengthAreComparedBeforeTheyAreSubtracted) {
  for (const size_t frame : {20u, 59u, 90u}) {
    Datagram datagram(frame, 0);
    for (unsigned words = 0; words < 16; ++words)
      for (uint32_t total = 0; total < 0x10000; ++total) {
        datagram[0] = static_cast<uint8_t>(0x40 | words);
        StoreBe16(&datagram[2], static_cast<uint16_t>(total));
        StoreBe16(&datagram[10], 0);
        const size_t covered = std::min<size_t>(words * size_t{4}, frame);
        StoreBe16(&datagram[10], Rfc1071(Bytes(datagram).first(covered)));
        const bool legal = words >= 5 && total >= words * 4 && total <= frame;
        ASSERT_EQ(Ipv4View::Check(ExactBytes(datagram)) == Drop::kNone, legal)
            << words << " words, total " << total << " of " << frame;
      }
  }
}

// Incident 11, against a listener: nothing but the one that is right is answered.
TEST(ParseTest, NoLengthThatLiesIsAnswered) {
  Scene scene(State::kListen);
  const std::vector<uint8_t> segment = scene.peer.Make(kSyn).SealSegment();
  for (int words = 0; words < 16; ++words)
    for (const int total : {0, 19, words * 4 - 1, words * 4, words * 4 + 19, 39, 41, 65535}) {
      Ipv4Packet ip;
      ip.source = kThere;
      ip.destination = kHere;
      ip.payload = segment;
      ip.header_words = words;
      ip.total_length = std::max(total, 0);
      EXPECT_NE(scene.world.Inject(ip.Seal()).drop, Drop::kNone);
      EXPECT_TRUE(scene.world.Take().empty());
    }
  EXPECT_EQ(scene.peer.Say(kSyn), Verdict(Action::kQueue));
}

// Incident 10: all lengths of a segment up to 59 with all data offsets.
TEST(ParseTest, TheDataOffsetLiesWithinTheSegment) {
  for (size_t length = 0; length < 60; ++length)
    for (int offset = 0; offset < 16; ++offset) {
      Scene scene(State::kListen);
      TcpPacket syn = scene.peer.Make(kSyn, std::vector<uint8_t>(40, 0));  // or ends of list
      syn.data_offset = offset;
      std::vector<uint8_t> segment = syn.SealSegment();
      segment.resize(length);
      if (length >= 18) {
        StoreBe16(&segment[16], 0);
        std::vector<uint8_t> covered{10, 0, 0, 2, 10, 0,
                                     0,  1, 0, 6, 0,  static_cast<uint8_t>(length)};
        covered.insert(covered.end(), segment.begin(), segment.end());
        StoreBe16(&segment[16], Rfc1071(covered));
      }
      const Verdict verdict =
          scene.world.Inject(SealIpv4(kThere, kHere, kProtocolTcp, segment));
      const size_t header = static_cast<size_t>(offset) * 4;
      const bool legal = length >= 20 && header >= 20 && header <= length;
      EXPECT_EQ(verdict == Verdict(Action::kQueue), legal) << length << ", " << offset;
      EXPECT_EQ(scene.world.Take().size(), legal ? 1u : 0u);
    }
}

// A datagram that must not change anything, in a scene.
void ExpectNoEffect(Scene& scene, const std::vector<std::byte>& before,
                    const Datagram& datagram, size_t bit) {
  ASSERT_NE(scene.world.Inject(datagram).drop, Drop::kNone) << "bit " << bit;
  ASSERT_TRUE(scene.world.Take().empty()) << "bit " << bit;
  ASSERT_EQ(Snapshot(scene.world.stack()), before) << "bit " << bit;
}

// MUST-3. I-09: each single bit turned over in a SYN, a SYN-ACK, the third ACK, text, a FIN
// and a RST. Then the segment as it was works.
TEST(ChecksumsTest, OneWrongBitMakesASegmentNothing) {
  const struct {
    State state;
    unsigned flags;
    size_t text;
    Action action;
  } cases[] = {{State::kListen, kSyn, 0, Action::kQueue},
               {State::kSynSent, kSyn | kAck, 0, Action::kEstablish},
               {State::kSynReceived, kAck, 0, Action::kEstablish},
               {State::kEstablished, kAck, 10, Action::kAccept},
               {State::kEstablished, kFin | kAck, 0, Action::kAccept},
               {State::kEstablished, kRst, 0, Action::kReset}};
  for (const auto& [state, flags, text, action] : cases) {
    Scene scene(state);
    TcpPacket packet = scene.peer.Make(flags, Text(0, text));
    packet.options.Mss(1460);
    const Datagram right = packet.Seal();
    const auto before = Snapshot(scene.world.stack());
    for (size_t bit = 0; bit < 8 * right.size(); ++bit) {
      Datagram wrong = right;
      wrong[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      ASSERT_NO_FATAL_FAILURE(ExpectNoEffect(scene, before, wrong, bit));
    }
    EXPECT_EQ(scene.world.Inject(right), Verdict(action));
  }
}

// Incident 12: a bad ACK moves nothing, and a million bad SYNs take nothing.
TEST(ChecksumsTest, ACorruptSegmentMovesNothing) {
  Scene scene(State::kSynReceived);
  TcpPacket bad = scene.peer.Make(kAck);
  bad.bad_checksum = true;
  EXPECT_EQ(scene.world.Inject(bad), Verdict(Action::kDrop, Drop::kTcpChecksum));
  EXPECT_EQ(scene.peer.Say(kAck), Verdict(Action::kEstablish));

  const auto before = Snapshot(scene.world.stack());
  TcpPacket syn = Syn();
  syn.bad_checksum = true;
  const Datagram datagram = syn.Seal();
  const std::vector<Bytes> burst(1000, Bytes(datagram));
  OwnedTxBurst tx(4, 1500);
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(scene.world.stack().Input(scene.world.now(), burst, tx), burst.size());
  EXPECT_TRUE(tx.empty());
  EXPECT_EQ(scene.world.stack().counters()[Counter::kTcpInCsumErrors], 1'000'001u);
  EXPECT_EQ(Snapshot(scene.world.stack()), before);
}

}  // namespace
}  // namespace handfast
