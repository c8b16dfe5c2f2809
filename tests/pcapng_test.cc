// A capture, read by hand.

#include "harness/capture/pcapng.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "harness/packet.h"

namespace handfast {
namespace {

uint32_t Little(const std::string& bytes, size_t at, size_t count) {
  uint32_t x = 0;
  while (count-- > 0) x = x << 8 | static_cast<uint8_t>(bytes.at(at + count));
  return x;
}
uint32_t U32(const std::string& bytes, size_t at) { return Little(bytes, at, 4); }
uint32_t U16(const std::string& bytes, size_t at) { return Little(bytes, at, 2); }

struct Block {
  uint32_t type = 0;
  std::string body;  // between the two lengths
};

// All blocks; whatever breaks the format ends the test.
std::vector<Block> Blocks(const std::string& file) {
  std::vector<Block> blocks;
  for (size_t at = 0; at < file.size();) {
    const uint32_t length = U32(file, at + 4);
    EXPECT_EQ(length % 4, 0u);
    EXPECT_EQ(U32(file, at + length - 4), length) << "the lengths at both ends agree";
    blocks.push_back({U32(file, at), file.substr(at + 8, length - 12)});
    at += length;
  }
  return blocks;
}

std::map<uint32_t, std::string> OptionsAt(const std::string& body, size_t at) {
  std::map<uint32_t, std::string> options;
  for (;;) {
    const uint32_t code = U16(body, at), length = U16(body, at + 2);
    if (code == 0) break;
    options[code] = body.substr(at + 4, length);
    at += 4 + (length + 3) / 4 * 4;
  }
  EXPECT_EQ(at + 4, body.size()) << "nothing follows the end of the options";
  return options;
}

TEST(PcapngTest, TheHeadersSayWhoWroteItAndWhatAFrameIs) {
  std::ostringstream out;
  const PcapngWriter writer(out, {Framing::kIp, "a program", "tun0", {}});
  const std::vector<Block> blocks = Blocks(out.str());
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].type, 0x0a0d0d0au);
  EXPECT_EQ(U32(blocks[0].body, 0), 0x1a2b3c4du);
  EXPECT_EQ(U16(blocks[0].body, 4), 1u);
  EXPECT_EQ(OptionsAt(blocks[0].body, 16)[4], "a program");
  EXPECT_EQ(blocks[1].type, 1u);
  EXPECT_EQ(U16(blocks[1].body, 0), 101u) << "LINKTYPE_RAW";
  EXPECT_EQ(OptionsAt(blocks[1].body, 8)[2], "tun0");
  EXPECT_EQ(OptionsAt(blocks[1].body, 8)[9], "\x09") << "nanoseconds";
}

TEST(PcapngTest, AFrameOfAnyLengthKeepsItsOctetsItsTimeItsDirectionAndItsComment) {
  std::ostringstream out;
  constexpr Duration kEpoch = 1'700'000'000s;
  PcapngWriter writer(out, {Framing::kEthernet, "x", "", kEpoch});
  for (size_t length = 0; length < 9; ++length) {
    const std::string comment(length, 'c');
    const Direction direction = length % 2 == 0 ? Direction::kIn : Direction::kOut;
    EXPECT_TRUE(writer.Write(Instant(5 + length), direction, Text(3, length), comment));
  }
  EXPECT_EQ(writer.frames(), 9u);
  const std::vector<Block> blocks = Blocks(out.str());
  ASSERT_EQ(blocks.size(), 11u);
  EXPECT_EQ(U16(blocks[1].body, 0), 1u) << "LINKTYPE_ETHERNET";
  for (size_t length = 0; length < 9; ++length) {
    const Block& block = blocks[2 + length];
    const std::vector<uint8_t> frame = Text(3, length);
    EXPECT_EQ(block.type, 6u);
    const uint64_t stamp = uint64_t{U32(block.body, 4)} << 32 | U32(block.body, 8);
    EXPECT_EQ(stamp, static_cast<uint64_t>(kEpoch / 1ns) + 5 + length);
    EXPECT_EQ(U32(block.body, 12), length);
    EXPECT_EQ(U32(block.body, 16), length);
    EXPECT_EQ(block.body.substr(20, length), std::string(frame.begin(), frame.end()));
    auto options = OptionsAt(block.body, 20 + (length + 3) / 4 * 4);
    EXPECT_EQ(options[1], std::string(length, 'c'));
    EXPECT_EQ(options[2], std::string({length % 2 == 0 ? '\1' : '\2', 0, 0, 0}));
  }
}

TEST(PcapngTest, AFullDiskIsToldOnceAndHurtsNobody) {
  std::ofstream full("/dev/full", std::ios::binary);
  ASSERT_TRUE(full);
  PcapngWriter writer(full, {});
  int failures = 0;
  for (int i = 0; i < 100; ++i) {
    failures += writer.Write(Instant(1), Direction::kIn, Text(0, 1000), "") ? 0 : 1;
    failures += writer.Flush() ? 0 : 1;
  }
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(writer.error(), "No space left on device");
}

TEST(PcapngTest, AStreamThatIsNotOpenIsToldAtTheFirstFrame) {
  std::ofstream closed;
  PcapngWriter writer(closed, {});
  EXPECT_FALSE(writer.Write(Instant(1), Direction::kIn, {}, ""));
  EXPECT_TRUE(writer.Write(Instant(1), Direction::kIn, {}, ""));
  EXPECT_NE(writer.error(), "");
  EXPECT_EQ(writer.frames(), 0u);
}

}  // namespace
}  // namespace handfast
