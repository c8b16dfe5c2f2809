#include "harness/capture/pcapng.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace handfast {
namespace {

// Block types, option codes and link types of the format.
constexpr uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kEnhancedPacket = 6;
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint16_t kOptEnd = 0;
constexpr uint16_t kOptComment = 1;
constexpr uint16_t kShbUserAppl = 4;
constexpr uint16_t kIfName = 2;
constexpr uint16_t kIfTsResol = 9;
constexpr uint16_t kEpbFlags = 2;
constexpr uint16_t kLinkTypeEthernet = 1;
constexpr uint16_t kLinkTypeRaw = 101;
constexpr size_t kLongestOption = 65535;

// One block. Every part of it is padded to four octets.
class Block {
 public:
  explicit Block(uint32_t type) {
    U32(type);
    U32(0);  // the length; known at the end
  }

  void U16(uint32_t x) {
    bytes_.push_back(static_cast<char>(x & 255));
    bytes_.push_back(static_cast<char>(x >> 8 & 255));
  }
  void U32(uint32_t x) {
    U16(x & 0xffff);
    U16(x >> 16);
  }
  void Octets(std::string_view octets) {
    bytes_.append(octets);
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }
  void Option(uint16_t code, std::string_view value) {
    value = value.substr(0, kLongestOption);
    U16(code);
    U16(static_cast<uint32_t>(value.size()));
    Octets(value);
  }

  // Ends the options, and the block.
  const std::string& Seal() {
    Option(kOptEnd, "");
    const auto length = static_cast<uint32_t>(bytes_.size() + 4);
    U32(length);
    std::copy(bytes_.end() - 4, bytes_.end(), bytes_.begin() + 4);
    return bytes_;
  }

 private:
  std::string bytes_;
};

std::string SectionHeader(const std::string& application) {
  Block block(kSectionHeader);
  block.U32(kByteOrderMagic);
  block.U16(1);  // version 1.0
  block.U16(0);
  block.U32(0xffff'ffff);  // the section's length: unknown
  block.U32(0xffff'ffff);
  block.Option(kShbUserAppl, application);
  return block.Seal();
}

std::string InterfaceDescription(const PcapngWriter::Options& options) {
  Block block(kInterfaceDescription);
  block.U16(options.framing == Framing::kEthernet ? kLinkTypeEthernet : kLinkTypeRaw);
  block.U16(0);
  block.U32(0);  // no limit of length
  if (!options.interface_name.empty()) block.Option(kIfName, options.interface_name);
  block.Option(kIfTsResol, "\x09");  // 10^-9 s
  return block.Seal();
}

}  // namespace

PcapngWriter::PcapngWriter(std::ostream& out, const Options& options)
    : out_(out), epoch_(options.epoch) {
  Append(SectionHeader(options.application) + InterfaceDescription(options));
}

bool PcapngWriter::Write(const FrameStory& story) {
  return Write(story.at, story.direction, story.frame, Comment(story));
}

bool PcapngWriter::Write(Instant at, Direction direction, Bytes frame,
                         std::string_view comment) {
  const uint64_t stamp = at.ns() + static_cast<uint64_t>(epoch_.count());
  const auto length = static_cast<uint32_t>(frame.size());
  const char flags[4] = {direction == Direction::kIn ? '\1' : '\2', 0, 0, 0};
  Block block(kEnhancedPacket);
  block.U32(0);  // the interface
  block.U32(static_cast<uint32_t>(stamp >> 32));
  block.U32(static_cast<uint32_t>(stamp));
  block.U32(length);  // captured
  block.U32(length);  // on the wire
  block.Octets({reinterpret_cast<const char*>(frame.data()), frame.size()});
  if (!comment.empty()) block.Option(kOptComment, comment);
  block.Option(kEpbFlags, {flags, sizeof flags});
  Append(block.Seal());
  if (error_.empty()) ++frames_;
  return WellOrTold();
}

bool PcapngWriter::Flush() {
  errno = 0;
  if (error_.empty() && !out_.flush()) NoteError();
  return WellOrTold();
}

void PcapngWriter::Append(const std::string& block) {
  errno = 0;
  if (error_.empty() && !out_.write(block.data(), static_cast<std::streamsize>(block.size())))
    NoteError();
}

void PcapngWriter::NoteError() {
  error_ = errno != 0 ? std::strerror(errno) : "the stream has failed";
}

// False for an error that was not told yet.
bool PcapngWriter::WellOrTold() { return error_.empty() || std::exchange(told_, true); }

}  // namespace handfast
