#include "harness/sim/visit.h"

#include <array>
#include <optional>
#include <string_view>

#include "harness/audit.h"

namespace handfast {
namespace {

constexpr std::string_view kWords = "well met";
constexpr Duration kUntilAllIsOver = 1h;  // also of the most stubborn repetition

// Reads what there is. kOk: the end has come; kAgain: it has not; else the error.
Errno Hear(Stack& stack, Instant now, SocketId id, std::string& heard) {
  std::array<uint8_t, 64> buffer;
  for (;;) {
    const auto count = stack.Read(now, id, buffer);
    if (!count) return count.error();
    if (*count == 0) return Errno::kOk;
    heard.append(buffer.begin(), buffer.begin() + *count);
  }
}

Errno Say(Stack& stack, Instant now, SocketId id, std::string_view words) {
  const auto count =
      stack.Write(now, id, {reinterpret_cast<const uint8_t*>(words.data()), words.size()});
  return count ? Errno::kOk : count.error();
}

class Echo {
 public:
  explicit Echo(Stack& stack, Instant now)
      : stack_(stack), listener_(*stack.Listen(now, {Addr::AnyV4(), kVisitPort}, 5)) {}

  void Turn(Instant now) {
    if (const auto id = stack_.Accept(now, listener_)) socket_ = *id;
    if (!socket_) return;
    std::string heard;
    Errno state = Hear(stack_, now, *socket_, heard);
    if (!heard.empty() && Say(stack_, now, *socket_, heard) != Errno::kOk) state = Errno::kPipe;
    if (state == Errno::kAgain) return;
    wrong_ |= stack_.Close(now, *socket_) != Errno::kOk;
    socket_.reset();
  }

  // True if a call failed that cannot.
  bool End(Instant now) {
    if (socket_) wrong_ |= stack_.Close(now, *socket_) != Errno::kOk;
    return wrong_ || stack_.Close(now, listener_) != Errno::kOk;
  }

 private:
  Stack& stack_;
  ListenerId listener_;
  std::optional<SocketId> socket_;
  bool wrong_ = false;
};

class Visitor {
 public:
  Visitor(Stack& stack, Instant now, Addr host)
      : stack_(stack), socket_(*stack.Connect(now, {host, kVisitPort})) {}

  bool done() const { return done_; }
  const VisitResult& result() const { return result_; }

  void Turn(Instant now) {
    const State state = stack_.Status(socket_)->state;
    if (done_ || state == State::kSynSent || state == State::kSynReceived) return;
    if (!said_ && state == State::kEstablished) {
      said_ = true;
      result_.outcome = Say(stack_, now, socket_, kWords);
    }
    const Errno end = Hear(stack_, now, socket_, heard_);
    if (end == Errno::kAgain && heard_.size() < kWords.size()) return;
    if (end != Errno::kOk && end != Errno::kAgain) result_.outcome = end;
    if (heard_ != kWords.substr(0, heard_.size()))
      result_.wrong = "the visitor heard what nobody said";
    if (stack_.Close(now, socket_) != Errno::kOk) result_.wrong = "close failed";
    done_ = true;
  }

 private:
  Stack& stack_;
  SocketId socket_;
  bool said_ = false;
  bool done_ = false;
  std::string heard_;
  VisitResult result_;
};

}  // namespace

VisitResult Visit(Lab& lab, size_t visitor_host, size_t visited_host) {
  Echo echo(lab.host(visited_host).stack(), lab.now());
  Visitor visitor(lab.host(visitor_host).stack(), lab.now(), lab.host(visited_host).addr());
  const Instant end = lab.now() + kUntilAllIsOver;
  while (!visitor.done() && lab.Step(end)) {
    visitor.Turn(lab.now());
    echo.Turn(lab.now());
    lab.Settle();
  }
  VisitResult result = visitor.result();
  if (!visitor.done()) result.wrong = "the visitor waits for ever";
  while (!lab.quiet() && lab.Step(end)) {
    echo.Turn(lab.now());
    lab.Settle();
  }
  if (echo.End(lab.now())) result.wrong = "a call of the visited failed";
  lab.Settle();
  for (size_t i = 0; i < lab.hosts(); ++i) result.wrong += AuditEmpty(lab.host(i).stack());
  return result;
}

}  // namespace handfast
