// The reader of a fuzzer's bytes, and the trail that inputs leave.

#include <gtest/gtest.h>

#include <array>

#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"

namespace handfast {
namespace {

constexpr std::array<uint8_t, 8> kOctets{1, 2, 3, 4, 5, 6, 7, 8};

TEST(ByteReaderTest, TakesValuesInNetworkOrder) {
  ByteReader in(kOctets);
  EXPECT_EQ(in.Byte(), 1);
  EXPECT_EQ(in.Word(), 0x0203);
  EXPECT_EQ(in.Long(), 0x0405'0607u);
  EXPECT_EQ(in.Below(3), 2u);
  EXPECT_TRUE(in.empty());
}

TEST(ByteReaderTest, GivesZerosBehindTheEnd) {
  ByteReader in(Bytes(kOctets).first(1));
  EXPECT_EQ(in.Long(), 0x0100'0000u);
  EXPECT_EQ(in.Byte(), 0);
  EXPECT_FALSE(in.Flip());
  EXPECT_TRUE(in.Take(5).empty());
}

TEST(ByteReaderTest, TakesNoMoreThanThereIs) {
  ByteReader in(kOctets);
  EXPECT_EQ(in.Take(6).size(), 6u);
  EXPECT_EQ(in.size(), 2u);
  EXPECT_EQ(in.Take(6).size(), 2u);
}

TEST(TrailTest, TellsOrderLengthAndContentApart) {
  const auto trail_of = [](std::initializer_list<uint64_t> numbers) {
    Trail trail;
    for (const uint64_t number : numbers) trail.Add(number);
    return trail.hash();
  };
  EXPECT_EQ(trail_of({1, 2}), trail_of({1, 2}));
  EXPECT_NE(trail_of({1, 2}), trail_of({2, 1}));
  EXPECT_NE(trail_of({0}), trail_of({0, 0}));
  Trail one, two;
  one.Add(Bytes(kOctets).first(2)), one.Add(Bytes(kOctets).subspan(2));
  two.Add(Bytes(kOctets).first(3)), two.Add(Bytes(kOctets).subspan(3));
  EXPECT_NE(one.hash(), two.hash());
  one.Clear();
  EXPECT_EQ(one.hash(), Trail().hash());
}

TEST(TargetTest, AFalseClaimSaysWhatIsNotSo) {
  HF_CLAIM(kOctets[0] == 1);
  EXPECT_DEATH(HF_CLAIM(kOctets[0] == 2), "fuzz_target_test.cc:[0-9]+: not so: kOctets");
}

}  // namespace
}  // namespace handfast
