// The walker of TCP options and what is learned by walking, against a reader that was
// written anew from the RFCs.

#include "stack/wire/options.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "harness/packet.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

using List = std::vector<uint8_t>;

// What RFC 9293 §3.1 makes of a list: options in order, up to the end or to a fault.
struct Walk {
  std::vector<std::pair<int, List>> options;
  bool malformed = false;
};

Walk WalkByTheBook(const List& list) {
  Walk walk;
  for (auto at = list.begin(); at != list.end() && *at != 0;) {
    const int kind = *at++;
    if (kind == 1) continue;
    const auto left = list.end() - at + 1;  // with the kind
    walk.malformed = left < 2 || *at < 2 || *at > left;
    if (walk.malformed) break;
    const long value = *at - 2;
    walk.options.emplace_back(kind, List(at + 1, at + 1 + value));
    at += 1 + value;
  }
  return walk;
}

Walk WalkByTheStack(const List& list) {
  Walk walk;
  walk.malformed = !ForEachOption(ExactBytes(list), [&](OptionKind kind, Bytes value) {
    walk.options.emplace_back(static_cast<int>(kind), List(value.begin(), value.end()));
  });
  return walk;
}

uint32_t Number(const List& value, size_t at, size_t count) {
  uint32_t x = 0;
  for (size_t i = 0; i < count; ++i) x = x << 8 | value[at + i];
  return x;
}

// Each kind's last legal option, as text; Fast Open's even illegal lengths take back what
// stood before (Linux: tcp_parse_fastopen_option), odd ones say nothing.
std::string MeaningByTheBook(const Walk& walk) {
  std::map<std::string, std::string> said;
  for (const auto& [kind, value] : walk.options) {
    const size_t size = value.size();
    const bool experimental = kind == 254 && size >= 2 && value[0] == 0xf9 && value[1] == 0x89;
    if (kind == 2 && size == 2) {
      if (Number(value, 0, 2) != 0) said["mss"] = std::to_string(Number(value, 0, 2));
    } else if (kind == 3 && size == 1) {
      said["scale"] =
          std::to_string(value[0] > 14 ? 14 : value[0]) + (value[0] > 14 ? " clamped" : "");
    } else if (kind == 4 && size == 0) {
      said["sackOK"] = "";
    } else if (kind == 5 && size >= 8 && size % 8 == 0) {
      said["sack"] = std::to_string(size / 8) + " from " + std::to_string(Number(value, 0, 4));
    } else if (kind == 8 && size == 8) {
      said["ts"] =
          std::to_string(Number(value, 0, 4)) + " " + std::to_string(Number(value, 4, 4));
    } else if (kind == 19 && size == 16) {
      said["md5"] = std::to_string(Number(value, 12, 4));
    } else if (kind == 34 || experimental) {
      const size_t cookie = experimental ? size - 2 : size;
      if (cookie % 2 != 0) continue;
      said.erase("cookie");
      if (cookie == 0 || (cookie >= 4 && cookie <= 16))
        said["cookie"] = std::to_string(cookie) + (experimental ? " exp" : "");
    } else {
      said["unknown"] = "";
    }
  }
  std::string text = walk.malformed ? "malformed;" : "";
  for (const auto& [name, value] : said) text += name + " " + value + ";";
  return text;
}

std::string MeaningByTheStack(const List& list) {
  const ExactBytes exact(list);
  const Options o = ParseOptions(exact);
  std::string text = o.malformed ? "malformed;" : "";
  if (o.has(Options::kFastOpen))
    text +=
        "cookie " + std::to_string(o.cookie_size) + (o.fastopen_experimental ? " exp;" : ";");
  if (o.has(Options::kMd5)) text += "md5 " + std::to_string(LoadBe32(o.md5 + 12)) + ";";
  if (o.has(Options::kMss)) text += "mss " + std::to_string(o.mss) + ";";
  if (o.has(Options::kSack))
    text += "sack " + std::to_string(o.sack_blocks) + " from " +
            std::to_string(LoadBe32(o.sack)) + ";";
  if (o.has(Options::kSackPermitted)) text += "sackOK ;";
  if (o.has(Options::kWindowScale))
    text += "scale " + std::to_string(o.window_scale) + (o.scale_clamped ? " clamped;" : ";");
  if (o.has(Options::kTimestamps))
    text += "ts " + std::to_string(o.ts_val) + " " + std::to_string(o.ts_ecr) + ";";
  if (o.has(Options::kUnknown)) text += "unknown ;";
  return text;
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
  const Walk book = WalkByTheBook(list);
  const Walk stack = WalkByTheStack(list);
  ASSERT_EQ(stack.malformed, book.malformed) << Hex(list);
  ASSERT_EQ(stack.options, book.options) << Hex(list);
  ASSERT_EQ(MeaningByTheStack(list), MeaningByTheBook(book)) << Hex(list);
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
