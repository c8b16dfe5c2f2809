// Segments as bytes: the emitter against a writer that was written anew, and against the
// parser.

#include "stack/wire/emit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "harness/packet.h"
#include "harness/sim/rng.h"
#include "stack/wire/parse.h"

namespace handfast {
namespace {

using List = std::vector<uint8_t>;
constexpr uint8_t kDigest[16] = {0xd0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xdf};
constexpr SackBlock kBlocks[4] = {
    {Seq(1), Seq(2)}, {Seq(3), Seq(4)}, {Seq(5), Seq(6)}, {Seq(0xfffffffe), Seq(8)}};
constexpr uint8_t kCookie[16] = {0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xcf};

List Emitted(const OutOptions& options, uint8_t before) {
  std::array<uint8_t, TcpView::kMaxOptions> buffer;
  buffer.fill(before);
  const size_t size = EmitOptions(options, buffer.data()).length;
  EXPECT_LE(size, buffer.size());
  EXPECT_TRUE(std::all_of(buffer.begin() + static_cast<long>(size), buffer.end(),
                          [before](uint8_t octet) { return octet == before; }));
  return List(buffer.begin(), buffer.begin() + static_cast<long>(size));
}

// What is left of the wishes when 40 octets are shared out in the documented order.
OutOptions WhatFits(OutOptions options) {
  size_t room = 40;
  const auto grant = [&](Options::Bit bit, size_t size) {
    if (!options.has(bit)) return;
    if (size > room)
      options.present &= static_cast<uint8_t>(~bit);
    else
      room -= size;
  };
  const bool fused = options.has(Options::kTimestamps);  // SACK permitted stands in its NOPs
  const size_t cookie = 2 + options.cookie.size() + (options.fastopen_experimental ? 2 : 0);
  grant(Options::kMd5, 20);
  grant(Options::kMss, 4);
  grant(Options::kTimestamps, 12);
  if (!fused) grant(Options::kSackPermitted, 4);
  grant(Options::kWindowScale, 4);
  grant(Options::kFastOpen, (cookie + 3) / 4 * 4);
  const size_t blocks = room < 12 ? 0 : std::min(options.sack.size(), (room - 4) / 8);
  options.sack = options.sack.first(options.has(Options::kSack) ? blocks : 0);
  if (blocks == 0) options.present &= static_cast<uint8_t>(~Options::kSack);
  return options;
}

void ExpectSays(const Options& said, const OutOptions& meant) {
  ASSERT_FALSE(said.malformed);
  ASSERT_EQ(said.seen, meant.present);
  ASSERT_EQ(said.mss, meant.has(Options::kMss) ? meant.mss : 0);
  ASSERT_EQ(said.window_scale, meant.has(Options::kWindowScale) ? meant.window_scale : 0);
  if (meant.has(Options::kTimestamps)) {
    ASSERT_EQ(said.ts_val, meant.ts_val);
    ASSERT_EQ(said.ts_ecr, meant.ts_ecr);
  }
  ASSERT_TRUE(!meant.has(Options::kMd5) || std::equal(kDigest, kDigest + 16, said.md5));
  if (meant.has(Options::kFastOpen)) {
    ASSERT_EQ(said.cookie_size, meant.cookie.size());
    ASSERT_EQ(said.fastopen_experimental, meant.fastopen_experimental);
    ASSERT_TRUE(std::equal(meant.cookie.begin(), meant.cookie.end(), said.cookie));
  }
  ASSERT_EQ(said.sack_blocks, meant.sack.size());
  for (size_t i = 0; i < meant.sack.size(); ++i) {
    ASSERT_EQ(LoadBe32(said.sack + 8 * i), meant.sack[i].first.raw());
    ASSERT_EQ(LoadBe32(said.sack + 8 * i + 4), meant.sack[i].end.raw());
  }
}

// MUST-69: between and behind options stand NOPs; the list ends with the header, so that
// nothing needs to end it.
void ExpectPaddedWithNops(const List& list) {
  ASSERT_EQ(list.size() % 4, 0u);
  size_t at = 0;
  while (at < list.size()) {
    ASSERT_NE(list[at], 0);
    at += list[at] == 1 ? 1 : list.at(at + 1);
  }
  ASSERT_EQ(at, list.size());
}

void ExpectEmits(const OutOptions& options) {
  const List list = Emitted(options, 0x00);
  ASSERT_EQ(list, Emitted(options, 0xff));
  ASSERT_NO_FATAL_FAILURE(ExpectPaddedWithNops(list));
  const ExactBytes exact(list);
  ASSERT_NO_FATAL_FAILURE(ExpectSays(ParseOptions(exact), WhatFits(options)));
}

// Incident 16. MUST-4, I-76: every set of options, every cookie, every number of blocks.
TEST(EmitOptionsTest, EveryCombinationFitsOrGivesWayInTheDocumentedOrder) {
  OutOptions options;
  options.mss = 1460;
  options.window_scale = 14;
  options.ts_val = 0x01020304;
  options.ts_ecr = 0xfffefdfc;
  options.md5 = kDigest;
  for (unsigned present = 0; present < 128; ++present)
    for (unsigned cookie = 0; cookie <= 16; cookie += cookie == 0 ? 4 : 2)
      for (const bool experimental : {false, true})
        for (size_t blocks = 0; blocks <= 4; ++blocks) {
          options.present = static_cast<uint8_t>(present);
          options.cookie = Bytes(kCookie).first(cookie);
          options.fastopen_experimental = experimental;
          options.sack = std::span(kBlocks).first(blocks);
          ASSERT_NO_FATAL_FAILURE(ExpectEmits(options))
              << present << ", cookie " << cookie << ", blocks " << blocks;
        }
}

// A segment of random fields, as the emitter and as the other writer take it.
struct Pair {
  Outgoing out;
  TcpPacket packet;
  List text;
};

Addr RandomAddr(SimRng& rng) {
  return Addr::V4(rng.Chance(100) ? ~0u : static_cast<uint32_t>(rng.Next()));
}

Pair RandomSegment(SimRng& rng) {
  const auto word = [&rng] {
    return rng.Chance(200) ? ~0u * static_cast<uint32_t>(rng.Below(2))
                           : static_cast<uint32_t>(rng.Next());
  };
  Pair pair;
  pair.packet.flow = {RandomAddr(rng), RandomAddr(rng), Port{static_cast<uint16_t>(word())},
                      Port{static_cast<uint16_t>(word())}};
  pair.packet.seq = word();
  pair.packet.ack = word();
  pair.packet.flags = static_cast<unsigned>(rng.Below(0x1000));
  pair.packet.window = static_cast<uint16_t>(word());
  pair.packet.tos = static_cast<uint8_t>(rng.Next());
  pair.packet.ttl = static_cast<uint8_t>(rng.Next());
  pair.text.resize(rng.Chance(500) ? 0 : rng.Below(1461));
  if (rng.Chance(100))
    std::fill(pair.text.begin(), pair.text.end(), 0xff);
  else
    rng.Fill(pair.text);
  pair.packet.text = pair.text;
  if (rng.Chance(500)) {
    OutOptions& options = pair.out.options;
    options.present =
        Options::kMss | Options::kSackPermitted | Options::kTimestamps | Options::kWindowScale;
    options.mss = 1460;
    options.window_scale = 7;
    options.ts_val = word();
    options.ts_ecr = word();
    pair.packet.options = OptionList::Usual(options.ts_val, options.ts_ecr);
  }
  pair.out.flow = pair.packet.flow;
  pair.out.seq = Seq(pair.packet.seq);
  pair.out.ack = Seq(pair.packet.ack);
  pair.out.flags = Flags(pair.packet.flags);
  pair.out.window = pair.packet.window;
  pair.out.tos = pair.packet.tos;
  pair.out.ttl = pair.packet.ttl;
  return pair;
}

// In memory of exactly the size, which held `before`.
Datagram Emitted(const Pair& pair, uint8_t before) {
  const size_t text_at = TextOffset(pair.packet.options.bytes().size());
  const size_t total = text_at + pair.text.size();
  const auto memory = std::make_unique<uint8_t[]>(total);
  std::fill_n(memory.get(), total, before);
  const EmittedOptions options = EmitOptions(pair.out.options, memory.get() + kOptionsAt);
  std::copy(pair.text.begin(), pair.text.end(), memory.get() + text_at);
  EXPECT_EQ(EmitTcp(pair.out, options, pair.text.size(), {memory.get(), total}), total);
  return Datagram(memory.get(), memory.get() + total);
}

// MUST-2, Incident 116, I-66, I-76: octet for octet what the other writer writes, whatever
// the memory held; and read back it says what was meant. R6864-4: DF, identification 0.
TEST(EmitTcpTest, WritesEachOctet) {
  SimRng rng(1);
  for (int round = 0; round < 20'000; ++round) {
    const Pair pair = RandomSegment(rng);
    const Datagram bytes = Emitted(pair, 0x00);
    ASSERT_EQ(bytes, pair.packet.Seal());
    ASSERT_EQ(bytes, Emitted(pair, 0xff));
    const std::optional<Seen> seen = Read(ExactBytes(bytes));
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->flow, pair.packet.flow);
    ASSERT_EQ(seen->seq, pair.packet.seq);
    ASSERT_EQ(seen->ack, pair.packet.ack);
    ASSERT_EQ(seen->flags, pair.packet.flags);
    ASSERT_EQ(seen->window, pair.packet.window);
    ASSERT_EQ(seen->text, pair.text);
    ASSERT_EQ(LoadBe16(&bytes[4]), 0);
    ASSERT_EQ(LoadBe16(&bytes[6]), 0x4000);
  }
}

// A checksum may come out as 0, and is then written so.
TEST(EmitTcpTest, AChecksumOfZeroIsAChecksum) {
  SimRng rng(2);
  Pair pair = RandomSegment(rng);
  pair.out.flow =
      pair.packet.flow = {Addr::V4(10, 0, 0, 2), Addr::V4(10, 0, 0, 1), Port{4}, Port{5}};
  int zeros = 0;
  for (unsigned window = 0; window < 0x10000; ++window) {
    pair.packet.window = pair.out.window = static_cast<uint16_t>(window);
    const Datagram bytes = Emitted(pair, 0);
    if (LoadBe16(&bytes[36]) != 0) continue;
    ++zeros;
    const LocalAddr local{Addr::V4(10, 0, 0, 1), 24};
    Arrival arrival;
    Parse(bytes, {&local, 1}, {}, arrival);
    EXPECT_EQ(arrival.drop, Drop::kNone);
  }
  EXPECT_GT(zeros, 0);
}

// Incident 116: the echo's answer, too; and nothing where there is no room.
TEST(EmitEchoReplyTest, WritesEachOctetOrNothing) {
  const LocalAddr local{Addr::V4(10, 0, 0, 1), 24};
  for (size_t length = 0; length < 100; ++length) {
    const Datagram request =
        IcmpEcho(Addr::V4(10, 0, 0, 2), Addr::V4(10, 0, 0, 1), Text(length, length));
    Arrival arrival;
    Parse(request, {&local, 1}, {}, arrival);
    ASSERT_EQ(arrival.what, Arrival::What::kEcho);
    List zeros(28 + length, 0x00), ones(28 + length, 0xff), less(27 + length, 0x55);
    ASSERT_EQ(EmitEchoReply(request, zeros), zeros.size());
    ASSERT_EQ(EmitEchoReply(request, ones), ones.size());
    ASSERT_EQ(zeros, ones);
    ASSERT_EQ(Ipv4View::Check(zeros), Drop::kNone);
    ASSERT_EQ(Rfc1071(Bytes(zeros).subspan(20)), 0);
    ASSERT_EQ(EmitEchoReply(request, less), 0u);
    ASSERT_EQ(less, List(27 + length, 0x55));
  }
}

}  // namespace
}  // namespace handfast
