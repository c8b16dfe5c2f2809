// Several stacks on one wire: a hub gives each frame to all of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "harness/audit.h"
#include "harness/packet.h"
#include "harness/sim/host.h"
#include "harness/sim/report.h"
#include "harness/sim/visit.h"
#include "stack/stack.h"

namespace handfast {
namespace {

constexpr Port kEcho{7007};
constexpr size_t kClients = 3;  // hosts
constexpr size_t kCalls = 4;    // of each, from the same ports
constexpr size_t kOctets = 9000;

Faults Bad(uint32_t loss) {
  Faults faults;
  faults.loss = loss;
  faults.duplicate = faults.reorder = faults.corrupt = 30;
  faults.delay_max = 5ms;
  return faults;
}

struct Hub {
  Hub(size_t hosts, uint64_t seed, uint32_t loss) : lab(seed) {
    for (size_t i = 0; i < hosts; ++i) lab.AddHost();
    lab.wire().set_faults(Bad(loss));
  }
  Stack& stack(size_t host) { return lab.host(host).stack(); }

  // Nothing is left on any host: every pool is full again.
  void ExpectNothingLeft() {
    for (size_t i = 0; i < lab.hosts(); ++i) {
      EXPECT_EQ(AuditEmpty(stack(i)), "") << "host " << i;
      for (const PoolUse& pool : ReportOf(lab.host(i)).pools) EXPECT_EQ(pool.used, 0u);
    }
  }

  Lab lab;
};

// One side of a conversation, which writes its text and reads another, or the same.
struct Call {
  size_t host;
  SocketId id;
  std::vector<uint8_t> text;
  size_t said = 0;
  std::vector<uint8_t> heard{};
  bool over = false;
};

// True while the other side may say more.
bool Hear(Stack& stack, Instant now, Call& call) {
  std::array<uint8_t, 2000> buffer;
  for (;;) {
    const auto count = stack.Read(now, call.id, buffer);
    if (!count) return count.error() == Errno::kAgain;
    if (*count == 0) return false;
    call.heard.insert(call.heard.end(), buffer.begin(), buffer.begin() + *count);
  }
}

void Say(Stack& stack, Instant now, Call& call, const std::vector<uint8_t>& text) {
  while (call.said < text.size()) {
    const auto count = stack.Write(now, call.id, Bytes(text).subspan(call.said));
    if (!count || *count == 0) return;
    call.said += *count;
  }
}

class Conversations : public Hub {
 public:
  Conversations(uint64_t seed, uint32_t loss) : Hub(1 + kClients, seed, loss) {
    listener_ = *stack(0).Listen(lab.now(), {Addr::AnyV4(), kEcho}, 16);
    for (size_t host = 1; host <= kClients; ++host)
      for (size_t i = 0; i < kCalls; ++i) {
        const SocketId id = *stack(host).Socket(lab.now());
        const Port port{static_cast<uint16_t>(5000 + i)};
        EXPECT_EQ(stack(host).Bind(lab.now(), id, {Addr::AnyV4(), port}), Errno::kOk);
        EXPECT_EQ(stack(host).Connect(lab.now(), id, {lab.host(0).addr(), kEcho}), Errno::kOk);
        calls.push_back({host, id, Text(calls.size() << 20, kOctets)});
      }
  }

  // Until all have been served; then all is closed, and time runs out.
  void Run() {
    for (const Instant end = lab.now() + 1h; !lab.quiet() && lab.Step(end);) {
      for (Call& call : calls)
        if (!call.over) Ask(call);
      while (const auto id = stack(0).Accept(lab.now(), listener_))
        answers_.push_back({0, *id, {}});
      for (Call& answer : answers_)
        if (!answer.over) Answer(answer);
      lab.Settle();
    }
    for (std::vector<Call>* const some : {&calls, &answers_})
      for (Call& call : *some)
        if (!call.over) Close(call);
    EXPECT_EQ(stack(0).Close(lab.now(), listener_), Errno::kOk);
    lab.Run(1h);
  }

  size_t served() const { return answers_.size(); }

  std::vector<Call> calls;

 private:
  void Ask(Call& call) {
    if (stack(call.host).Status(call.id)->state == State::kSynSent) return;
    Say(stack(call.host), lab.now(), call, call.text);
    const bool goes_on = Hear(stack(call.host), lab.now(), call);
    if (!goes_on || call.heard.size() >= kOctets) Close(call);
  }
  void Answer(Call& answer) {
    const bool goes_on = Hear(stack(0), lab.now(), answer);
    Say(stack(0), lab.now(), answer, answer.heard);
    if (!goes_on) Close(answer);
  }
  void Close(Call& call) {
    EXPECT_EQ(stack(call.host).Close(lab.now(), call.id), Errno::kOk);
    call.over = true;
  }

  ListenerId listener_;
  std::vector<Call> answers_;
};

// I-08. Three clients call from the same ports: only their addresses tell them apart. Each
// hears his own words, and what the hub gives to the others as well is no matter to them.
TEST(HubTest, ClientsOfThreeHostsAreServedAtOnceOverABadWire) {
  for (const uint32_t loss : {0u, 50u, 200u})
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      Conversations talk(seed, loss);
      talk.Run();
      EXPECT_GE(talk.served(), kClients * kCalls);
      for (const Call& call : talk.calls)
        EXPECT_EQ(call.heard, call.text) << "host " << call.host << ", loss " << loss;
      talk.ExpectNothingLeft();
      for (size_t i = 0; i < talk.lab.hosts(); ++i) {
        const HostReport report = ReportOf(talk.lab.host(i));
        const auto dropped = [&](Drop drop) { return report.drops[static_cast<size_t>(drop)]; };
        // The server is one end of all that is said, and of all questions.
        EXPECT_EQ(dropped(Drop::kFrameNotForUs) > 100u, i > 0) << i;
        if (i > 0) {
          EXPECT_GT(dropped(Drop::kArpNotForUs), 0u) << i;
        }
        EXPECT_EQ(dropped(Drop::kIpNotForUs), 0u) << i;
      }
    }
}

TEST(HubTest, EachOfFourHostsVisitsEachOther) {
  for (const uint32_t loss : {0u, 200u, 500u}) {
    Hub hub(4, 7 + loss, loss);
    for (size_t from = 0; from < 4; ++from)
      for (size_t to = 0; to < 4; ++to) {
        if (from == to) continue;
        EXPECT_EQ(Visit(hub.lab, from, to).wrong, "") << from << " to " << to;
      }
    hub.ExpectNothingLeft();
  }
}

}  // namespace
}  // namespace handfast
