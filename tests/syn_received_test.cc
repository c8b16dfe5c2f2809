// Segments for a half-open connection: as Linux answers them, row by row.

#include <gtest/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

constexpr const char* kSynAck = "S. 0 ack 1 win 65160 <mss 1460,sackOK,ts T 1000,nop,ws 10>";
constexpr const char* kAnAck = ". 1 ack 1 win 63 <nop,nop,ts T 1000>";

constexpr const char* kRepeated = "Tcp.OutSegs+1, Tcp.RetransSegs+1, TcpExt.TCPSynRetrans+1";
constexpr const char* kRefused =
    "Tcp.AttemptFails+1, Tcp.OutRsts+1, Tcp.OutSegs+1, TcpExt.EmbryonicRsts+1";
constexpr const char* kReset = "Tcp.AttemptFails+1, TcpExt.EmbryonicRsts+1";
constexpr const char* kSent = "Tcp.OutSegs+1";
constexpr const char* kRstSent = "Tcp.OutRsts+1, Tcp.OutSegs+1";
constexpr const char* kOpened = "Tcp.CurrEstab+1, Tcp.PassiveOpens+1, TcpExt.TCPPureAcks+1";
constexpr const char* kOpenedAnswered = "Tcp.CurrEstab+1, Tcp.OutSegs+1, Tcp.PassiveOpens+1";
constexpr const char* kDelayed =
    "Tcp.CurrEstab+1, Tcp.OutSegs+1, Tcp.PassiveOpens+1, TcpExt.DelayedACKs+1";

constexpr State kKept = State::kSynReceived;
constexpr State kGone = State::kNone;

// What timestamps a segment carries: those of a SYN, an echo of ours and so much, or none.
constexpr int kSynOptions = 1 << 30;
constexpr int kZeroEcho = kSynOptions + 1;
constexpr int kNoOptions = kSynOptions + 2;

struct Row {
  const char* what;
  unsigned flags;
  uint32_t seq;
  uint32_t ack;
  size_t length;
  uint32_t ts_val;
  int echo;
  const char* answer;
  const char* moved;
  State after;
};

// The peer's ISN is 0 in these rows, and ours; RCV.NXT is 1, the window is 65160.
constexpr Row kSynRows[] = {
    {"SYN", kSyn, 0, 0, 0, 1000, kSynOptions, kSynAck, kRepeated, kKept},
    {"with text", kSyn, 0, 0, 5, 1000, kSynOptions, kSynAck, kRepeated, kKept},
    {"SEW", kSyn | kEce | kCwr, 0, 0, 0, 1000, kSynOptions, kSynAck, kRepeated, kKept},
    {"SF", kSyn | kFin, 0, 0, 0, 1000, kSynOptions, kSynAck, kRepeated, kKept},
    {"at RCV.NXT", kSyn, 1, 0, 0, 1000, kSynOptions, "R. abs0 ack 2 win 0", kRefused, kGone},
    {"inside", kSyn, 500, 0, 0, 1000, kSynOptions, "R. abs0 ack 501 win 0", kRefused, kGone},
    {"below", kSyn, 0u - 100, 0, 0, 1000, kSynOptions, kAnAck, kSent, kKept},
    {"above", kSyn, 65161, 0, 0, 1000, kSynOptions, kAnAck, kSent, kKept},
    {"at the edge", kSyn, 65160, 0, 0, 1000, kSynOptions, "R. abs0 ack 65161 win 0", kRefused,
     kGone},
    {"older TSval", kSyn, 0, 0, 0, 500, kSynOptions, kAnAck,
     "Tcp.OutSegs+1, TcpExt.PAWSEstab+1", kKept},
    {"S., crossed", kSyn | kAck, 0, 1, 0, 1000, kSynOptions, kAnAck, kSent, kKept},
    {"S. at RCV.NXT", kSyn | kAck, 1, 1, 0, 1000, kSynOptions, "R 1 win 0", kRefused, kGone},
    {"S., wrong ack", kSyn | kAck, 0, 2, 0, 1000, kSynOptions, "R 2 win 0", kRstSent, kKept},
    {"SR", kSyn | kRst, 0, 0, 0, 0, kNoOptions, "", "", kKept},
};

// Differs from Linux, rows marked so: there is no D-SACK; a segment at the right edge is
// outside (RFC 9293 §3.4); text of the third segment is acknowledged after the delay, a FIN
// at once; the child offers its whole buffer.
constexpr Row kAckRows[] = {
    {"ack too low", kAck, 1, 0, 0, 1001, 0, "R 0 win 0", kRstSent, kKept},
    {"ack too high", kAck, 1, 2, 0, 1001, 0, "R 2 win 0", kRstSent, kKept},
    {"wrong ack, outside", kAck, 0u - 100, 2, 0, 1001, 0, "R 2 win 0", kRstSent, kKept},
    {"outside", kAck, 0u - 100, 1, 0, 1001, 0, kAnAck, kSent, kKept},
    {"at the ISN", kAck, 0, 1, 0, 1001, 0, kAnAck, kSent, kKept},
    {"1 octet before", kAck, 0, 1, 1, 1001, 0, kAnAck, kSent, kKept},
    {"5 octets overlap (differs)", kAck, 0, 1, 5, 1001, 0,
     ". 1 ack 5 win 32768 <nop,nop,ts T+40 1001>", kDelayed, State::kEstablished},
    {"inside", kAck, 501, 1, 0, 1001, 0, "", kOpened, State::kEstablished},
    {"a hole", kAck | kPsh, 501, 1, 10, 1001, 0,
     ". 1 ack 1 win 32768 <nop,nop,ts T 1000,nop,nop,sack 501:511>",
     "Tcp.CurrEstab+1, Tcp.OutSegs+1, Tcp.PassiveOpens+1, TcpExt.TCPOFOQueue+1",
     State::kEstablished},
    {"at the right edge (differs)", kAck, 65161, 1, 0, 1001, 0, kAnAck, kSent, kKept},
    {"beyond it", kAck, 65162, 1, 0, 1001, 0, kAnAck, kSent, kKept},
    {"older TSval", kAck, 1, 1, 0, 999, 0, kAnAck, "Tcp.OutSegs+1, TcpExt.PAWSEstab+1", kKept},
    {"TSecr ahead", kAck, 1, 1, 0, 1001, 1000000, kAnAck,
     "Tcp.OutSegs+1, TcpExt.TSEcrRejected+1", kKept},
    {"TSecr before", kAck, 1, 1, 0, 1001, -1, kAnAck, "Tcp.OutSegs+1, TcpExt.TSEcrRejected+1",
     kKept},
    {"TSecr 0", kAck, 1, 1, 0, 1001, kZeroEcho, "", kOpened, State::kEstablished},
    {"no timestamp", kAck, 1, 1, 0, 0, kNoOptions, "", kOpened, State::kEstablished},
    {"good", kAck, 1, 1, 0, 1001, 0, "", kOpened, State::kEstablished},
    {"5 octets (differs)", kAck | kPsh, 1, 1, 5, 1001, 0,
     ". 1 ack 6 win 32768 <nop,nop,ts T+40 1001>", kDelayed, State::kEstablished},
    {"FIN", kFin | kAck, 1, 1, 0, 1001, 0, ". 1 ack 2 win 32768 <nop,nop,ts T 1001>",
     kOpenedAnswered, State::kCloseWait},
    {"FIN, 5 octets (differs)", kFin | kPsh | kAck, 1, 1, 5, 1001, 0,
     ". 1 ack 7 win 32768 <nop,nop,ts T 1001>", kOpenedAnswered, State::kCloseWait},
    {"URG", kUrg | kAck, 1, 1, 0, 1001, 0, "", kOpened, State::kEstablished},
    {"no flags", 0, 1, 0, 0, 1001, 0, "", "", kKept},
    {"PSH only", kPsh, 1, 0, 5, 1001, 0, "", "", kKept},
    {"FIN without ACK", kFin, 1, 0, 0, 1001, 0, "", "", kKept},
    {"FIN without ACK, outside", kFin, 0u - 100, 0, 0, 1001, 0, kAnAck, kSent, kKept},
};

// Differs from Linux: an old timestamp does not protect from a RST (R7323-5.2: MUST NOT).
constexpr Row kRstRows[] = {
    {"exact", kRst, 1, 0, 0, 0, kNoOptions, "", kReset, kGone},
    {"at the ISN", kRst, 0, 0, 0, 0, kNoOptions, "", "", kKept},
    {"inside", kRst, 2, 0, 0, 0, kNoOptions, kAnAck, "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1",
     kKept},
    {"at the edge", kRst, 65160, 0, 0, 0, kNoOptions, kAnAck,
     "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1", kKept},
    {"beyond it", kRst, 65161, 0, 0, 0, kNoOptions, "", "", kKept},
    {"outside", kRst, 0u - 100, 0, 0, 0, kNoOptions, "", "", kKept},
    {"RA exact", kRst | kAck, 1, 1, 0, 0, kNoOptions, "", kReset, kGone},
    {"RA exact, wrong ack", kRst | kAck, 1, 7, 0, 0, kNoOptions, "", kReset, kGone},
    {"RA inside", kRst | kAck, 500, 1, 0, 0, kNoOptions, kAnAck,
     "Tcp.OutSegs+1, TcpExt.TCPChallengeACK+1", kKept},
    {"old TSval, exact (differs)", kRst, 1, 0, 0, 500, kZeroEcho, "", kReset, kGone},
    {"exact, with text", kRst, 1, 0, 4, 0, kNoOptions, "", kReset, kGone},
};

OptionList OptionsOf(const Row& row, uint32_t first) {
  if (row.echo == kSynOptions) return OptionList::Usual(row.ts_val);
  if (row.echo == kNoOptions) return {};
  const uint32_t echo = row.echo == kZeroEcho ? 0 : first + static_cast<uint32_t>(row.echo);
  return OptionList().Nop(2).Timestamps(row.ts_val, echo);
}

// A peer whose SYN was answered.
HandPeer HalfOpen(World& world, const OptionList& options = OptionList::Usual(1000),
                  Port from = Port{40000}) {
  HandPeer peer(world, kHttp, from);
  TcpPacket syn = peer.At(kSyn, 0);
  syn.options = options;
  world.Inject(syn);
  return peer;
}

void Play(const Row& row) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer = HalfOpen(world);
  ASSERT_EQ(peer.Heard(), kSynAck);
  world.Moved();
  TcpPacket packet = peer.At(row.flags, row.seq, row.ack, row.length);
  packet.options = OptionsOf(row, peer.ts_ecr);
  world.Inject(packet);
  world.Advance(40ms);
  EXPECT_EQ(peer.Heard(), row.answer) << row.what;
  EXPECT_EQ(world.Moved(), row.moved) << row.what;
  EXPECT_EQ(Name(peer.state()), Name(row.after)) << row.what;
}

// E10, CHK-01..11, CHK-20.
TEST(SynReceivedTest, SynsAreAnsweredAsLinuxAnswersThem) {
  for (const Row& row : kSynRows) Play(row);
}

// E10, CHK-04..20, SRV-05..07.
TEST(SynReceivedTest, AcksAreAnsweredAsLinuxAnswersThem) {
  for (const Row& row : kAckRows) Play(row);
}

// E10, CHK-09, CHK-10, CHK-18. R5961-3.2a..c, SHLD-2. Incident 63.
TEST(SynReceivedTest, OnlyAnExactRstEndsAHalfOpenConnection) {
  for (const Row& row : kRstRows) Play(row);
}

// E10 (last row), RCV-02.
TEST(SynReceivedTest, ABadChecksumChangesNothing) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer = HalfOpen(world);
  peer.Heard();
  world.Moved();
  for (const unsigned flags : {0u | kAck, 0u | kRst, 0u | kSyn | kAck}) {
    TcpPacket packet = peer.At(flags, 1, 1);
    packet.bad_checksum = true;
    world.Inject(packet);
    EXPECT_EQ(world.Moved(), "Tcp.InCsumErrors+1, Tcp.InErrs+1");
    EXPECT_EQ(peer.state(), kKept);
  }
}

// E12, ACKR-02, ACKR-03: the window of the answer is shifted, that of the SYN-ACK is not; the
// class of service is the segment's.
TEST(SynReceivedTest, TheAckForARequestHasAShiftedWindow) {
  struct {
    OptionList options;
    const char* answer;
  } const rows[] = {
      {OptionList::Usual(1000), ". 1 ack 1 win 63 tos 0xb8 <nop,nop,ts T 1000>"},
      {OptionList().Mss(1460), ". 1 ack 1 win 64240 tos 0xb8"},
      {OptionList().Mss(1460).Scale(7).Nop(), ". 1 ack 1 win 62 tos 0xb8"},
  };
  for (const auto& row : rows) {
    World world(LinuxConfig());
    world.Listen();
    HandPeer peer = HalfOpen(world, row.options);
    peer.Heard();
    TcpPacket packet = peer.At(kAck, 0u - 100, 1);
    packet.tos = 0xb9;
    world.Inject(packet);
    EXPECT_EQ(peer.Heard(), row.answer);
  }
}

// E88, CHK-07: what the SYN-ACKs carried, from the first to the last, may be echoed.
TEST(SynReceivedTest, TheEchoLiesBetweenTheFirstSynAckAndTheLast) {
  World world(LinuxConfig());
  world.Listen();
  HandPeer peer = HalfOpen(world);
  peer.Heard();
  world.Moved();
  const uint32_t first = peer.ts_ecr;
  world.Advance(1'031ms);
  EXPECT_EQ(peer.WhenHeard(), "1.000");
  const auto ack = [&](uint32_t echo) {
    TcpPacket packet = peer.At(kAck, 1, 1);
    packet.options.Nop(2).Timestamps(1001, first + echo);
    world.Inject(packet);
    return peer.Heard();
  };
  EXPECT_EQ(ack(0u - 1), ". 1 ack 1 win 63 <nop,nop,ts T+1031 1000>");
  EXPECT_EQ(world.Moved(),
            "Tcp.OutSegs+2, Tcp.RetransSegs+1, TcpExt.TCPSynRetrans+1, TcpExt.TCPTimeouts+1, "
            "TcpExt.TSEcrRejected+1");
  world.Advance(56ms);
  EXPECT_EQ(ack(1001), "");
  EXPECT_EQ(world.Moved(), "TcpExt.TCPACKSkippedSynRecv+1, TcpExt.TSEcrRejected+1");
  EXPECT_EQ(ack(5), "");
  EXPECT_EQ(world.Moved(), kOpened);
  EXPECT_EQ(peer.state(), State::kEstablished);
}

}  // namespace
}  // namespace handfast
