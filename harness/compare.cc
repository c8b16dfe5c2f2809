#include "harness/compare.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace handfast {
namespace {

std::span<const std::byte> BytesOf(const Stack& stack) {
  return {reinterpret_cast<const std::byte*>(&stack), stack.bytes()};
}

}  // namespace

bool SameButCounters(const Stack& a, const Stack& b) {
  if (a.bytes() != b.bytes()) return false;
  const auto* const counters = reinterpret_cast<const std::byte*>(&a.counters());
  const auto before = static_cast<size_t>(counters - BytesOf(a).data());
  const size_t after = before + sizeof(Counters);
  const auto equal = [](std::span<const std::byte> x, std::span<const std::byte> y) {
    return std::equal(x.begin(), x.end(), y.begin());
  };
  return equal(BytesOf(a).first(before), BytesOf(b).first(before)) &&
         equal(BytesOf(a).subspan(after), BytesOf(b).subspan(after));
}

}  // namespace handfast
