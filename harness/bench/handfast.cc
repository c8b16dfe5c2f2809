#include <sys/mman.h>

#include <cstdlib>
#include <utility>

#include "harness/bench/subject.h"
#include "stack/stack.h"

namespace handfast::bench {
namespace {

constexpr Addr kPeer = Addr::V4(11, 0, 0, 1);

Config ConfigFor(uint32_t connections) {
  Config config = Config::Default();
  config.requests = 4096;
  config.connections = connections;
  config.time_waits = 4096;
  config.chunks = 64;
  config.somaxconn = 65535;
  config.With(kServer, 24);
  return config;
}

// A block of zeroes; in huge pages where the system gives them.
std::span<std::byte> MapBlock(size_t size) {
  void* const block =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) std::abort();
  ::madvise(block, size, MADV_HUGEPAGE);
  return {static_cast<std::byte*>(block), size};
}

class HandfastSubject final : public Subject {
 public:
  explicit HandfastSubject(const Config& config)
      : block_(MapBlock(config.Bytes())),
        stack_(*Stack::Make(block_, config, Secrets{{0x0123456789abcdef, 0xfedcba9876543210}})),
        memory_(1 << 20),
        entries_(1024),
        tx_(memory_, entries_) {}
  ~HandfastSubject() override { ::munmap(block_.data(), block_.size()); }

  void Listen() override {
    listener_ = *stack_->Listen(now_, {Addr::AnyV4(), kServerPort}, 65535);
  }

  void Input(std::span<const Wire> burst) override {
    now_ = now_ + 20us;
    for (size_t i = 0; i < burst.size(); ++i) views_[i] = burst[i].view();
    if (stack_->Input(now_, std::span(views_).first(burst.size()), tx_) != burst.size())
      std::abort();
    stack_->Expire(now_, tx_);
  }

  size_t Accept() override {
    size_t count = 0;
    while (const Result<SocketId> socket = stack_->Accept(now_, listener_)) {
      fresh_.push_back(*socket);
      ++count;
    }
    return count;
  }

  void Connect(size_t count) override {
    for (size_t i = 0; i < count; ++i)
      fresh_.push_back(*stack_->Connect(now_, {kPeer, kServerPort}));
    stack_->Expire(now_, tx_);
  }

  void AbortNew() override {
    for (const SocketId socket : fresh_) Abort(socket);
    fresh_.clear();
    Drain();
  }

  void KeepNew() override {
    kept_.insert(kept_.end(), fresh_.begin(), fresh_.end());
    fresh_.clear();
  }

  void AbortKept(size_t count) override {
    for (size_t i = 0; i < count && !kept_.empty(); ++i) {
      random_ = random_ * 6364136223846793005 + 1442695040888963407;
      std::swap(kept_[(random_ >> 33) % kept_.size()], kept_.back());
      Abort(kept_.back());
      kept_.pop_back();
      if (i % 256 == 255) Drain();
    }
    Drain();
  }

  std::vector<Answer> TakeAnswers() override {
    std::vector<Answer> answers;
    for (size_t i = 0; i < tx_.size(); ++i) answers.push_back(ReadAnswer(tx_[i]));
    tx_.Clear();
    return answers;
  }

 private:
  void Abort(SocketId socket) {
    if (stack_->Abort(now_, socket) != Errno::kOk) std::abort();
  }
  void Drain() {
    while (stack_->next_deadline() <= now_) {
      stack_->Expire(now_, tx_);
      tx_.Clear();
    }
  }

  std::span<std::byte> block_;
  Stack* stack_;
  std::vector<uint8_t> memory_;
  std::vector<TxBurst::Entry> entries_;
  TxBurst tx_;
  std::array<Bytes, kBurst> views_;
  Instant now_{1'000'000'000};
  ListenerId listener_;
  std::vector<SocketId> fresh_, kept_;
  uint64_t random_ = 1;
};

}  // namespace

size_t HandfastOctets(uint32_t connections) { return ConfigFor(connections).Bytes(); }

std::unique_ptr<Subject> MakeHandfast(uint32_t connections) {
  return std::make_unique<HandfastSubject>(ConfigFor(connections));
}

}  // namespace handfast::bench
