// All that a stack sends, whatever it is about.

#include <gtest/gtest.h>

#include <set>

#include "harness/world.h"

namespace handfast {
namespace {

// Keeps what left; the peer, if there is one, has heard it.
void Keep(std::vector<Datagram>& all, World& world, HandPeer* peer = nullptr) {
  for (Datagram& datagram : world.Take()) {
    const std::optional<Seen> seen = Read(datagram);
    if (peer != nullptr && seen && !seen->has(kRst)) peer->Hear(*seen);
    all.push_back(std::move(datagram));
  }
}

// What a listener says to a SYN, to one again, to nobody's ACK, and to what lies outside.
void PlayHandshake(World& world, HandPeer& peer, std::vector<Datagram>& all) {
  TcpPacket syn = peer.Make(kSyn | kEce | kCwr);
  syn.options = OptionList::Usual(100);
  world.Inject(syn);
  Keep(all, world, &peer);
  peer.timestamps = true;
  world.Inject(syn);
  world.Advance(1100ms);  // the SYN-ACK is sent again
  peer.seq += 1;
  TcpPacket wrong = peer.Make(kAck);
  wrong.ack += 5;
  wrong.tos = 0xff;
  world.Inject(wrong);
  wrong = peer.Make(kAck, Text(0, 9));
  wrong.seq += 90'000;
  wrong.tos = 0xff;
  world.Inject(wrong);
  wrong = peer.Make(kRst);
  wrong.seq += 5;
  world.Advance(600ms);
  world.Inject(wrong);
  Keep(all, world);
}

// ACKs at once and late, SACK, text and its repetition, probes of a closed window, FIN, and
// the ACK of time-wait.
void PlayConnection(World& world, HandPeer& peer, SocketId socket, std::vector<Datagram>& all) {
  TcpPacket beyond = peer.Make(kAck, Text(10, 7));
  beyond.seq += 10;
  world.Inject(beyond);
  peer.Say(kAck | kPsh, Text(0, 10));
  world.Advance(50ms);
  peer.seq += 7;
  (void)world.stack().Write(world.now(), socket, Text(0, 5001));
  for (int i = 0; i < 8; ++i) {
    world.Advance(i == 0 ? 7s : 0s);
    Keep(all, world, &peer);
    peer.window = i < 6 ? 65535 : 0;
    peer.Say(kAck);
  }
  (void)world.stack().Write(world.now(), socket, Text(5001, 100));
  world.Advance(5s);
  Keep(all, world);
  peer.window = 65535;
  peer.Say(kAck);
  Keep(all, world, &peer);
  peer.Say(kAck);
  (void)world.stack().Shutdown(world.now(), socket, ShutdownHow::kWrite);
  world.Poll();
  Keep(all, world, &peer);
  peer.Say(kFin | kAck);
  peer.seq -= 1;
  peer.Say(kFin | kAck);
  Keep(all, world);
}

void PlayServer(World& world, std::vector<Datagram>& all) {
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  PlayHandshake(world, peer, all);
  peer.Say(kAck);
  PlayConnection(world, peer, *world.stack().Accept(world.now(), listener), all);
}

// Connecting, also to one who connects to us; being aborted; and what strangers hear.
void PlayClient(World& world, std::vector<Datagram>& all) {
  for (const bool crossed : {false, true}) {
    const SocketId socket = *world.stack().Connect(world.now(), {kThere, Port{9}});
    world.Advance(1100ms);
    Keep(all, world);
    const Seen syn = *Read(all.back());
    HandPeer peer(world, kHttp, Port{9}, 5000);
    if (crossed) {
      peer.flow = syn.flow.Reversed();
      TcpPacket theirs = peer.Make(kSyn);
      theirs.options = OptionList::Usual(3);
      world.Inject(theirs);
    } else {
      peer.AnswerSyn(syn, OptionList::Usual(3, syn.options.ts_val));
    }
    (void)world.stack().Abort(world.now(), socket);
    world.Poll();
    Keep(all, world);
  }
  HandPeer stranger(world, Port{4444});
  TcpPacket strange = stranger.Make(kSyn, Text(0, 3));
  strange.tos = 0xff;
  world.Inject(strange);
  stranger.Say(kAck);
  world.Inject(IcmpEcho(kThere, kHere, Text(0, 33)));
  Keep(all, world);
}

std::vector<Datagram> Everything(std::optional<uint8_t> prefill = std::nullopt) {
  Config config = SmallConfig();
  config.policy.ecn = Ecn::kRequest;
  World world(config);
  if (prefill) world.Prefill(*prefill);
  std::vector<Datagram> all;
  PlayServer(world, all);
  PlayClient(world, all);
  return all;
}

// Of the checks below none means anything without this.
TEST(OutputTest, EverythingIsAmongIt) {
  std::set<std::string> kinds;
  bool sack = false, text = false, echo = false;
  for (const Datagram& datagram : Everything()) {
    const std::optional<Seen> seen = Read(datagram);
    echo |= !seen;
    if (!seen) continue;
    kinds.insert(ShowFlags(seen->flags & ~unsigned{kEce | kCwr | kPsh}));
    sack |= seen->options.has(Options::kSack);
    text |= !seen->text.empty();
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"S", "S.", ".", "R", "R.", "F."}));
  EXPECT_TRUE(sack && text && echo);
}

// Incident 116. I-66: what memory held before does not show.
TEST(OutputTest, WhatMemoryHeldBeforeDoesNotShow) {
  const std::vector<Datagram> plain = Everything();
  EXPECT_GT(plain.size(), 25u);
  EXPECT_EQ(Everything(0x00), plain);
  EXPECT_EQ(Everything(0xff), plain);
  EXPECT_EQ(Everything(0xa5), plain);
}

// I-07: header and lengths; R6864-4: an atomic datagram, identification 0, DF; MUST-49: the
// TTL; R3168-b: no ECN codepoint but on new text; no IP options.
TEST(OutputTest, TheIpHeaderIsPlain) {
  for (const Datagram& datagram : Everything()) {
    ASSERT_EQ(Ipv4View::Check(datagram), Drop::kNone);
    const Ipv4View ip(datagram);
    EXPECT_EQ(datagram[0], 0x45);
    EXPECT_EQ(ip.bytes().size(), datagram.size());
    EXPECT_LE(datagram.size(), 1500u);
    EXPECT_EQ(ip.id(), 0);
    EXPECT_EQ(LoadBe16(&datagram[6]), 0x4000) << "DF alone";
    EXPECT_EQ(ip.ttl(), 64);
    EXPECT_EQ(ip.source(), kHere);
    EXPECT_EQ(ip.destination(), kThere);
    const std::optional<Seen> seen = Read(datagram);
    const bool may_mark = seen && !seen->text.empty() && !seen->has(kSyn);
    EXPECT_TRUE(may_mark || (ip.tos() & 3) == 0);
  }
}

// Octets of options and NOPs before the list ends.
size_t Occupied(const std::vector<uint8_t>& list) {
  size_t at = 0;
  while (at < list.size() && list[at] != 0) at += list[at] == 1 ? 1 : list.at(at + 1);
  return at;
}

// MUST-2 (Read checks the sum), MUST-65, MUST-69, MUST-14, I-07: ports, options, pointers.
TEST(OutputTest, TheTcpHeaderIsRight) {
  for (const Datagram& datagram : Everything()) {
    const Ipv4View ip(datagram);
    if (ip.protocol() != kProtocolTcp) continue;
    const std::optional<Seen> seen = Read(datagram);
    ASSERT_TRUE(seen) << "a bad sum or length";
    EXPECT_NE(seen->flow.local_port, Port{0});
    EXPECT_NE(seen->flow.peer_port, Port{0});
    EXPECT_FALSE(seen->options.malformed);
    EXPECT_FALSE(seen->options.has(Options::kUnknown));
    EXPECT_EQ(seen->options.has(Options::kMss), seen->has(kSyn)) << Show(*seen);
    EXPECT_EQ(LoadBe16(&ip.payload()[18]), 0) << "the urgent pointer";
    EXPECT_EQ(seen->flags & (kReserved | kUrg), 0u);
    EXPECT_TRUE(seen->has(kAck) || seen->ack == 0);
    EXPECT_EQ(seen->option_bytes.size(), Occupied(seen->option_bytes)) << "no end in between";
  }
}

}  // namespace
}  // namespace handfast
