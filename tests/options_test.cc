// The walker of TCP options and what is learned by walking, against a reader that was
// written anew from the RFCs (harness/reference/options.h).

#include "stack/wire/options.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "harness/packet.h"
#include "harness/reference/options.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

using reference::List;
using reference::Walk;

Walk WalkByTheStack(const List& list) {
  Walk walk;
  walk.malformed = !ForEachOption(ExactBytes(list), [&](OptionKind kind, Bytes value) {
    walk.options.emplace_back(static_cast<int>(kind), List(value.begin(), value.end()));
  });
  return walk;
}

std::string MeaningByTheStack(const List& list) {
  const ExactBytes exact(list);
  return reference::Meaning(ParseOptions(exact));
}

std::string Hex(const List& list) {
  std::string text;
  for (const uint8_t octet : list) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x ", octet);
    text += digits;
  }
  return text;
}

void ExpectAgreement(const List& list) {
  const Walk book = reference::WalkOptions(list);
  const Walk stack = WalkByTheStack(list);
  ASSERT_EQ(stack.malformed, book.malformed) << Hex(list);
  ASSERT_EQ(stack.options, book.options) << Hex(list);
  ASSERT_EQ(MeaningByTheStack(list), reference::Meaning(book)) << Hex(list);
}

// Incident 4, I-77, MUST-68: every kind with every length, alone in its 40 octets; a known
// kind counts only with its own length, any other is skipped by the length it claims.
TEST(OptionsTest, EveryKindWithEveryLength) {
  SimRng rng(1);
  for (int kind = 0; kind < 256; ++kind)
    for (int length = 0; length <= 40; ++length) {
      List list(40);
      rng.Fill(list);
      list[0] = static_cast<uint8_t>(kind);
      list[1] = static_cast<uint8_t>(length);
      const size_t end = static_cast<size_t>(std::max(length, 2));
      std::fill(list.begin() + static_cast<long>(std::min<size_t>(end, 40)), list.end(), 1);
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
    }
}

// MUST-64, I-78: neither NOPs before an option nor its address in memory matter.
TEST(OptionsTest, EveryAlignment) {
  const std::vector<OptionList> lists{
      OptionList().Mss(1460),         OptionList().Scale(7),
      OptionList().SackPermitted(),   OptionList().Timestamps(0x01020304, 0xa0b0c0d0),
      OptionList().Sack({{1, 2}}),    OptionList().Raw({34, 6, 1, 2, 3, 4}),
      OptionList::Usual(5),           OptionList().Sack({{1, 2}, {3, 4}, {5, 6}}),
      OptionList().Raw({77, 3, 255}), OptionList().Raw({254, 4, 0xf9, 0x89})};
  for (const OptionList& options : lists) {
    const std::string meaning = MeaningByTheStack(options.bytes());
    for (int shift = 0; shift <= 13; ++shift) {
      OptionList shifted;
      shifted.Nop(shift);
      List list = shifted.bytes();
      list.insert(list.end(), options.bytes().begin(), options.bytes().end());
      if (list.size() > 40) continue;
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
      EXPECT_EQ(MeaningByTheStack(list), meaning) << shift << " NOPs before";
      List elsewhere(static_cast<size_t>(shift) % 8, 0);
      elsewhere.insert(elsewhere.end(), list.begin(), list.end());
      const Bytes moved = Bytes(elsewhere).subspan(static_cast<size_t>(shift) % 8);
      EXPECT_EQ(ParseOptions(moved).ts_val, ParseOptions(list).ts_val);
      EXPECT_EQ(ParseOptions(moved).seen, ParseOptions(list).seen);
    }
  }
}

// I-77: every list of up to two octets; and every one of up to six out of those that begin,
// end or bound an option.
TEST(OptionsTest, EveryShortList) {
  for (size_t size = 0; size <= 2; ++size)
    for (uint32_t bits = 0; bits < 1u << 8 * size; ++bits) {
      List list;
      for (size_t i = 0; i < size; ++i) list.push_back(static_cast<uint8_t>(bits >> 8 * i));
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
    }
  constexpr uint8_t kOctets[] = {0, 1, 2, 3, 4, 8, 34};
  for (size_t size = 3; size <= 6; ++size) {
    size_t count = 1;
    for (size_t i = 0; i < size; ++i) count *= std::size(kOctets);
    for (size_t n = 0; n < count; ++n) {
      List list;
      for (size_t i = 0, left = n; i < size; ++i, left /= std::size(kOctets))
        list.push_back(kOctets[left % std::size(kOctets)]);
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
    }
  }
}

// Long lists, built from options that are right, nearly right, repeated, or noise.
TEST(OptionsTest, AnyMixtureReadsAsTheBookReadsIt) {
  SimRng rng(2);
  constexpr int kKinds[] = {2, 3, 4, 5, 8, 19, 34, 254, 30, 253};
  constexpr size_t kSizes[] = {4, 3, 2, 10, 10, 18, 10, 12, 4, 2};
  for (int round = 0; round < 60'000; ++round) {
    List list;
    while (list.size() < 40 && !rng.Chance(100)) {
      if (rng.Chance(200)) {
        list.push_back(static_cast<uint8_t>(rng.Chance(50) ? 0 : 1));
        continue;
      }
      const size_t which = rng.Below(std::size(kKinds));
      const size_t size = rng.Chance(800) ? kSizes[which] : rng.Below(20);
      List option(std::max<size_t>(size, 2));
      rng.Fill(option);
      option[0] = static_cast<uint8_t>(kKinds[which]);
      option[1] = static_cast<uint8_t>(size);
      if (option[0] == 254 && size >= 4 && rng.Chance(800)) option[2] = 0xf9, option[3] = 0x89;
      if (option[0] == 2 && rng.Chance(200)) std::fill(option.begin() + 2, option.end(), 0);
      list.insert(list.end(), option.begin(), option.end());
    }
    list.resize(std::min<size_t>(list.size(), 40));
    ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
  }
}

// MUST-4: end of list, no-operation. What stands after the end does not exist.
TEST(OptionsTest, TheEndOfTheListIsTheEnd) {
  const auto said = [](std::initializer_list<int> list) {
    return MeaningByTheStack(OptionList().Raw(list).bytes());
  };
  EXPECT_EQ(said({0, 2, 4, 5, 180}), "");
  EXPECT_EQ(said({2, 4, 5, 180, 0, 3, 3, 7}), "mss 1460;");
  EXPECT_EQ(said({1, 1, 2, 4, 5, 180, 1, 0, 99, 99}), "mss 1460;");
  EXPECT_EQ(said({1, 1, 1, 1}), "");
  EXPECT_EQ(said({0, 7, 0, 1}), "") << "a length after the end is none";
}

// Incidents 1, 2 and 3, MUST-7: no progress, too far, no length at all; what stood before
// is still known.
TEST(OptionsTest, AnIllegalLengthEndsTheWalk) {
  for (int kind = 2; kind < 256; ++kind) {
    for (const int length : {0, 1})
      EXPECT_EQ(MeaningByTheStack(OptionList().Raw({3, 3, 5, kind, length, 1, 1}).bytes()),
                "malformed;scale 5;");
    for (size_t remaining = 2; remaining <= 40; ++remaining)
      for (const size_t length : {remaining + 1, size_t{127}, size_t{255}}) {
        List list(remaining, 1);
        list[0] = static_cast<uint8_t>(kind);
        list[1] = static_cast<uint8_t>(length);
        ASSERT_EQ(MeaningByTheStack(list), "malformed;");
      }
    for (int nops = 0; nops < 40; ++nops) {
      const List list = OptionList().Nop(nops).Raw({kind}).bytes();
      ASSERT_EQ(MeaningByTheStack(list), "malformed;");
    }
  }
}

// Incident 1: each step consumes an octet at least, so there are at most 40, and an option
// at most 20.
TEST(OptionsTest, AWalkIsShort) {
  SimRng rng(3);
  for (int round = 0; round < 20'000; ++round) {
    List list(40);
    rng.Fill(list);
    for (uint8_t& octet : list)
      if (rng.Chance(700)) octet = static_cast<uint8_t>(rng.Below(4));
    ASSERT_LE(WalkByTheStack(list).options.size(), 20u);
  }
}

// OPT-08: the short way for what most segments carry gives the same as the long one.
TEST(OptionsTest, TheShortWayEqualsTheLongOne) {
  SimRng rng(4);
  for (int round = 0; round < 2000; ++round) {
    List list = OptionList().Nop(2).Timestamps(0, 0).bytes();
    for (size_t i = 4; i < 12; ++i) list[i] = static_cast<uint8_t>(rng.Next());
    ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
    if (rng.Chance(500)) list[rng.Below(4)] ^= static_cast<uint8_t>(1u << rng.Below(8));
    ASSERT_NO_FATAL_FAILURE(ExpectAgreement(list));
  }
}

// OPT-02, OPT-03, OPT-06, Incident 99: of repeated options the last counts; an MSS of 0 says
// nothing; a cookie is 4 to 16 octets, an even number, or is asked for with none.
TEST(OptionsTest, TheLastOfTwoCounts) {
  const auto said = [](const OptionList& list) { return MeaningByTheStack(list.bytes()); };
  EXPECT_EQ(said(OptionList().Mss(1000).Mss(1460)), "mss 1460;");
  EXPECT_EQ(said(OptionList().Mss(1460).Mss(0)), "mss 1460;");
  EXPECT_EQ(said(OptionList().Scale(200).Scale(3)), "scale 3;");
  EXPECT_EQ(said(OptionList().Timestamps(1, 2).Timestamps(3, 4)), "ts 3 4;");
  EXPECT_EQ(said(OptionList().Raw({2, 3, 5, 0, 2, 4, 5, 180})), "unknown ;");
  for (int cookie = 0; cookie <= 38; ++cookie) {
    List list{34, static_cast<uint8_t>(cookie + 2)};
    list.resize(static_cast<size_t>(cookie) + 2, 9);
    const bool legal = cookie == 0 || (cookie % 2 == 0 && cookie >= 4 && cookie <= 16);
    EXPECT_EQ(MeaningByTheStack(list), legal ? "cookie " + std::to_string(cookie) + ";" : "");
  }
}

}  // namespace
}  // namespace handfast
