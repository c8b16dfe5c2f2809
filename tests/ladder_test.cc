// Ladders, told by hand, and told by hosts on a wire.

#include "harness/capture/ladder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "harness/sim/host.h"
#include "harness/sim/traffic.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Flow kFlow{kThere, kHere, Port{40000}, Port{80}};  // as the client sees it

TcpPacket PacketOf(const Flow& flow, unsigned flags, uint32_t seq, uint32_t ack) {
  TcpPacket packet;
  packet.flow = flow;
  packet.flags = flags;
  packet.seq = seq;
  packet.ack = ack;
  return packet;
}

TraceRecord RecordOf(State before, State after, Verdict verdict = Action::kAccept) {
  TraceRecord record;
  record.before = before;
  record.after = after;
  record.verdict = verdict;
  record.flow = kFlow.Reversed();
  return record;
}

// Tells a ladder of one host, or of both.
struct Teller {
  void In(const TcpPacket& packet, const TraceRecord& record) {
    Tell(Direction::kIn, packet, &record);
  }
  void Out(const TcpPacket& packet, const TraceRecord* record = nullptr) {
    Tell(Direction::kOut, packet, record);
  }
  void Tell(Direction direction, const TcpPacket& packet, const TraceRecord* record) {
    const Datagram datagram = packet.Seal();
    FrameStory story;
    story.at = now;
    story.direction = direction;
    story.frame = story.datagram = datagram;
    story.record = record;
    ladder.Add(story);
  }
  // The only ladder; "several" if it is not the only one.
  std::string Drawn(Ladder::Drawing drawing = Ladder::Drawing::kUnicode) const {
    const auto flows = ladder.flows();
    return flows.size() == 1 ? ladder.Draw(*flows[0], drawing) : "several";
  }

  explicit Teller(const Ladder::Options& options) : ladder(options) {}
  Teller() : Teller(Ladder::Options{}) {}
  Ladder ladder;
  Instant now = Instant(2'500'000'000);
};

void TellHandshake(Teller& teller) {
  TcpPacket syn = PacketOf(kFlow, kSyn, 1000, 0);
  syn.options.Mss(1460).Nop().Scale(7);
  teller.In(syn, RecordOf(State::kListen, State::kSynReceived, Action::kQueue));
  TcpPacket synack = PacketOf(kFlow.Reversed(), kSyn | kAck, 5000, 1001);
  synack.options.Mss(1400).Nop().Scale(2);
  const TraceRecord queued = RecordOf(State::kListen, State::kSynReceived, Action::kQueue);
  teller.Out(synack, &queued);
  teller.now = teller.now + 12ms;
  TcpPacket ack = PacketOf(kFlow, kAck, 1001, 5001);
  ack.window = 502;
  teller.In(ack, RecordOf(State::kSynReceived, State::kEstablished, Action::kEstablish));
}

TEST(LadderTest, APassiveHandshakeReadsAsALadder) {
  Teller teller;
  TellHandshake(teller);
  EXPECT_EQ(teller.Drawn(),
            R"(10.0.0.2:40000 → 10.0.0.1:80, at 2.500000 s, ISN 1000 and 5000
   time, s 10.0.0.2:40000            10.0.0.1:80 (here)
  0.000000 │── SYN Seq=0 Win=65535 ──────────────────►│ LISTEN → SYN-RECEIVED
           │   MSS=1460 WS=128                        │ queue a request, answer with SYN-ACK
  0.000000 │◄──────── SYN-ACK Seq=0 Ack=1 Win=65535 ──│
           │                          MSS=1400 WS=4   │
  0.012000 │── ACK Seq=1 Ack=1 Win=64256 ────────────►│ SYN-RECEIVED → ESTABLISHED
)");
}

TEST(LadderTest, ATerminalWithoutUnicodeGetsTheSamePicture) {
  Teller teller;
  TellHandshake(teller);
  const std::string drawn = teller.Drawn(Ladder::Drawing::kAscii);
  EXPECT_TRUE(std::all_of(drawn.begin(), drawn.end(), [](char c) { return c > 0; }));
  EXPECT_NE(drawn.find("|-- ACK Seq=1 Ack=1 Win=64256 ------------>| "
                       "SYN-RECEIVED -> ESTABLISHED\n"),
            std::string::npos)
      << drawn;
}

// Ours is on the left: it opened.
TEST(LadderTest, AnAttemptThatGetsNoAnswerShowsItsRepetitionsAndItsEnd) {
  Teller teller;
  TraceRecord record = RecordOf(State::kSynSent, State::kSynSent);
  record.flow = kFlow;
  record.cause = TraceRecord::Cause::kCall;
  teller.Out(PacketOf(kFlow, kSyn, 7, 0), &record);
  teller.now = teller.now + 1s;
  record.cause = TraceRecord::Cause::kTimer;
  teller.Out(PacketOf(kFlow, kSyn, 7, 0), &record);
  record.after = State::kClosed;
  teller.ladder.Add(teller.now + 127s, record);
  const std::string margin(31, ' ');
  EXPECT_EQ(teller.Drawn(),
            "10.0.0.2:40000 → 10.0.0.1:80, at 2.500000 s, ISN 7 and unknown\n"
            "   time, s " +
                std::string(41, ' ') +
                "10.0.0.2:40000 (here)            10.0.0.1:80\n"
                "  0.000000 " +
                margin +
                " SYN-SENT │── SYN Seq=0 Win=65535 ──────────────────►│\n"
                "  1.000000 " +
                margin +
                "    timer │── SYN (again) Seq=0 Win=65535 ──────────►│\n"
                "128.000000 " +
                margin.substr(8) +
                "SYN-SENT → CLOSED │                                          │\n"
                "           " +
                margin + "    timer │                                          │\n");
}

TEST(LadderTest, ADropIsACrossAtOurRailWithTheReasonBesideIt) {
  Teller teller;
  teller.In(PacketOf(kFlow, kSyn, 1, 0),
            RecordOf(State::kListen, State::kListen, {Action::kDrop, Drop::kSynQueueFull}));
  EXPECT_NE(teller.Drawn().find("│── SYN Seq=0 Win=65535 ──────────────────╳│ LISTEN\n"),
            std::string::npos)
      << teller.Drawn();
  EXPECT_NE(teller.Drawn().find("│ dropped: SYN queue full\n"), std::string::npos);
}

TEST(LadderTest, WhatIsNotUnderstoodBeginsNoLadder) {
  Teller teller;
  TcpPacket packet = PacketOf(kFlow, kSyn, 1, 0);
  packet.bad_checksum = true;
  const TraceRecord garbage =
      RecordOf(State::kNone, State::kNone, {Action::kDrop, Drop::kTcpChecksum});
  teller.In(packet, garbage);
  EXPECT_TRUE(teller.ladder.flows().empty());
  TellHandshake(teller);
  teller.In(packet, garbage);
  EXPECT_NE(teller.Drawn().find("╳│ dropped: bad TCP checksum\n"), std::string::npos)
      << teller.Drawn();
}

// As Wireshark does.
TEST(LadderTest, AConversationWhoseBeginningWasMissedCountsFromOne) {
  Teller teller;
  TcpPacket packet = PacketOf(kFlow, kAck, 4'000'000'000, 77);
  packet.text = Text(0, 10);
  teller.In(packet, RecordOf(State::kEstablished, State::kEstablished));
  EXPECT_NE(teller.Drawn().find("ISN unknown and unknown"), std::string::npos);
  EXPECT_NE(teller.Drawn().find("── ACK Seq=1 Ack=1 Len=10 Win=65535 ──"), std::string::npos)
      << teller.Drawn();
}

TEST(LadderTest, ANewConversationOfTheSameNameIsALadderOfItsOwn) {
  Teller teller;
  TellHandshake(teller);
  teller.In(PacketOf(kFlow, kSyn, 9, 0), RecordOf(State::kEstablished, State::kEstablished,
                                                  {Action::kChallenge, Drop::kInvalidSyn}));
  EXPECT_EQ(teller.ladder.flows().size(), 1u) << "a SYN does not end a conversation";
  teller.In(PacketOf(kFlow, kRst, 1001, 0),
            RecordOf(State::kEstablished, State::kClosed, Action::kReset));
  teller.In(PacketOf(kFlow, kSyn, 9, 0),
            RecordOf(State::kListen, State::kSynReceived, Action::kQueue));
  ASSERT_EQ(teller.ladder.flows().size(), 2u);
  EXPECT_EQ(teller.ladder.flows()[1]->rows, 1u);
}

TEST(LadderTest, AFullLadderKeepsTheBeginningAndTheEnd) {
  Ladder::Options options;
  options.rows = 9;
  Teller teller(options);
  for (uint32_t i = 0; i < 100; ++i) {
    TcpPacket packet = PacketOf(kFlow, kAck, 1 + i, 1);
    packet.text = Text(i, 1);
    teller.In(packet, RecordOf(State::kEstablished, State::kEstablished));
  }
  const std::string drawn = teller.Drawn();
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 2 + 9 + 1);
  EXPECT_NE(drawn.find("Seq=6 "), std::string::npos);
  EXPECT_EQ(drawn.find("Seq=7 "), std::string::npos);
  EXPECT_NE(drawn.find("⋮ 91 more ⋮"), std::string::npos);
  EXPECT_NE(drawn.find("Seq=98 "), std::string::npos);
}

TEST(LadderTest, TheFlowThatWasSilentForTheLongestTimeMakesRoom) {
  Ladder::Options options;
  options.flows = 3;
  Teller teller(options);
  const auto say = [&](uint16_t port) {
    Flow flow = kFlow;
    flow.local_port = Port{port};
    teller.In(PacketOf(flow, kSyn, 1, 0),
              RecordOf(State::kListen, State::kSynReceived, Action::kQueue));
  };
  for (const int port : {1, 2, 3, 1, 4}) say(static_cast<uint16_t>(port));
  std::vector<Port> kept;
  for (const LadderFlow* flow : teller.ladder.flows())
    kept.push_back(flow->ends[0].endpoint.port);
  EXPECT_EQ(kept, (std::vector<Port>{Port{1}, Port{3}, Port{4}}));
}

// Incident 46, and what is to be seen of it.
TEST(LadderTest, AFloodOfSynsDoesNotSweepAwayWhoHasMet) {
  Teller teller;
  TellHandshake(teller);
  for (uint16_t port = 1; port < 1000; ++port) {
    Flow flow = kFlow;
    flow.local_port = Port{port};
    teller.In(PacketOf(flow, kSyn, 1, 0),
              RecordOf(State::kListen, State::kSynReceived, Action::kQueue));
  }
  ASSERT_EQ(teller.ladder.flows().size(), 16u);
  EXPECT_EQ(teller.ladder.flows()[0]->rows, 3u);
}

// --- Both sides.

struct BothTeller : Teller {
  BothTeller() : Teller({Ladder::View::kBothSides, 16, 48}) {}
};

TraceRecord CallIn(State state) {
  TraceRecord record = RecordOf(state, state);
  record.cause = TraceRecord::Cause::kCall;
  return record;
}

// RFC 9293 figure 7: the SYN of one side is on its way while the other's is.
TEST(LadderTest, SegmentsThatCrossLeaveIntoDotsAndComeOutOfDots) {
  BothTeller teller;
  const TcpPacket left = PacketOf(kFlow, kSyn, 100, 0);
  const TcpPacket right = PacketOf(kFlow.Reversed(), kSyn, 300, 0);
  const TraceRecord opened = CallIn(State::kSynSent);
  const TraceRecord crossed = RecordOf(State::kSynSent, State::kSynReceived);
  teller.Out(left, &opened);
  teller.Out(right, &opened);
  teller.In(right, crossed);
  teller.In(left, crossed);
  EXPECT_EQ(teller.Drawn(),
            R"(10.0.0.2:40000 → 10.0.0.1:80, at 2.500000 s, ISN 100 and 300
   time, s                       10.0.0.2:40000                   10.0.0.1:80
  0.000000              SYN-SENT │── SYN Seq=0 Win=65535 ──┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│
  0.000000        → SYN-RECEIVED │◄────────────────── SYN Seq=0 Win=65535 ──│ SYN-SENT
  0.000000                       │┄┄ SYN Seq=0 Win=65535 ──────────────────►│ → SYN-RECEIVED
)");
}

TEST(LadderTest, WhatNeverArrivesBreaksOffAndWhatArrivesTwiceIsACopy) {
  BothTeller teller;
  const TraceRecord opened = CallIn(State::kSynSent);
  TcpPacket syn = PacketOf(kFlow, kSyn, 100, 0);
  syn.options.Timestamps(1, 0);
  teller.Out(syn, &opened);
  teller.now = teller.now + 1s;
  syn.options = OptionList().Timestamps(1001, 0);
  teller.Out(syn, &opened);
  teller.In(syn, RecordOf(State::kListen, State::kSynReceived, Action::kQueue));
  teller.In(syn, RecordOf(State::kSynReceived, State::kSynReceived,
                          {Action::kResendSynAck, Drop::kSynRepeated}));
  const std::string drawn = teller.Drawn();
  EXPECT_NE(drawn.find("  0.000000              SYN-SENT │── SYN Seq=0 Win=65535 ──╳  "),
            std::string::npos)
      << drawn;
  EXPECT_NE(drawn.find("│── SYN (again) Seq=0 Win=65535 ──────────►│ LISTEN → SYN-RECEIVED"),
            std::string::npos)
      << drawn;
  EXPECT_NE(drawn.find("│┄┄ SYN (copy) Seq=0 Win=65535 ───────────╳│ send the SYN-ACK"),
            std::string::npos)
      << drawn;
}

// The damaged segment is known again by all that is not damaged.
TEST(LadderTest, WhatIsDamagedOnTheWayIsDroppedAtTheEndOfItsArrow) {
  BothTeller teller;
  const TraceRecord opened = CallIn(State::kSynSent);
  TcpPacket syn = PacketOf(kFlow, kSyn, 100, 0);
  teller.Out(syn, &opened);
  syn.bad_checksum = true;
  teller.In(syn, RecordOf(State::kNone, State::kNone, {Action::kDrop, Drop::kTcpChecksum}));
  EXPECT_NE(teller.Drawn().find("SYN-SENT │── SYN Seq=0 Win=65535 ──────────────────╳│ "
                                "dropped: bad TCP"),
            std::string::npos)
      << teller.Drawn();
}

size_t Columns(const std::string& line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Users over a bad wire: whatever happens, a line has a hundred columns at most, and each
// conversation that was kept has its handshake at its top.
TEST(LadderTest, EveryLineFitsATerminal) {
  Lab lab(5);
  lab.AddHost();
  lab.AddHost();
  Faults faults;
  faults.loss = faults.duplicate = faults.reorder = faults.corrupt = 100;
  lab.wire().set_faults(faults);
  Ladder both({Ladder::View::kBothSides, 1000, 48}), one({Ladder::View::kOneSide, 1000, 48});
  Observer left(Framing::kEthernet), right(Framing::kEthernet);
  both.Watch(left);
  both.Watch(right);
  one.Watch(left);
  lab.host(0).pump().set_tap(left.tap());
  lab.host(1).pump().set_tap(right.tap());
  TrafficOptions options;
  options.rude = 300;
  Traffic traffic(lab, options, 5);
  for (const Instant end = lab.now() + 120s; lab.now() < end;) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
  }
  EXPECT_GE(both.flows().size(), traffic.tally().opened - 12);
  for (const Ladder* ladder : {&both, &one}) {
    for (const LadderFlow* flow : ladder->flows()) {
      const std::string drawn = ladder->Draw(*flow);
      for (size_t at = 0; at < drawn.size();) {
        const size_t end = drawn.find('\n', at);
        EXPECT_LE(Columns(drawn.substr(at, end - at)), 100u) << drawn;
        at = end + 1;
      }
      EXPECT_LE(flow->first.size() + flow->last.size(), 48u);
      EXPECT_EQ(flow->first.at(0).label.at(0), "SYN") << drawn;
    }
  }
}

}  // namespace
}  // namespace handfast
