// zoo_hunt: looks for what is wrong with the stack that it is linked with, until something is
// found or time is over. The zoo (tests/zoo) has it linked with stacks that have a bug.
//
//     zoo_hunt [--seconds N] [--seed N] [--octets]
//
// One line of JSON says what was found, by which oracle, after how many executions and
// seconds of one core. Exit status: 0 nothing was found, 1 something was, 2 wrong usage.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iostream>
#include <new>
#include <string>
#include <thread>

#include "harness/json.h"
#include "harness/zoo/trial.h"

// No leaks: what ends by _exit has no time to clean up.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:detect_odr_violation=0:color=never";
}

namespace handfast::zoo {
namespace {

struct Arguments {
  double seconds = 60;
  uint64_t seed = 1;
  bool octets = false;
};

// What the hunting process tells the other, which outlives it.
struct Board {
  std::atomic<uint64_t> executions{0};
  char oracle[64] = {};
  char what[512] = {};
};

struct Kind {
  Trial trial;
  uint64_t each;   // so many rounds
  uint64_t times;  // so often in a round
};

constexpr Kind kKinds[] = {{TryScenario, 1, 1},   {TryFrame, 1, 16},   {TryBurst, 2, 1},
                           {TryNeighbours, 4, 1}, {TrySecrets, 16, 1}, {TryTwin, 4, 1},
                           {TryLimits, 8, 1},     {TryCopy, 8, 1},     {TrySimulation, 64, 1}};
constexpr Kind kOctets[] = {{TryOctets, 1, 1}};

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Caught Round(const Arguments& arguments, uint64_t round, Board& board) {
  const std::span<const Kind> kinds =
      arguments.octets ? std::span<const Kind>(kOctets) : std::span<const Kind>(kKinds);
  for (const Kind& kind : kinds) {
    if (round % kind.each != 0) continue;
    for (uint64_t i = 0; i < kind.times; ++i) {
      ++board.executions;
      if (Caught caught = kind.trial((arguments.seed << 40) + round * kind.times + i))
        return caught;
    }
  }
  return std::nullopt;
}

template <size_t kSize>
void Write(char (&to)[kSize], const std::string& text) {
  std::strncpy(to, text.c_str(), kSize - 1);
}

void Hunt(const Arguments& arguments, Board& board) {
  for (uint64_t round = 0; CpuSeconds() < arguments.seconds; ++round)
    if (const Caught caught = Round(arguments, round, board)) {
      Write(board.oracle, caught->oracle);
      Write(board.what, caught->what);
      return;
    }
}

// The line that says why a process has ended, of all it wrote.
std::string Complaint(int file) {
  std::string text(1 << 16, '\0');
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  for (const char* const sign :
       {"runtime error:", "ERROR: AddressSanitizer", "Assertion", "not so:", "I-"})
    if (const size_t at = text.find(sign); at != std::string::npos)
      return text.substr(at, text.find('\n', at) - at);
  return text.substr(0, text.find('\n'));
}

// Waits for the hunt to end. One that makes no execution any more is stuck, and is ended.
int Watch(pid_t hunt, const Board& board, bool& stuck) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kPatience = std::chrono::seconds(15);
  uint64_t seen = 0;
  Clock::time_point moved = Clock::now();
  for (int status = 0;;) {
    if (waitpid(hunt, &status, WNOHANG) == hunt) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (const uint64_t now = board.executions; now != seen) seen = now, moved = Clock::now();
    if (Clock::now() - moved < kPatience || stuck) continue;
    stuck = true;
    kill(hunt, SIGKILL);
  }
}

int Run(const Arguments& arguments) {
  void* const shared =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  Board& board = *new (shared) Board;
  const int complaints = memfd_create("complaints", 0);
  const pid_t hunt = fork();
  if (hunt == 0) {
    dup2(complaints, STDERR_FILENO);
    Hunt(arguments, board);
    _exit(0);
  }
  bool stuck = false;
  const int status = Watch(hunt, board, stuck);
  const bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (stuck) {
    Write(board.oracle, "hang");
    Write(board.what, "an execution does not end");
  } else if (!clean) {
    const std::string why = Complaint(complaints);
    const bool sanitizer =
        why.find("error") != std::string::npos || why.find("ERROR") != std::string::npos;
    const std::string numbers = NumbersIn(why);
    Write(board.oracle, !numbers.empty() ? numbers : sanitizer ? "sanitizer" : "trap");
    Write(board.what, why.empty() ? "signal " + std::to_string(WTERMSIG(status)) : why);
  }
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  JsonWriter json;
  json.BeginObject()
      .Field("oracle", board.oracle)
      .Field("what", board.what)
      .Field("executions", uint64_t{board.executions})
      .Field("seconds", seconds(usage.ru_utime) + seconds(usage.ru_stime))
      .End();
  std::cout << json.text() << std::endl;
  return board.oracle[0] != '\0' ? 1 : 0;
}

bool Parse(int count, char** texts, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    const std::string_view option = texts[i];
    if (option == "--octets") {
      out.octets = true;
    } else if (option == "--seconds" && i + 1 < count) {
      out.seconds = std::strtod(texts[++i], nullptr);
    } else if (option == "--seed" && i + 1 < count) {
      out.seed = std::strtoull(texts[++i], nullptr, 10);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace handfast::zoo

int main(int argc, char** argv) {
  handfast::zoo::Arguments arguments;
  if (!handfast::zoo::Parse(argc, argv, arguments)) {
    std::cerr << "usage: zoo_hunt [--seconds N] [--seed N] [--octets]\n";
    return 2;
  }
  return handfast::zoo::Run(arguments);
}
