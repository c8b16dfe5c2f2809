#include "harness/op/mutate.h"

#include <algorithm>

#include "harness/op/draw.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

ptrdiff_t Place(size_t index) { return static_cast<ptrdiff_t>(index); }

struct Range {
  size_t first, count;
};

// Of at least one op, most often few. REQUIRES: there are some.
Range DrawRange(SimRng& rng, size_t size) {
  const size_t first = rng.Below(size);
  const size_t most = size - first;
  return {first, 1 + rng.Below(std::min<size_t>(most, rng.Chance(800) ? 4 : most))};
}

Op DrawAnyOp(SimRng& rng) { return DrawOp(rng, Habit(rng).Draw(rng)); }

void Insert(Scenario& scenario, size_t at, const Scenario& ops) {
  scenario.insert(scenario.begin() + Place(at), ops.begin(), ops.end());
}

Scenario Part(const Scenario& scenario, Range range) {
  const auto first = scenario.begin() + Place(range.first);
  return Scenario(first, first + Place(range.count));
}

void MutateOnce(Scenario& scenario, SimRng& rng) {
  if (scenario.empty()) scenario.push_back(DrawAnyOp(rng));
  const Range range = DrawRange(rng, scenario.size());
  const size_t at = rng.Below(scenario.size() + 1);
  Op& op = scenario[range.first];
  switch (rng.Below(10)) {
    case 0: Insert(scenario, at, {DrawAnyOp(rng)}); break;
    case 1: scenario.push_back(DrawAnyOp(rng)); break;
    case 2: Insert(scenario, at, Part(scenario, range)); break;
    case 3: {
      const auto first = scenario.begin() + Place(range.first);
      scenario.erase(first, first + Place(range.count));
      break;
    }
    case 4: std::swap(op, scenario[rng.Below(scenario.size())]); break;
    case 5: op = DrawAnyOp(rng); break;
    case 6:
      if (rng.Chance(100)) Insert(scenario, 0, DrawBeginning(rng));
      break;
    default: op = RedrawField(rng, op); break;
  }
}

void Limit(Scenario& scenario, size_t most) {
  if (scenario.size() > most) scenario.resize(most);
}

size_t Write(const Scenario& scenario, MutableBytes out) {
  const std::vector<uint8_t> code = Encode(scenario);
  const size_t size = std::min(code.size(), out.size());
  std::copy_n(code.begin(), size, out.begin());
  return size;
}

}  // namespace

Scenario Mutate(Scenario scenario, uint64_t seed, size_t most) {
  SimRng rng(seed);
  do MutateOnce(scenario, rng);
  while (rng.Chance(500) || scenario.empty());
  Limit(scenario, most);
  return scenario;
}

Scenario Cross(const Scenario& a, const Scenario& b, uint64_t seed, size_t most) {
  SimRng rng(seed);
  Scenario crossed;
  if (rng.Chance(500)) {  // a part of one stands in the other
    crossed = a;
    if (!b.empty()) Insert(crossed, rng.Below(a.size() + 1), Part(b, DrawRange(rng, b.size())));
  } else if (rng.Chance(500)) {  // one begins, the other ends
    crossed = Part(a, {0, rng.Below(a.size() + 1)});
    const size_t from = rng.Below(b.size() + 1);
    Insert(crossed, crossed.size(), Part(b, {from, b.size() - from}));
  } else {  // they take turns
    for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
      const bool first = j == b.size() || (i < a.size() && rng.Chance(500));
      crossed.push_back(first ? a[i++] : b[j++]);
    }
  }
  Limit(crossed, most);
  return crossed;
}

size_t MutateCode(uint8_t* data, size_t size, size_t most, unsigned seed, size_t head) {
  if (most < head + Op::kOctets) return size;
  const MutableBytes all(data, most);
  std::fill(all.begin() + Place(std::min(size, head)), all.begin() + Place(head), uint8_t{0});
  SimRng rng(~uint64_t{seed});
  if (head > 0 && rng.Chance(50)) data[rng.Below(head)] = static_cast<uint8_t>(rng.Below(256));
  const Bytes code = size > head ? Bytes(all.subspan(head, size - head)) : Bytes();
  const size_t room = (most - head) / Op::kOctets;
  return head + Write(Mutate(Decode(code), seed, room), all.subspan(head));
}

size_t CrossCode(Bytes a, Bytes b, MutableBytes out, unsigned seed, size_t head) {
  const size_t kept = std::min({head, a.size(), out.size()});
  std::copy_n(a.begin(), kept, out.begin());
  if (kept < head) return kept;
  const Scenario first = Decode(a.subspan(head));
  const Scenario second = b.size() > head ? Decode(b.subspan(head)) : Scenario{};
  const size_t room = (out.size() - head) / Op::kOctets;
  return head + Write(Cross(first, second, seed, room), out.subspan(head));
}

}  // namespace handfast
