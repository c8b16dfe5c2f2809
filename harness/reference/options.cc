#include "harness/reference/options.h"

#include <map>

#include "stack/wire/be.h"

namespace handfast::reference {
namespace {

uint32_t Number(const List& value, size_t at, size_t count) {
  uint32_t x = 0;
  for (size_t i = 0; i < count; ++i) x = x << 8 | value[at + i];
  return x;
}

}  // namespace

Walk WalkOptions(const List& list) {
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

std::string Meaning(const Walk& walk) {
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

std::string Meaning(const Options& o) {
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

}  // namespace handfast::reference
