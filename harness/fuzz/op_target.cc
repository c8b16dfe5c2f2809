#include "harness/fuzz/op_target.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "harness/fuzz/target.h"
#include "harness/op/reach.h"
#include "harness/op/script.h"
#include "harness/op/shrink.h"
#include "harness/op/story.h"

namespace handfast {
namespace {

HF_EXTRA_COUNTERS(g_reached, Reach::kCells);

class Nobody final : public Spectator {};

// What all inputs of this program have reached.
std::array<uint8_t, Reach::kCells> g_ever{};

uint64_t g_ops = 0;

void SayHowFar() {
  std::fprintf(stderr, "reached: %zu states, %zu transitions, in %llu ops\n",
               StatesReached(g_ever), TransitionsReached(g_ever),
               static_cast<unsigned long long>(g_ops));
}

// Counts where a play has been, and adds to the trail what it has answered and sent.
class Watch final : public Spectator {
 public:
  void OnOp(const Play& play, const Op& op) override {
    ++g_ops;
    reach_.OnOp(play, op);
  }
  void OnCall(const Play&, const Op&, Errno error, uint32_t value) override {
    TheTrail().Add(uint64_t{value} << 8 | static_cast<uint64_t>(error));
  }
  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override {
    reach_.OnInput(play, datagram, record, out);
    TheTrail().Add(static_cast<uint64_t>(record.verdict.action) << 8 |
                   static_cast<uint64_t>(record.verdict.drop));
    Add(out);
  }
  void OnExpire(const Play& play, const Trace& trace, const TxBurst& out) override {
    reach_.OnExpire(play, trace, out);
    Add(out);
  }

 private:
  static void Add(const TxBurst& out) {
    for (size_t i = 0; i < out.size(); ++i) TheTrail().Add(out[i]);
  }
  Reach reach_{g_reached};
};

// The input that runs now, for whoever dies of it.
const OpInput* g_running = nullptr;

void ShowRunning() {
  if (g_running == nullptr) return;
  const std::string script = Print(g_running->ops, g_running->setup());
  std::fprintf(stderr, "what was played:\n%s", script.c_str());
  g_running = nullptr;
}

// A trap of ours ends in this signal; whoever waited for it before gets it after us.
struct sigaction g_before{};
void OnTrap(int signal, siginfo_t* info, void* where) {
  ShowRunning();
  sigaction(signal, &g_before, nullptr);
  if ((g_before.sa_flags & SA_SIGINFO) != 0) g_before.sa_sigaction(signal, info, where);
}

// An engine has its own by now.
void Begin() {
  static const bool begun = [] {
    struct sigaction ours{};
    ours.sa_sigaction = OnTrap;
    ours.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &ours, &g_before);
    std::atexit(SayHowFar);
    return true;
  }();
  (void)begun;
}

[[noreturn]] void Tell(const OpInput& input, const std::string& wrong, OpJudge judge) {
  constexpr int kMostTries = 1000;
  std::fprintf(stderr, "not so: %s\n", wrong.c_str());
  OpInput least = input;
  least.ops = Shrink(
      input.ops,
      [&](const Scenario& ops) {
        Nobody nobody;
        return !judge({input.head, ops}, nobody).empty();
      },
      kMostTries);
  std::string story;
  Storyteller teller(story);
  const std::string why = judge(least, teller);
  std::fprintf(stderr, "--setup=%s\n%s// %s\n", SetupName(input.setup()), story.c_str(),
               why.c_str());
  std::abort();
}

}  // namespace

// What sanitizers call before they report.
extern "C" void __asan_on_error() { ShowRunning(); }
extern "C" void __ubsan_on_report() { ShowRunning(); }

Play& FreshPlay(uint8_t setup, Spectator& watch) {
  static std::array<std::optional<Play>, kSetups> made, used;
  if (!made[setup]) made[setup].emplace(setup);
  used[setup] = made[setup];
  used[setup]->set_spectator(&watch);
  return *used[setup];
}

void RunOpTarget(Bytes data, OpJudge judge) {
  Begin();
  const OpInput input = OpInput::Decode(data);
  g_running = &input;
  g_reached.fill(0);
  Watch watch;
  const std::string wrong = judge(input, watch);
  for (size_t i = 0; i < g_ever.size(); ++i) g_ever[i] |= g_reached[i];
  g_running = nullptr;
  if (!wrong.empty()) Tell(input, wrong, judge);
}

}  // namespace handfast
