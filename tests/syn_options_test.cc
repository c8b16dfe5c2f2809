// What options do to a handshake, and what they cannot do to anything.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/world.h"

namespace handfast {
namespace {

// Enough of a buffer for a window scale of 10, as in the traces of a kernel.
Config Roomy(Config config = Config::Default()) {
  config = SmallConfig(config);
  config.socket.receive_buffer = 32 << 20;
  return config;
}

TcpPacket Syn(World& world, const OptionList& options) {
  TcpPacket syn = HandPeer(world, kHttp).Make(kSyn);
  syn.options = options;
  return syn;
}

// The bytes of a listener's answer; the request is gone again afterwards. Empty: none.
Datagram Answer(World& world, const TcpPacket& syn) {
  world.Inject(syn);
  const std::vector<Datagram> out = world.Take();
  TcpPacket reset = syn;
  reset.flags = kRst;
  reset.seq += 1;
  reset.options = {};
  world.Inject(reset);
  EXPECT_LE(out.size(), 1u);
  return out.empty() ? Datagram{} : out[0];
}

// A malformed list, in both policies: the whole SYN counts for nothing, or the part of the
// list before the fault counts.
void ExpectMalformed(World& strict, World& lenient, const OptionList& options) {
  const auto before = Snapshot(strict.stack());
  const uint64_t seen = strict.stack().counters()[Counter::kHandfastOptionsMalformed];
  ASSERT_EQ(strict.Inject(Syn(strict, options)), Verdict(Action::kDrop, Drop::kTcpOptions));
  ASSERT_TRUE(strict.Take().empty());
  ASSERT_EQ(strict.stack().counters()[Counter::kHandfastOptionsMalformed], seen + 1);
  ASSERT_EQ(Snapshot(strict.stack()), before);

  const uint64_t known = lenient.stack().counters()[Counter::kHandfastOptionsMalformed];
  ASSERT_FALSE(Answer(lenient, Syn(lenient, options)).empty());
  ASSERT_EQ(lenient.stack().counters()[Counter::kHandfastOptionsMalformed], known + 1);
}

class MalformedTest : public testing::Test {
 protected:
  MalformedTest() : lenient(SmallConfig(Config::Linux())) {
    strict.Listen();
    listener = lenient.Listen();
  }
  World strict, lenient;
  ListenerId listener;  // the lenient one's
};

// Incident 1. MUST-7.
TEST_F(MalformedTest, ALengthBelowTwoEndsAtOnce) {
  for (int kind = 2; kind < 256; ++kind)
    for (const int length : {0, 1})
      ASSERT_NO_FATAL_FAILURE(
          ExpectMalformed(strict, lenient, OptionList().Raw({kind, length, 1, 1})));
}

// Incident 2. MUST-7.
TEST_F(MalformedTest, ALengthBeyondTheHeaderIsNotFollowed) {
  for (int kind = 2; kind < 256; ++kind)
    for (int remaining = 4; remaining <= 40; remaining += 12)
      for (const int length : {remaining + 1, 127, 255})
        ASSERT_NO_FATAL_FAILURE(ExpectMalformed(
            strict, lenient, OptionList().Raw({kind, length}).Nop(remaining - 2)));
}

// Incident 3. MUST-68.
TEST_F(MalformedTest, AKindInTheLastOctetHasNoLength) {
  for (int kind = 2; kind < 256; ++kind)
    for (int nops = 3; nops < 40; nops += 4)
      ASSERT_NO_FATAL_FAILURE(
          ExpectMalformed(strict, lenient, OptionList().Nop(nops).Raw({kind})));
}

// What stood before the fault counts where malformed lists are ignored (OPT-01).
TEST_F(MalformedTest, LinuxBelievesWhatStoodBeforeTheFault) {
  const OptionList list = OptionList().Mss(700).Scale(3).Raw({8, 11}).Nop(3);
  HandPeer peer(lenient, kHttp);
  ASSERT_TRUE(peer.Open(list));
  const auto socket = lenient.stack().Accept(
      lenient.now(), lenient.stack().tables().listeners.HandleOf(Slot<Listener>(0)));
  ASSERT_TRUE(socket);
  EXPECT_EQ(lenient.stack().Status(*socket)->send_mss, 700u);
  EXPECT_TRUE(lenient.stack().Status(*socket)->negotiated.has(Negotiated::kWindowScale));
}

// Incident 14: no option ends a connection; out of the window, in it, or exactly in place.
TEST(OptionsOfAConnectionTest, AMalformedListNeverEndsIt) {
  for (const Config& config : {SmallConfig(), SmallConfig(Config::Linux())}) {
    Scene open(config);
    const uint32_t window = open.world.stack().Status(open.socket)->receive_window;
    for (const uint32_t ahead : {window + 1, window, window - 1, 1u, 0u, ~0u}) {
      TcpPacket junk = open.peer.Make(kAck);
      junk.seq += ahead;
      junk.options.Raw({5, 1, 1, 1});
      open.world.Inject(junk);
      EXPECT_EQ(open.state(), State::kEstablished);
      EXPECT_EQ(open.world.stack().counters()[Counter::kTcpOutRsts], 0u);
    }
    const bool drops = config.malformed_options == OnMalformedOptions::kDrop;
    EXPECT_LE(open.world.Take().size(), drops ? 0u : 1u) << "one ACK in 500 ms, at most";
    open.peer.Say(kAck | kPsh, Text(0, 10));
    EXPECT_EQ(open.world.ReadAll(open.socket), Text(0, 10));
  }
}

// MUST-5: any option in any segment.
TEST(OptionsOfAConnectionTest, OptionsInAnySegmentAreIgnoredOrUsed) {
  constexpr unsigned kFlags[] = {kAck, kAck | kPsh, kFin | kAck, kRst};
  const OptionList lists[] = {OptionList().Nop(4),
                              OptionList().Raw({0, 0, 0, 0}),
                              OptionList().Mss(100).Scale(9),
                              OptionList::Usual(77),
                              OptionList().Raw({99, 4, 1, 2}),
                              OptionList().Raw({34, 2}),
                              OptionList().Sack({{1, 2}}),
                              OptionList().SackPermitted()};
  for (const OptionList& options : lists)
    for (const unsigned flags : kFlags) {
      Scene open;
      TcpPacket packet =
          open.peer.Make(flags, flags == (kAck | kPsh) ? Text(0, 9) : Text(0, 0));
      packet.options = options;
      const Verdict verdict = open.world.Inject(packet);
      const bool reset = flags == kRst;
      EXPECT_EQ(verdict, Verdict(reset ? Action::kReset : Action::kAccept));
      EXPECT_EQ(open.state(), reset                    ? State::kClosed
                              : flags == (kFin | kAck) ? State::kCloseWait
                                                       : State::kEstablished);
      EXPECT_EQ(open.world.stack().Status(open.socket)->send_mss, 1460u);
    }
}

// MUST-65, R7323-2.2, OPT-05: MSS, window scale and SACK permitted mean nothing without SYN.
TEST(OptionsOfAConnectionTest, WhatBelongsToASynIsIgnoredElsewhere) {
  Scene open;
  TcpPacket packet = open.peer.Make(kAck);
  packet.options.Mss(100).Scale(7).Nop().SackPermitted().Nop(2).Nop(4);
  packet.window = 1000;
  EXPECT_EQ(open.world.Inject(packet), Verdict(Action::kAccept));
  const SocketStatus status = *open.world.stack().Status(open.socket);
  EXPECT_EQ(status.send_mss, 1460u);
  EXPECT_EQ(status.send_window, 1000u);
  EXPECT_FALSE(status.negotiated.has(Negotiated::kWindowScale));
  EXPECT_FALSE(status.negotiated.has(Negotiated::kSack));
}

// MUST-6: unknown kinds of any length change nothing. Fast Open is unknown to a listener
// that has it off (R7413-def).
TEST(SynOptionsTest, UnknownOptionsChangeNothing) {
  World world(Roomy());
  world.Listen();
  const Datagram plain = Answer(world, Syn(world, OptionList::Usual(7)));
  for (int kind = 30; kind < 256; ++kind)
    for (int length = 2; length <= 20; ++length) {
      OptionList list = OptionList::Usual(7).Raw({kind, length});
      list.Nop(length - 2);
      ASSERT_EQ(Answer(world, Syn(world, list)), plain) << kind << " of " << length;
    }
}

// MUST-64: NOPs before, between and behind.
TEST(SynOptionsTest, OptionsBeginAtAnyOctet) {
  World world(Roomy());
  world.Listen();
  const Datagram plain = Answer(world, Syn(world, OptionList::Usual(7)));
  EXPECT_FALSE(plain.empty());
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b)
      for (int c = 0; c < 4; ++c) {
        const OptionList list = OptionList()
                                    .Nop(a)
                                    .Mss(1460)
                                    .Nop(b)
                                    .SackPermitted()
                                    .Nop(c)
                                    .Timestamps(7, 0)
                                    .Nop(b)
                                    .Scale(7)
                                    .Nop(c);
        ASSERT_EQ(Answer(world, Syn(world, list)), plain);
      }
}

// Incident 4: with a length of its own, an MSS is none (OPT-01, E02).
TEST(SynOptionsTest, AnMssOfAnotherLengthIsNone) {
  const OptionList lists[] = {OptionList().Raw({2, 2, 1, 1}), OptionList().Raw({2, 3, 5, 0}),
                              OptionList().Raw({2, 5, 5, 180, 9, 0}),
                              OptionList().Raw({0, 2, 4, 5, 180, 0, 0, 0})};
  for (const OptionList& list : lists) {
    Scene open(SmallConfig(), list);
    EXPECT_EQ(open.world.stack().Status(open.socket)->send_mss, 536u);
  }
}

// SAK-06, SAK-07, V:E02. R7323-2.2, R7323-2.3a, R7323-3.2b: what was not offered is not
// answered; MSS always is (MUST-14). MUST-69, Incident 16: whole words, padded with NOPs.
TEST(SynOptionsTest, ASynAckAnswersWhatWasOfferedInLinuxsOrder) {
  constexpr std::pair<const char*, uint16_t> kAnswers[] = {
      {"020405b4", 64240},
      {"020405b401010402", 64240},
      {"020405b40101080aTTTTTTTT11223344", 65160},
      {"020405b40402080aTTTTTTTT11223344", 65160},
      {"020405b40103030a", 64240},
      {"020405b4010104020103030a", 64240},
      {"020405b40101080aTTTTTTTT112233440103030a", 65160},
      {"020405b40402080aTTTTTTTT112233440103030a", 65160},
  };
  World world(Roomy());
  world.Listen();
  for (unsigned subset = 0; subset < 16; ++subset) {
    OptionList list;
    if ((subset & 8) != 0) list.Mss(1400);
    if ((subset & 1) != 0) list.SackPermitted();
    if ((subset & 2) != 0) list.Timestamps(0x11223344, 0);
    if ((subset & 4) != 0) list.Scale(9);
    const std::optional<Seen> seen = Read(Answer(world, Syn(world, list)));
    ASSERT_TRUE(seen);
    std::string hex;
    for (const uint8_t octet : seen->option_bytes) {
      hex += "0123456789abcdef"[octet >> 4];
      hex += "0123456789abcdef"[octet & 15];
    }
    if ((subset & 2) != 0) hex.replace(hex.find("080a") + 4, 8, "TTTTTTTT");
    EXPECT_EQ(hex, kAnswers[subset & 7].first);
    EXPECT_EQ(seen->window, kAnswers[subset & 7].second) << "as it is, not scaled";
  }
}

}  // namespace
}  // namespace handfast
