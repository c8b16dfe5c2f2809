#include "harness/sim/visit.h"

#include <array>
#include <optional>
#include <string_view>

#include "harness/audit.h"

namespace handfast {
namespace {

constexpr std::string_view kWords = "well met";
constexpr Duration kPatience = 1h;  // longer than the most stubborn repetition goes on

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

// A stack that has not come through owes its user an answer, or an error. Who has said all
// and only hears nothing may wait for ever: the peer's last words may be lost.
bool OwesAnswer(const SocketStatus& status) {
  return status.state == State::kSynSent || status.state == State::kSynReceived ||
         status.unsent + status.unacknowledged > 0;
}

class Echo {
 public:
  explicit Echo(Stack& stack, Instant now)
      : stack_(stack), listener_(*stack.Listen(now, {Addr::AnyV4(), kVisitPort}, 5)) {}

  void Turn(Instant now) {
    if (!socket_)
      if (const auto id = stack_.Accept(now, listener_)) socket_ = *id;
    if (!socket_) return;
    std::string heard;
    Errno state = Hear(stack_, now, *socket_, heard);
    if (!heard.empty() && Say(stack_, now, *socket_, heard) != Errno::kOk) state = Errno::kPipe;
    if (state != Errno::kAgain) Close(now);
  }

  // What was wrong, if anything was.
  std::string End(Instant now) {
    Turn(now);
    if (socket_ && OwesAnswer(*stack_.Status(*socket_))) wrong_ += "the host waits for ever\n";
    if (socket_) Close(now);
    if (stack_.Close(now, listener_) != Errno::kOk) wrong_ += "the listener is gone\n";
    return wrong_;
  }

 private:
  void Close(Instant now) {
    if (stack_.Close(now, *socket_) != Errno::kOk) wrong_ += "close failed\n";
    socket_.reset();
  }

  Stack& stack_;
  ListenerId listener_;
  std::optional<SocketId> socket_;
  std::string wrong_;
};

class Visitor {
 public:
  Visitor(Stack& stack, Instant now, Addr host)
      : stack_(stack), socket_(*stack.Connect(now, {host, kVisitPort})) {}

  void Turn(Instant now) {
    if (done_) return;
    const State state = stack_.Status(socket_)->state;
    if (state == State::kSynSent || state == State::kSynReceived) return;
    if (!said_ && state == State::kEstablished) {
      said_ = true;
      result_.outcome = Say(stack_, now, socket_, kWords);
    }
    const Errno end = Hear(stack_, now, socket_, heard_);
    if (end == Errno::kAgain && heard_.size() < kWords.size()) return;
    if (end != Errno::kOk && end != Errno::kAgain) result_.outcome = end;
    if (heard_ != kWords.substr(0, heard_.size()))
      result_.wrong += "the visitor heard what nobody said\n";
    Close(now);
  }

  VisitResult End(Instant now) {
    Turn(now);
    if (done_) return result_;
    if (OwesAnswer(*stack_.Status(socket_))) result_.wrong += "the visitor waits for ever\n";
    result_.outcome = Errno::kTimedOut;
    Close(now);
    return result_;
  }

 private:
  void Close(Instant now) {
    if (stack_.Close(now, socket_) != Errno::kOk) result_.wrong += "close failed\n";
    done_ = true;
  }

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
  for (const Instant end = lab.now() + kPatience; !lab.quiet() && lab.Step(end);) {
    visitor.Turn(lab.now());
    echo.Turn(lab.now());
    lab.Settle();
  }
  VisitResult result = visitor.End(lab.now());
  result.wrong += echo.End(lab.now());
  for (const Instant end = lab.now() + kPatience; !lab.quiet() && lab.Step(end);) {
  }
  for (size_t i = 0; i < lab.hosts(); ++i) result.wrong += AuditEmpty(lab.host(i).stack());
  return result;
}

}  // namespace handfast
