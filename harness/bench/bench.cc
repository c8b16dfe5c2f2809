// The cost of connection setup, ours and a peer's, in one process and by turns.
//
// A round is a burst of 32 handshakes. What a client does is not measured: segments are
// built between the measured parts. Nanoseconds are for one handshake.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "harness/bench/segments.h"
#include "harness/bench/subject.h"
#include "stack/stack.h"

namespace handfast::bench {
namespace {

constexpr uint32_t kHotFlows = 1000;

// How many connections end before as many are opened in their place: more than a cache
// holds, so that their slots are cold again.
constexpr size_t kChurn = 32'768;

// Nanoseconds of a round's measured parts.
class Timer {
 public:
  void Start() { start_ = std::chrono::steady_clock::now(); }
  void Stop() { total_ += std::chrono::steady_clock::now() - start_; }
  double ns() const { return std::chrono::duration<double, std::nano>(total_).count(); }

 private:
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::duration total_{};
};

// The rounds of one run. Their median is what counts: a round that was interrupted weighs no
// more than any other.
class Rounds {
 public:
  explicit Rounds(benchmark::State& state) : state_(state) {}
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  void Add(double round_ns) {
    each_.push_back(round_ns / static_cast<double>(kBurst));
    state_.SetIterationTime(each_.back() * 1e-9);
  }
  ~Rounds() {
    const auto middle = each_.begin() + static_cast<std::ptrdiff_t>(each_.size() / 2);
    std::nth_element(each_.begin(), middle, each_.end());
    state_.counters["median_ns"] = *middle;
  }

 private:
  benchmark::State& state_;
  std::vector<double> each_;
};

// Clients that were never seen before.
class Clients {
 public:
  void BuildSyns(std::span<Wire> burst) {
    for (Wire& wire : burst) {
      BuildSyn(ClientFlow(next_), static_cast<uint32_t>(next_ * 2654435761u), wire);
      ++next_;
    }
  }

 private:
  uint64_t next_ = 0;
};

void Expect(size_t is, size_t want) {
  if (is != want) {
    std::fprintf(stderr, "bench: %zu where %zu were expected\n", is, want);
    std::abort();
  }
}

struct Round {
  std::array<Wire, kBurst> syns, acks;
  Timer syn, ack;
};

void Handshake(Subject& subject, Clients& clients, Round& round) {
  clients.BuildSyns(round.syns);
  round.syn.Start();
  subject.Input(round.syns);
  round.syn.Stop();
  const std::vector<Answer> answers = subject.TakeAnswers();
  Expect(answers.size(), kBurst);
  for (size_t i = 0; i < kBurst; ++i) BuildAck(answers[i], round.acks[i]);
  round.ack.Start();
  subject.Input(round.acks);
  const size_t accepted = subject.Accept();
  round.ack.Stop();
  Expect(accepted, kBurst);
  Expect(subject.TakeAnswers().size(), 0);
}

// A subject with so many open connections, made once and kept.
struct Served {
  std::unique_ptr<Subject> subject;
  Clients clients;
  size_t spare = 0;  // connections that may be opened before others must end
};

Served& HandfastWith(uint32_t flows) {
  static std::map<uint32_t, Served> all;
  Served& served = all[flows];
  if (served.subject) return served;
  served.subject = MakeHandfast(flows + static_cast<uint32_t>(2 * kBurst));
  served.subject->Listen();
  for (size_t open = 0; open + kBurst <= flows; open += kBurst) {
    Round round;
    Handshake(*served.subject, served.clients, round);
    served.subject->KeepNew();
  }
  return served;
}

Served& Lwip() {
  static Served served;
  if (served.subject) return served;
  served.subject = MakeLwip();
  served.subject->Listen();
  return served;
}

enum class Part { kSyn, kWhole };

double Measured(const Round& round, Part part) {
  return round.syn.ns() + (part == Part::kWhole ? round.ack.ns() : 0);
}

void Hot(benchmark::State& state, Served& served, Part part) {
  Rounds rounds(state);
  for (auto _ : state) {
    Round round;
    Handshake(*served.subject, served.clients, round);
    served.subject->AbortNew();
    rounds.Add(Measured(round, part));
  }
}

// Each new connection takes the place of one that ended long ago.
void Crowded(benchmark::State& state, uint32_t flows) {
  Served& served = HandfastWith(flows);
  Rounds rounds(state);
  for (auto _ : state) {
    if (served.spare < kBurst) {
      served.subject->AbortKept(kChurn);
      served.spare = kChurn;
    }
    Round round;
    Handshake(*served.subject, served.clients, round);
    served.subject->KeepNew();
    served.spare -= kBurst;
    rounds.Add(Measured(round, Part::kWhole));
  }
}

// connect(), SYN out, SYN-ACK in, ACK out, abort.
void Connect(benchmark::State& state, Subject& subject) {
  std::array<Wire, kBurst> synacks;
  Rounds rounds(state);
  for (auto _ : state) {
    Timer timer;
    timer.Start();
    subject.Connect(kBurst);
    timer.Stop();
    const std::vector<Answer> syns = subject.TakeAnswers();
    Expect(syns.size(), kBurst);
    for (size_t i = 0; i < kBurst; ++i) BuildSynAck(syns[i], synacks[i]);
    timer.Start();
    subject.Input(synacks);
    timer.Stop();
    Expect(subject.TakeAnswers().size(), kBurst);
    timer.Start();
    subject.AbortNew();
    timer.Stop();
    rounds.Add(timer.ns());
  }
}

void Register(const std::string& name, void (*run)(benchmark::State&)) {
  benchmark::RegisterBenchmark(name.c_str(), run)
      ->UseManualTime()
      ->Unit(benchmark::kNanosecond);
}

void RegisterAll() {
  Register("handshake/hot/handfast",
           [](benchmark::State& s) { Hot(s, HandfastWith(kHotFlows), Part::kWhole); });
  Register("handshake/hot/liblwip", [](benchmark::State& s) { Hot(s, Lwip(), Part::kWhole); });
  Register("syn/hot/handfast",
           [](benchmark::State& s) { Hot(s, HandfastWith(kHotFlows), Part::kSyn); });
  Register("syn/hot/liblwip", [](benchmark::State& s) { Hot(s, Lwip(), Part::kSyn); });
  Register("connect/hot/handfast",
           [](benchmark::State& s) { Connect(s, *HandfastWith(kHotFlows).subject); });
  Register("connect/hot/liblwip", [](benchmark::State& s) { Connect(s, *Lwip().subject); });
  Register("handshake/100k/handfast", [](benchmark::State& s) { Crowded(s, 100'000); });
  Register("handshake/1M/handfast", [](benchmark::State& s) { Crowded(s, 1'000'000); });
  Register("handshake/10M/handfast", [](benchmark::State& s) { Crowded(s, 10'000'000); });
}

}  // namespace
}  // namespace handfast::bench

int main(int argc, char** argv) {
  using namespace handfast;
  const auto tell = [](const char* what, size_t octets) {
    benchmark::AddCustomContext(what, std::to_string(octets));
  };
  tell("octets/request", sizeof(Request));
  tell("octets/time_wait", sizeof(TimeWait));
  tell("octets/connection", sizeof(Connection));
  tell("octets/listener", sizeof(Listener));
  tell("octets/flow_cell", sizeof(Ehash::Bucket) / Ehash::kCells);
  tell("octets/chunk", sizeof(Chunk) + Config().chunk_bytes);
  for (const uint32_t flows : {100'000u, 1'000'000u, 10'000'000u})
    tell(("stack/" + std::to_string(flows)).c_str(), bench::HandfastOctets(flows));
  bench::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
