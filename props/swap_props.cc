// It does not matter which host is which: with all that is theirs exchanged, both do what the
// other did.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "harness/sim/duo.h"
#include "harness/sim/normal.h"

namespace handfast {
namespace {

using Fates = std::array<std::vector<Duo::Fate>, 2>;

Talk AnyTalk(Talk::Opening opening) {
  Talk talk;
  talk.opening = opening;
  talk.to_say = *rc::gen::inRange<uint64_t>(0, 8000);
  talk.breath = *rc::gen::inRange<uint32_t>(100, 5000);
  talk.bite = *rc::gen::inRange<uint32_t>(100, 5000);
  return talk;
}

Duo::Options AnyOptions() {
  Duo::Options options;
  options.configs[0] = Duo::Options().configs[*rc::gen::inRange<size_t>(0, 2)];
  options.configs[1].policy.timestamps = *rc::gen::arbitrary<bool>();
  options.configs[1].policy.window_scale = *rc::gen::arbitrary<bool>();
  options.configs[0].policy.ecn = *rc::gen::element(Ecn::kOff, Ecn::kAccept, Ecn::kRequest);
  const bool crossing = *rc::gen::inRange(0, 4) == 0;
  options.talks[0] = AnyTalk(Talk::Opening::kConnects);
  options.talks[1] = AnyTalk(crossing ? Talk::Opening::kConnects : Talk::Opening::kListens);
  options.seed = *rc::gen::inRange<uint64_t>(1, 1000);
  return options;
}

// All that is theirs, but for their addresses.
Duo::Options Swapped(Duo::Options options) {
  std::swap(options.configs[0].policy, options.configs[1].policy);
  std::swap(options.configs[0].socket, options.configs[1].socket);
  std::swap(options.talks[0], options.talks[1]);
  std::swap(options.starts[0], options.starts[1]);
  return options;
}

// What each host has sent, and when.
std::array<std::vector<std::string>, 2> Play(const Duo::Options& options, const Fates& fates) {
  Duo duo(options);
  std::array<size_t, 2> numbers{};
  duo.set_judge([&](uint64_t, size_t from, Datagram&) {
    const size_t number = numbers[from]++;
    return number < fates[from].size() ? fates[from][number] : Duo::Fate::kDelivered;
  });
  duo.Run(30h);
  RC_ASSERT(duo.wrong() == "");
  Normal normal;
  std::array<std::vector<std::string>, 2> lines;
  for (const Duo::Sent& sent : duo.sent())
    lines[sent.from].push_back(std::to_string(sent.at.count()) + " " +
                               normal.Show(sent.datagram));
  return lines;
}

RC_GTEST_PROP(SwapProps, TheHostsAreExchangeable, ()) {
  const Duo::Options options = AnyOptions();
  Fates fates;
  for (auto& of_one : fates)
    of_one = *rc::gen::container<std::vector<Duo::Fate>>(rc::gen::weightedElement<Duo::Fate>(
        {{8, Duo::Fate::kDelivered}, {2, Duo::Fate::kLost}, {1, Duo::Fate::kDoubled}}));
  const auto one = Play(options, fates);
  const auto other = Play(Swapped(options), {fates[1], fates[0]});
  RC_ASSERT(one[0] == other[1]);
  RC_ASSERT(one[1] == other[0]);
  RC_ASSERT(!one[0].empty());
}

}  // namespace
}  // namespace handfast
