// The Internet checksum, against RFC 1071's own words and figures.

#include "stack/wire/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/packet.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

uint16_t Sum(Bytes bytes) {
  Checksum sum;
  sum.Add(ExactBytes(bytes));
  return sum.Fold();
}

std::vector<uint8_t> Noise(SimRng& rng, size_t count) {
  std::vector<uint8_t> out(count);
  rng.Fill(out);
  return out;
}

// RFC 1071 §3: the words 0001 f203 f4f5 f6f7 add up to ddf2.
TEST(ChecksumTest, TheExampleOfTheRfc) {
  const std::vector<uint8_t> words{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(Sum(words), 0xffff & ~0xddf2);
  const std::vector<uint8_t> first(words.begin(), words.begin() + 3);
  EXPECT_EQ(Sum(first), 0xffff & ~0xf201) << "an odd octet is the high one of its word";
}

// RFC 1071 §2 (B): the sum is the same in either byte order. (A): in any order of words.
TEST(ChecksumTest, WordsMayComeInAnyOrder) {
  SimRng rng(1);
  std::vector<uint8_t> bytes = Noise(rng, 64);
  const uint16_t before = Sum(bytes);
  for (size_t i = 0; i < 100; ++i) {
    const size_t a = 2 * rng.Below(32), b = 2 * rng.Below(32);
    std::swap(bytes[a], bytes[b]);
    std::swap(bytes[a + 1], bytes[b + 1]);
    ASSERT_EQ(Sum(bytes), before);
  }
  for (size_t i = 0; i < bytes.size(); i += 2) std::swap(bytes[i], bytes[i + 1]);
  EXPECT_EQ(Sum(bytes), static_cast<uint16_t>(before << 8 | before >> 8));
}

TEST(ChecksumTest, NothingAndZerosAddUpToNothing) {
  EXPECT_EQ(Sum({}), 0xffff);
  EXPECT_EQ(Sum(std::vector<uint8_t>(1500, 0)), 0xffff);
  EXPECT_EQ(Sum(std::vector<uint8_t>(1500, 0xff)), 0);
}

// Every length from 0 to 600, odd ones too, at every alignment; and so many octets of ones
// that each carry is taken.
TEST(ChecksumTest, AgreesWithTheBookAtAnyLengthAndAlignment) {
  SimRng rng(2);
  const std::vector<uint8_t> noise = Noise(rng, 640);
  const std::vector<uint8_t> ones(640, 0xff);
  for (const auto& bytes : {noise, ones})
    for (size_t length = 0; length <= 600; ++length)
      for (size_t at = 0; at < 8; ++at) {
        Checksum sum;
        sum.Add(Bytes(bytes).subspan(at, length));
        ASSERT_EQ(sum.Fold(), Rfc1071(Bytes(bytes).subspan(at, length)))
            << length << " octets from " << at;
      }
  const std::vector<uint8_t> longest = Noise(rng, 65535);
  EXPECT_EQ(Sum(longest), Rfc1071(longest));
  EXPECT_EQ(Sum(std::vector<uint8_t>(65535, 0xff)), Rfc1071(std::vector<uint8_t>(65535, 0xff)));
}

TEST(ChecksumTest, PartsOfEvenLengthMayBeAddedOneByOne) {
  SimRng rng(3);
  for (int round = 0; round < 2000; ++round) {
    const std::vector<uint8_t> bytes = Noise(rng, rng.Below(200));
    Checksum sum;
    for (size_t at = 0; at < bytes.size();) {
      const size_t left = bytes.size() - at;
      const size_t part = std::min<size_t>(left, 2 * rng.Below(20));
      if (rng.Chance(300) && left >= 2) {
        sum.Add16(LoadBe16(&bytes[at]));
        at += 2;
      } else {
        sum.Add(Bytes(bytes).subspan(at, part));
        at += part;
      }
    }
    ASSERT_EQ(sum.Fold(), Rfc1071(bytes));
  }
}

// Whoever puts the sum into the field that was 0 gets a whole that sums up to nothing; each
// single bit that is turned over shows.
TEST(ChecksumTest, ASealedTextChecksAndEachBitCounts) {
  SimRng rng(4);
  std::vector<uint8_t> bytes = Noise(rng, 61);
  StoreBe16(&bytes[16], 0);
  StoreBe16(&bytes[16], Sum(bytes));
  EXPECT_EQ(Sum(bytes), 0);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    ASSERT_NE(Sum(bytes), 0) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
  }
}

}  // namespace
}  // namespace handfast
