// Trials that play scenarios.

#include <algorithm>
#include <iterator>

#include "harness/op/alike.h"
#include "harness/op/compose.h"
#include "harness/op/noise.h"
#include "harness/op/play.h"
#include "harness/oracle/oracle.h"
#include "harness/zoo/frames.h"
#include "harness/zoo/trial.h"

namespace handfast::zoo {
namespace {

constexpr size_t kMostOps = 80;

// A play with both oracles beside it.
class Judged {
 public:
  Judged(uint8_t setup, uint64_t seed, const Beginning& beginning)
      : play_(setup, seed, beginning), oracle_(play_) {
    play_.set_spectator(&oracle_);
  }

  Play& play() { return play_; }
  bool caught() const { return !play_.wrong().empty() || !oracle_.difference().empty(); }

  void Do(const Scenario& scenario) {
    for (size_t i = 0; i < scenario.size() && !caught(); ++i) play_.Do(scenario[i]);
  }

  // To the end.
  Caught Verdict() {
    if (!caught()) play_.Finish();
    if (!caught()) return std::nullopt;
    Catch result{NumbersIn(play_.wrong()), play_.wrong()};
    if (result.oracle.empty() && !result.what.empty()) result.oracle = "user";
    if (!oracle_.difference().empty()) {
      result.oracle += result.oracle.empty() ? "model" : ", model";
      if (result.what.empty()) result.what = oracle_.difference();
    }
    return result;
  }

 private:
  Play play_;
  Oracle oracle_;
};

// Clocks that have just started, or are about to wrap somewhere.
Beginning DrawStart(SimRng& rng) {
  constexpr uint64_t kMs = 1'000'000;
  constexpr uint64_t kTimes[] = {1000 * kMs, 1000 * kMs, (uint64_t{1} << 31) * kMs - 5000 * kMs,
                                 (uint64_t{1} << 32) * kMs - 5000 * kMs,
                                 (uint64_t{1} << 32) * 1000 * kMs - 5000 * kMs};
  Beginning beginning;
  beginning.at = Instant(kTimes[rng.Below(std::size(kTimes))]);
  if (rng.Chance(500)) beginning.turn = static_cast<uint32_t>(rng.Next());
  return beginning;
}

Scenario DrawAny(SimRng& rng) {
  if (rng.Chance(500)) return DrawScenario(rng, kMostOps);
  Scenario scenario = rng.Chance(500) ? DrawBeginning(rng) : Scenario{};
  const Scenario noise = Noise(rng.Next()).Draw(rng.Within(1, kMostOps));
  scenario.insert(scenario.end(), noise.begin(), noise.end());
  return scenario;
}

}  // namespace

std::string NumbersIn(const std::string& text) {
  std::string numbers;
  for (size_t at = text.find("I-"); at != std::string::npos; at = text.find("I-", at + 1)) {
    const size_t end = text.find_first_not_of("0123456789", at + 2);
    const std::string number = text.substr(at, end == std::string::npos ? end : end - at);
    if (number.size() < 4 || numbers.find(number) != std::string::npos) continue;
    numbers += (numbers.empty() ? "" : " ") + number;
  }
  return numbers;
}

Caught TryScenario(uint64_t seed) {
  SimRng rng(seed);
  Judged judged(static_cast<uint8_t>(rng.Below(kSetups)), rng.Next(), DrawStart(rng));
  judged.Do(DrawAny(rng));
  return judged.Verdict();
}

Caught TryTwin(uint64_t seed) {
  SimRng rng(seed);
  const auto setup = static_cast<uint8_t>(rng.Below(kSetups));
  Beginning beginning;
  beginning.turn = static_cast<uint32_t>(rng.Next());
  Play one(setup, 1), other(setup, 1 + rng.Below(1000), beginning);
  const std::string unlike = WhereUnlike(one, other, DrawAny(rng));
  if (unlike.empty()) return std::nullopt;
  return Catch{"twin", unlike};
}

Caught TryOctets(uint64_t seed) {
  SimRng rng(seed);
  Judged judged(static_cast<uint8_t>(rng.Below(kSetups)), rng.Next(), DrawStart(rng));
  judged.Do(Listening());
  for (uint64_t left = rng.Within(1, kMostOps); left > 0 && !judged.caught(); --left) {
    const Datagram datagram = DrawOctets(rng);
    if (Caught caught = CompareReaders(datagram)) return caught;
    judged.play().Receive(datagram);
    if (!judged.caught() && rng.Chance(300)) judged.play().Do(Wait(100));
    if (!judged.caught() && rng.Chance(100)) judged.play().Do(Accept(0, 1));
  }
  return judged.Verdict();
}

}  // namespace handfast::zoo
