// SipHash, against published vectors and against the paper's text turned into code anew.

#include "stack/base/siphash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

#include "harness/packet.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

// Key 00 01 .. 0f, message 00 01 .. n-1: the table that comes with the reference code of
// SipHash-2-4 (Aumasson, Bernstein 2012), n = 0..63.
constexpr uint64_t kVectors[64] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
    0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
    0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
    0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad,
    0xde4daaaca71dc9a5, 0xa6a2506687956571, 0xad87a3535c49ef28, 0x32d892fad841c342,
    0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
    0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
    0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95,
    0xf935451de4f21df2, 0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
    0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72, 0xa192d576b245165a,
    0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea, 0x245731c13ca42499,
    0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
    0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572};

constexpr SipKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::vector<uint8_t> Counting(size_t count) {
  std::vector<uint8_t> bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}

// Sections 2.1 to 2.4 of the paper, a step for a sentence.
uint64_t ByThePaper(int c, int d, SipKey key, const std::vector<uint8_t>& message) {
  uint64_t v[4] = {key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                   key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
  const auto mix = [&v](int a, int b, unsigned by) {  // half of half a round
    v[a] += v[b];
    v[b] = v[b] << by | v[b] >> (64 - by);
    v[b] ^= v[a];
  };
  const auto round = [&] {
    mix(0, 1, 13), mix(2, 3, 16);
    v[0] = v[0] << 32 | v[0] >> 32;
    mix(2, 1, 17), mix(0, 3, 21);
    v[2] = v[2] << 32 | v[2] >> 32;
  };
  std::vector<uint8_t> padded = message;
  padded.resize(message.size() / 8 * 8 + 8, 0);
  padded.back() = static_cast<uint8_t>(message.size());
  for (size_t at = 0; at < padded.size(); at += 8) {
    uint64_t word = 0;
    for (size_t i = 8; i > 0; --i) word = word << 8 | padded[at + i - 1];
    v[3] ^= word;
    for (int i = 0; i < c; ++i) round();
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  for (int i = 0; i < d; ++i) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

TEST(SipHashTest, TheReferenceVectorsOf24) {
  for (size_t length = 0; length < 64; ++length) {
    EXPECT_EQ(SipHash24::Of(kKey, ExactBytes(Counting(length))), kVectors[length]) << length;
    EXPECT_EQ(ByThePaper(2, 4, kKey, Counting(length)), kVectors[length]) << length;
  }
}

// SipHash-1-3 has no table of its authors; two values of other implementations, and the
// paper for all lengths.
TEST(SipHashTest, OneThreeIsWhatThePaperSays) {
  EXPECT_EQ(SipHash13::Of(kKey, {}), 0xabac0158050fc4dc);
  EXPECT_EQ(SipHash13::Of(kKey, Counting(15)), 0xd320d86d2a519956);
  SimRng rng(1);
  for (size_t length = 0; length < 300; ++length) {
    std::vector<uint8_t> message(length);
    rng.Fill(message);
    const SipKey key{rng.Next(), rng.Next()};
    ASSERT_EQ(SipHash13::Of(key, ExactBytes(message)), ByThePaper(1, 3, key, message));
    ASSERT_EQ(SipHash24::Of(key, ExactBytes(message)), ByThePaper(2, 4, key, message));
  }
}

constexpr Flow kFlow{Addr::V4(10, 0, 0, 1), Addr::V4(192, 0, 2, 7), Port{80}, Port{40000}};

// Every bit of a flow, in its place.
std::vector<Flow> Neighbours(const Flow& flow) {
  std::vector<Flow> flows;
  const auto add = [&](auto&& change) {
    flows.push_back(flow);
    change(flows.back());
  };
  for (unsigned bit = 0; bit < 32; ++bit)
    for (size_t word = flow.local.is_v4() ? 3 : 0; word < 4; ++word) {
      add([&](Flow& f) { f.local.words[word] ^= 1u << bit; });
      add([&](Flow& f) { f.peer.words[word] ^= 1u << bit; });
    }
  for (unsigned bit = 0; bit < 16; ++bit) {
    const auto turned = [bit](Port port) {
      return Port{static_cast<uint16_t>(static_cast<unsigned>(port) ^ 1u << bit)};
    };
    add([&](Flow& f) { f.local_port = turned(f.local_port); });
    add([&](Flow& f) { f.peer_port = turned(f.peer_port); });
  }
  add([](Flow& f) { f = f.Reversed(); });
  add([](Flow& f) { std::swap(f.local, f.peer); });
  add([](Flow& f) { std::swap(f.local_port, f.peer_port); });
  return flows;
}

template <typename Hash>
void ExpectAllDiffer(const Flow& flow) {
  std::set<uint64_t> hashes{HashFlow<Hash>(kKey, flow)};
  const std::vector<Flow> others = Neighbours(flow);
  for (const Flow& other : others) hashes.insert(HashFlow<Hash>(kKey, other));
  EXPECT_EQ(hashes.size(), others.size() + 1);
  EXPECT_EQ(hashes.count(HashFlow<Hash>({kKey.k0 ^ 1, kKey.k1}, flow)), 0u);
  EXPECT_EQ(hashes.count(HashFlow<Hash>({kKey.k0, kKey.k1 ^ 1}, flow)), 0u);
}

// Incident 44, I-23: who can make flows collide owns the table.
TEST(HashFlowTest, EachBitOfAFlowAndOfTheKeyCounts) {
  Flow v6 = kFlow;
  v6.local.words = {0x20010db8, 1, 2, 3};
  v6.peer.words = {0x20010db8, 4, 5, 6};
  ExpectAllDiffer<SipHash13>(kFlow);
  ExpectAllDiffer<SipHash24>(kFlow);
  ExpectAllDiffer<SipHash13>(v6);
  ExpectAllDiffer<SipHash24>(v6);
}

TEST(HashFlowTest, ANumberBesideTheFlowCounts) {
  std::set<uint64_t> hashes;
  for (uint32_t number = 0; number < 1000; ++number)
    hashes.insert(HashFlow<SipHash24>(kKey, kFlow, number));
  for (unsigned bit = 10; bit < 32; ++bit)
    hashes.insert(HashFlow<SipHash24>(kKey, kFlow, 1u << bit));
  EXPECT_EQ(hashes.size(), 1022u);
}

}  // namespace
}  // namespace handfast
