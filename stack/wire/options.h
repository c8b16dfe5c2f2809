// TCP options: one walker, and what the stack learns by walking.
//
// Kinds in use: end of list, no-operation, MSS (RFC 9293), window scale and timestamps
// (RFC 7323), SACK permitted and SACK (RFC 2018), MD5 (RFC 2385), Fast Open (RFC 7413) and
// its experimental form under kind 254 (RFC 6994). A kind counts only with its own length;
// with any other it is an unknown option of that length. Of repeated options the last wins.

#ifndef STACK_WIRE_OPTIONS_H_
#define STACK_WIRE_OPTIONS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "stack/base/units.h"
#include "stack/wire/be.h"

namespace handfast {

enum class OptionKind : uint8_t {
  kEnd = 0,
  kNop = 1,
  kMss = 2,
  kWindowScale = 3,
  kSackPermitted = 4,
  kSack = 5,
  kTimestamps = 8,
  kMd5 = 19,
  kFastOpen = 34,
  kExperimental = 254,
};

inline constexpr uint8_t kMaxWindowScale = 14;    // RFC 7323 §2.3
inline constexpr uint32_t kTimestampOption = 12;  // octets of each segment, padding included
inline constexpr uint16_t kFastOpenMagic = 0xf989;
inline constexpr size_t kMaxFastOpenCookie = 16;

// Calls visit(kind, value) for each option but NOP, in order, up to the end of the list.
// False when the list is malformed: a length is missing, below 2, or beyond the header.
// What was visited before stays visited.
template <typename Visit>
constexpr bool ForEachOption(Bytes options, Visit&& visit) {
  for (size_t i = 0; i < options.size();) {
    const auto kind = static_cast<OptionKind>(options[i]);
    if (kind == OptionKind::kEnd) return true;
    if (kind == OptionKind::kNop) {
      ++i;
      continue;
    }
    if (options.size() - i < 2) return false;
    const size_t length = options[i + 1];
    if (length < 2 || length > options.size() - i) return false;
    visit(kind, options.subspan(i + 2, length - 2));
    i += length;
  }
  return true;
}

// What a segment's options say. Fields are meaningful where their bit in `seen` is set.
struct Options {
  enum Bit : uint8_t {
    kMss = 1,
    kWindowScale = 2,
    kSackPermitted = 4,
    kSack = 8,
    kTimestamps = 16,
    kMd5 = 32,
    kFastOpen = 64,  // a request (cookie_size 0) or a cookie
    kUnknown = 128,
  };

  uint8_t seen = 0;
  bool malformed = false;
  bool scale_clamped = false;  // the peer asked for a shift above 14
  bool fastopen_experimental = false;
  uint16_t mss = 0;          // octets, never 0
  uint8_t window_scale = 0;  // 0..14
  uint8_t cookie_size = 0;   // octets of a Fast Open cookie: 0, or 4..16, even
  uint32_t ts_val = 0;
  uint32_t ts_ecr = 0;
  const uint8_t* cookie = nullptr;  // into the segment
  const uint8_t* md5 = nullptr;     // 16 octets in the segment
  const uint8_t* sack = nullptr;    // `sack_blocks` pairs of edges in the segment
  uint8_t sack_blocks = 0;

  constexpr bool has(Bit bit) const { return (seen & bit) != 0; }
};

namespace options_internal {

enum class FastOpenForm : uint8_t { kStandard, kExperimental };

constexpr void LearnFastOpen(Bytes cookie, FastOpenForm form, Options& out) {
  if (cookie.size() % 2 != 0) return;  // RFC 7413 §4.1.1
  const bool legal =
      cookie.empty() || (cookie.size() >= 4 && cookie.size() <= kMaxFastOpenCookie);
  out.seen = static_cast<uint8_t>(legal ? out.seen | Options::kFastOpen
                                        : out.seen & ~Options::kFastOpen);
  out.cookie_size = legal ? static_cast<uint8_t>(cookie.size()) : uint8_t{0};
  out.cookie = cookie.data();
  out.fastopen_experimental = form == FastOpenForm::kExperimental;
}

constexpr void LearnMss(Bytes value, Options& out) {
  // MSS 0 says nothing; the default stays in force.
  if (LoadBe16(value.data()) == 0) return;
  out.seen |= Options::kMss;
  out.mss = LoadBe16(value.data());
}

constexpr void LearnWindowScale(Bytes value, Options& out) {
  out.seen |= Options::kWindowScale;
  out.scale_clamped = value[0] > kMaxWindowScale;
  out.window_scale = std::min(value[0], kMaxWindowScale);
}

constexpr void LearnTimestamps(Bytes value, Options& out) {
  out.seen |= Options::kTimestamps;
  out.ts_val = LoadBe32(value.data());
  out.ts_ecr = LoadBe32(value.data() + 4);
}

constexpr void Learn(OptionKind kind, Bytes value, Options& out) {
  const size_t size = value.size();
  switch (kind) {
    case OptionKind::kMss:
      if (size == 2) return LearnMss(value, out);
      break;
    case OptionKind::kWindowScale:
      if (size == 1) return LearnWindowScale(value, out);
      break;
    case OptionKind::kSackPermitted:
      if (size == 0) return void(out.seen |= Options::kSackPermitted);
      break;
    case OptionKind::kTimestamps:
      if (size == 8) return LearnTimestamps(value, out);
      break;
    case OptionKind::kSack:
      if (size < 8 || size % 8 != 0) break;
      out.seen |= Options::kSack;
      out.sack = value.data();
      out.sack_blocks = static_cast<uint8_t>(size / 8);
      return;
    case OptionKind::kMd5:
      if (size != 16) break;
      out.seen |= Options::kMd5;
      out.md5 = value.data();
      return;
    case OptionKind::kFastOpen: return LearnFastOpen(value, FastOpenForm::kStandard, out);
    case OptionKind::kExperimental:
      if (size < 2 || LoadBe16(value.data()) != kFastOpenMagic) break;
      return LearnFastOpen(value.subspan(2), FastOpenForm::kExperimental, out);
    case OptionKind::kEnd:
    case OptionKind::kNop: break;
  }
  out.seen |= Options::kUnknown;
}

}  // namespace options_internal

constexpr Options ParseOptions(Bytes options) {
  Options out;
  if (options.empty()) return out;
  // What nearly every segment of an open connection carries: NOP NOP timestamps.
  if (options.size() == 12 && LoadBe32(options.data()) == 0x0101080a) {
    out.seen = Options::kTimestamps;
    out.ts_val = LoadBe32(&options[4]);
    out.ts_ecr = LoadBe32(&options[8]);
    return out;
  }
  out.malformed = !ForEachOption(options, [&out](OptionKind kind, Bytes value) {
    options_internal::Learn(kind, value, out);
  });
  return out;
}

}  // namespace handfast

#endif  // STACK_WIRE_OPTIONS_H_
