#include "harness/op/shrink.h"

#include <algorithm>

namespace handfast {
namespace {

// Ways of a number towards its home: there at once, half the way, one step.
template <typename T>
std::vector<T> Towards(T home, T value) {
  const auto distance = static_cast<int64_t>(value) - static_cast<int64_t>(home);
  std::vector<T> ways;
  for (const int64_t left : {int64_t{0}, distance / 2, distance - (distance > 0 ? 1 : -1)})
    if (distance != 0 && left != distance) ways.push_back(static_cast<T>(home + left));
  return ways;
}

class Simplifier {
 public:
  explicit Simplifier(const Op& op) : op_(op) {}

  std::vector<Op> Take() {
    ToFirst(&Op::harm);
    Bits(&Op::options, 0);
    // SYN, ACK, RST and FIN say what a segment is; the rest is decoration.
    if (op_.verb == Verb::kSegment) Bits(&Op::mode, 0x17);
    Number(&Op::seq_delta, 0);
    Number(&Op::ack_delta, 0);
    ToFirst(&Op::seq);
    ToFirst(&Op::ack);
    ToFirst(&Op::ts_val);
    ToFirst(&Op::ts_ecr);
    Number<uint16_t>(&Op::length, op_.verb == Verb::kDeliver || op_.verb == Verb::kDeadline);
    Number<uint16_t>(&Op::window, op_.verb == Verb::kSegment ? 65535 : 0);
    Number<uint16_t>(&Op::mss, 1460);
    Number<uint8_t>(&Op::scale, 0);
    Number(&Op::amount, 0);
    Number<uint8_t>(&Op::fd,
                    op_.verb == Verb::kSegment || op_.verb == Verb::kIcmp ? op_.fd : 0);
    Number<uint8_t>(&Op::other_fd, op_.verb == Verb::kAccept);
    Flow();
    if (op_.verb != Verb::kSegment) Number<uint8_t>(&Op::mode, 0);
    return std::move(simpler_);
  }

 private:
  void Add(Op op) {
    op = Normal(op);
    if (!(op == op_)) simpler_.push_back(op);
  }

  template <typename T>
  void Number(T Op::* field, T home) {
    for (const T value : Towards<T>(home, op_.*field)) {
      Op op = op_;
      op.*field = value;
      Add(op);
    }
  }
  template <typename E>
  void ToFirst(E Op::* field) {
    Op op = op_;
    op.*field = E{};
    Add(op);
  }
  // All but these away, or one of the others.
  void Bits(uint8_t Op::* field, unsigned kept) {
    Op op = op_;
    op.*field = static_cast<uint8_t>(op.*field & kept);
    Add(op);
    for (unsigned bit = 1; bit < 256; bit <<= 1) {
      op = op_;
      if ((bit & kept) == 0) op.*field = static_cast<uint8_t>(op.*field & ~bit);
      Add(op);
    }
  }
  // B's first port, and port 80 of ours.
  void Flow() {
    const auto home = [this](uint8_t FlowName::* field, uint8_t value) {
      Op op = op_;
      if (op.flow.*field == value) return;
      op.flow.*field = value;
      Add(op);
    };
    home(&FlowName::peer, 1);
    home(&FlowName::peer_port, 0);
    home(&FlowName::here, 0);
  }

  Op op_;
  std::vector<Op> simpler_;
};

class Shrinker {
 public:
  Shrinker(Scenario scenario, const std::function<bool(const Scenario&)>& still_fails,
           int tries)
      : best_(std::move(scenario)), still_fails_(still_fails), tries_(tries) {}

  Scenario Run() {
    for (bool smaller = true; smaller && tries_ > 0;) {
      smaller = Remove();
      smaller = Simplify() || smaller;
    }
    return std::move(best_);
  }

 private:
  bool Try(const Scenario& scenario) {
    if (tries_-- <= 0 || !still_fails_(scenario)) return false;
    best_ = scenario;
    return true;
  }

  // From the end on, for what comes late often does not matter.
  bool Remove() {
    const size_t before = best_.size();
    for (size_t chunk = std::max<size_t>(before / 2, 1); chunk > 0; chunk /= 2)
      for (size_t end = best_.size(); end >= chunk && tries_ > 0;) {
        Scenario without = best_;
        const auto last = without.begin() + static_cast<ptrdiff_t>(end);
        without.erase(last - static_cast<ptrdiff_t>(chunk), last);
        end -= Try(without) ? chunk : 1;
      }
    return best_.size() < before;
  }

  bool Simplify() {
    bool better = false;
    for (size_t i = 0; i < best_.size(); ++i)
      while (SimplifyAt(i)) better = true;
    return better;
  }
  bool SimplifyAt(size_t i) {
    for (const Op& simpler : Simpler(best_[i])) {
      Scenario with = best_;
      with[i] = simpler;
      if (Try(with)) return true;
    }
    return false;
  }

  Scenario best_;
  const std::function<bool(const Scenario&)>& still_fails_;
  int tries_;
};

}  // namespace

std::vector<Op> Simpler(const Op& op) { return Simplifier(op).Take(); }

Scenario Shrink(Scenario scenario, const std::function<bool(const Scenario&)>& still_fails,
                int tries) {
  return Shrinker(std::move(scenario), still_fails, tries).Run();
}

}  // namespace handfast
