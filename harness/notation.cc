#include "harness/notation.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "stack/wire/be.h"

namespace handfast {
namespace {

std::string Number(uint32_t raw, const std::optional<uint32_t>& origin) {
  if (!origin) return std::string("abs").append(std::to_string(raw));
  return std::to_string(static_cast<int32_t>(raw - *origin));
}

std::string TsVal(uint32_t raw, const std::optional<uint32_t>& origin) {
  if (!origin) return Number(raw, origin);
  const auto later = static_cast<int32_t>(raw - *origin);
  if (later == 0) return "T";
  return std::string(later > 0 ? "T+" : "T").append(std::to_string(later));
}

std::string ShowOption(Bytes option, const Origins& origins) {
  const uint8_t* const value = option.data() + 2;
  switch (option[0]) {
    case 2: return "mss " + std::to_string(LoadBe16(value));
    case 3: return "ws " + std::to_string(value[0]);
    case 4: return "sackOK";
    case 8:
      return std::string("ts ")
          .append(TsVal(LoadBe32(value), origins.ts))
          .append(" ")
          .append(std::to_string(LoadBe32(value + 4)));
    default: break;
  }
  if (option[0] != 5) return "kind " + std::to_string(option[0]);
  std::string blocks = "sack";
  for (size_t i = 2; i + 8 <= option.size(); i += 8)
    blocks.append(" ")
        .append(Number(LoadBe32(&option[i]), origins.ack))
        .append(":")
        .append(Number(LoadBe32(&option[i + 4]), origins.ack));
  return blocks;
}

std::string ShowOptions(Bytes bytes, const Origins& origins) {
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    out += out.empty() ? " <" : ",";
    if (bytes[i] <= 1) {
      out += bytes[i] == 0 ? "eol" : "nop";
      ++i;
      continue;
    }
    const size_t length = i + 1 < bytes.size() ? bytes[i + 1] : 0;
    if (length < 2 || length > bytes.size() - i) return out + "malformed>";
    out += ShowOption(bytes.subspan(i, length), origins);
    i += length;
  }
  return out.empty() ? out : out + ">";
}

bool IsShown(std::string_view name) {
  return name.substr(0, 3) == "Tcp" && name != "Tcp.InSegs";
}

}  // namespace

std::string Show(const Seen& seen, const Origins& origins) {
  const bool blank = seen.seq == 0 && (seen.flags & (kRst | kAck)) == (kRst | kAck);
  const std::optional<uint32_t> seq = blank ? std::nullopt : origins.seq;
  const auto length = static_cast<uint32_t>(seen.text.size());
  std::string out = ShowFlags(seen.flags) + " " + Number(seen.seq, seq);
  if (length > 0) {
    out.append(":").append(Number(seen.seq + length, seq));
    out.append("(").append(std::to_string(length)).append(")");
  }
  if (seen.has(kAck)) out.append(" ack ").append(Number(seen.ack, origins.ack));
  out.append(" win ").append(std::to_string(seen.window));
  if (seen.tos != 0) {
    char tos[16];
    std::snprintf(tos, sizeof tos, " tos 0x%02x", seen.tos);
    out += tos;
  }
  return out + ShowOptions(seen.option_bytes, origins);
}

std::string ShowMoved(const Counters& before, const Counters& after) {
  std::vector<std::string> moved;
  for (size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    const auto by = static_cast<int64_t>(after[counter] - before[counter]);
    if (by == 0 || !IsShown(Name(counter))) continue;
    moved.push_back(Name(counter) + std::string(by > 0 ? "+" : "") + std::to_string(by));
  }
  std::sort(moved.begin(), moved.end());
  std::string out;
  for (const std::string& one : moved) out.append(out.empty() ? "" : ", ").append(one);
  return out;
}

}  // namespace handfast
