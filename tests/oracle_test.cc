// The stack and the model of connection setup, in lock step.

#include "harness/oracle/oracle.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "harness/op/compose.h"
#include "harness/op/noise.h"
#include "harness/op/play.h"
#include "harness/owned_stack.h"

namespace handfast {
namespace {

constexpr unsigned kUsual = kWithMss | kWithSackPermitted | kWithStamps | kWithScale;

// A play whose every event is compared.
struct Watched {
  explicit Watched(uint8_t setup) : play(setup), oracle(play) { play.set_spectator(&oracle); }
  const std::string& After(const Scenario& scenario) {
    play.Do(scenario);
    return oracle.difference();
  }
  uint64_t counter(Counter counter) const { return play.stack().counters()[counter]; }
  State state(uint8_t fd) const {
    return play.stack().Status(play.descriptor(fd).socket)->state;
  }

  Play play;
  Oracle oracle;
};

template <typename Test>
void InEachSetup(const Test& test) {
  for (uint8_t setup = 0; setup < kSetups; ++setup) {
    SCOPED_TRACE(SetupName(setup));
    Watched watched(setup);
    test(watched);
    watched.play.Finish();
    EXPECT_EQ(watched.oracle.difference(), "");
    EXPECT_EQ(watched.play.wrong(), "");
  }
}

// CREQ-02, CREQ-04, OVF-01..03, SYNQ-07, SYNQ-08: both queues fill up, the last ACK waits, and
// who is not accepted in time is forgotten.
TEST(OracleTest, BothQueuesFillUp) {
  InEachSetup([](Watched& watched) {
    Scenario scenario = Listening(0);
    for (const uint8_t peer : {uint8_t{1}, uint8_t{2}})
      for (const Op& op : {Say(peer, kSyn), Off(Say(peer, kSyn), -1), Say(peer, kAck)})
        scenario.push_back(With(op, (op.mode & kSyn) != 0 ? kUsual : 0u | kWithStamps));
    scenario.push_back(Call(Verb::kListen, 0, 1));
    scenario.push_back(With(Say(3, kSyn), kUsual));
    scenario.push_back(Wait(1500));
    scenario.push_back(Call(Verb::kListen, 0, 0));
    scenario.push_back(With(Say(3, kAck), kWithStamps));
    EXPECT_EQ(watched.After(scenario), "");
    EXPECT_EQ(watched.counter(Counter::kTcpExtListenOverflows), 3u);
    EXPECT_EQ(watched.counter(Counter::kTcpPassiveOpens), 1u);
    EXPECT_EQ(watched.After({Wait(400'000)}), "");
    const bool reset = watched.play.stack().config().policy.on_overflow == OnOverflow::kReset;
    EXPECT_EQ(watched.counter(Counter::kHandfastRequestsTimedOut), reset ? 0u : 1u);
  });
}

// ACPT-03, SHUT-05, SHUT-06: accepted in the order of the handshakes; closing resets the rest.
TEST(OracleTest, AListenerClosesWithAllItHas) {
  InEachSetup([](Watched& watched) {
    EXPECT_EQ(watched.After(Listening(3)), "");
    EXPECT_EQ(
        watched.After({Say(1, kSyn), Say(2, kSyn), Say(2, kAck), Say(1, kAck), Accept(0, 1)}),
        "");
    EXPECT_EQ(watched.play.stack().Status(watched.play.descriptor(1).socket)->flow.peer,
              Play::AddrOf(2));
    EXPECT_EQ(watched.After({Say(3, kSyn), Call(Verb::kClose, 0), Say(3, kAck)}), "");
    EXPECT_EQ(watched.counter(Counter::kTcpEstabResets), 1u);
    EXPECT_EQ(watched.counter(Counter::kHandfastRequestsClosed), 1u);
  });
}

// RTX-01..04, SST-05: a SYN is repeated, sooner after a bad ACK, and given up.
TEST(OracleTest, NobodyAnswersASyn) {
  InEachSetup([](Watched& watched) {
    EXPECT_EQ(watched.After({Call(Verb::kSocket, 0), Connect(0, 1, 0),
                             Off(SayTo(0, kAck), 0, 7), Wait(500'000)}),
              "");
    EXPECT_EQ(watched.state(0), State::kClosed);
    EXPECT_EQ(watched.After({Call(Verb::kTakeError, 0)}), "");
    EXPECT_EQ(watched.play.answer_value(), static_cast<uint32_t>(Errno::kTimedOut));
  });
}

// SIM-01..08: SYNs cross; the SYN-ACK is repeated; strange segments are answered.
TEST(OracleTest, SynsCross) {
  InEachSetup([](Watched& watched) {
    EXPECT_EQ(watched.After({Call(Verb::kSocket, 0), Connect(0, 1, 0), Wait(2500),
                             With(SayTo(0, kSyn), kUsual), Wait(9000), Off(SayTo(0, kRst), 5),
                             Off(SayTo(0, kAck), 0, 9), Call(Verb::kConnect, 0),
                             Count(Verb::kWrite, 10)}),
              "");
    EXPECT_EQ(watched.state(0), State::kSynReceived);
    EXPECT_EQ(watched.After({With(SayTo(0, kAck), kWithStamps)}), "");
    EXPECT_EQ(watched.state(0), State::kEstablished);
  });
}

// TW-05..12, RFC 6191: what comes to a time-wait, and the SYN that takes its flow over.
TEST(OracleTest, AFlowIsOpenedOnceMore) {
  InEachSetup([](Watched& watched) {
    EXPECT_EQ(watched.After(Listening(3)), "");
    EXPECT_EQ(watched.After({With(Say(1, kSyn), kUsual), With(Say(1, kAck), kWithStamps),
                             Accept(0, 1), Call(Verb::kClose, 1),
                             With(Say(1, kFin | kAck), kWithStamps)}),
              "");
    EXPECT_EQ(watched.After({Off(Say(1, kAck), -1), Off(Say(1, kFin | kAck), -1),
                             Off(Say(1, kSyn), -1), Off(Say(1, kRst), 5),
                             Off(With(Say(1, kSyn), kUsual), 1000)}),
              "");
    EXPECT_EQ(watched.counter(Counter::kHandfastRequestsOpened), 2u);
  });
}

// ICMP-02, ICMP-05, C1; F: nobody answers ARP.
TEST(OracleTest, ThereIsNoWay) {
  InEachSetup([](Watched& watched) {
    Op silence = Call(Verb::kArp, 0);
    silence.flow.peer = 2;
    silence.mode = static_cast<uint8_t>(ArpKind::kSilence);
    Op unreachable = Call(Verb::kIcmp, 1);
    unreachable.mode = static_cast<uint8_t>(IcmpKind::kHostUnreachable);
    unreachable.seq = Base::kFirst;
    EXPECT_EQ(watched.After({silence, Call(Verb::kSocket, 0), Connect(0, 2, 0), Wait(5000),
                             Call(Verb::kSocket, 1), Connect(1, 1, 0), unreachable,
                             Call(Verb::kTakeError, 0), Call(Verb::kTakeError, 1)}),
              "");
    EXPECT_EQ(watched.play.answer_value(), static_cast<uint32_t>(Errno::kHostUnreach));
  });
}

// Who never got a name for it in a listener's queue is told so (Linux:
// tcp_abort_on_overflow), and a peer that can do ECN is asked for it (RFC 3168 §6.1.1); who
// offers nothing agrees to nothing.
TEST(OracleTest, SetupsDifferInWhatIsSaid) {
  InEachSetup([](Watched& watched) {
    const Policy& policy = watched.play.stack().config().policy;
    Op answer = With(SayTo(1, kSyn | kAck | kEce), kUsual);
    EXPECT_EQ(watched.After({Call(Verb::kSocket, 1), Connect(1, 1, 0), answer}), "");
    const Negotiated agreed =
        watched.play.stack().Status(watched.play.descriptor(1).socket)->negotiated;
    EXPECT_EQ(agreed.has(Negotiated::kEcn), policy.ecn == Ecn::kRequest);
    EXPECT_EQ(agreed.has(Negotiated::kTimestamps), policy.timestamps);
    EXPECT_EQ(agreed.has(Negotiated::kSack), policy.sack_permitted);
    EXPECT_EQ(agreed.has(Negotiated::kWindowScale), policy.window_scale);
    EXPECT_EQ(watched.After(Listening(1)), "");
    EXPECT_EQ(watched.After({Say(2, kSyn), Say(3, kSyn), Say(2, kAck),
                             Call(Verb::kListen, 0, 0), Say(3, kAck), Wait(100)}),
              "");
    EXPECT_EQ(watched.counter(Counter::kTcpExtListenOverflows), 1u);
    EXPECT_EQ(watched.counter(Counter::kTcpOutRsts),
              policy.on_overflow == OnOverflow::kReset ? 1u : 0u);
  });
}

// The model goes back with the stack, and begins anew with it.
TEST(OracleTest, TheModelIsRestoredAndRestarted) {
  InEachSetup([](Watched& watched) {
    EXPECT_EQ(watched.After(Listening(1)), "");
    EXPECT_EQ(watched.After({Say(1, kSyn), Call(Verb::kSnapshot, 0), Say(1, kAck),
                             Call(Verb::kClose, 0), Wait(50), Call(Verb::kRestore, 0),
                             Say(1, kAck), Accept(0, 1), Call(Verb::kCopy, 0), Say(2, kSyn),
                             Call(Verb::kRestart, 0), Say(2, kAck)}),
              "");
    EXPECT_EQ(watched.counter(Counter::kTcpOutRsts), 1u) << "nobody remembers that SYN";
  });
}

#ifdef HANDFAST_SANITIZED
constexpr uint64_t kPerSetup = 50;
#else
constexpr uint64_t kPerSetup = 400;
#endif
constexpr uint64_t kScenarios = kPerSetup * kSetups;

TEST(OracleTest, NoiseShowsNoDifference) {
  if (kPerSetup < 400) std::puts("shortened: oracle compares an eighth of its scenarios");
  uint64_t events = 0;
  for (uint64_t seed = 0; seed < kScenarios; ++seed) {
    Watched watched(static_cast<uint8_t>(seed % kSetups));
    watched.play.set_audits(Play::Audits::kNone);
    ASSERT_EQ(watched.After(Noise(seed).Draw(200)), "") << seed;
    watched.play.Finish();
    ASSERT_EQ(watched.oracle.difference(), "") << seed;
    events += watched.oracle.events();
  }
  EXPECT_GT(events, 80 * kScenarios);
}

// Noise is worth something: whatever setup counts has happened somewhere in it.
TEST(OracleTest, NoiseReachesAllOfSetup) {
  std::map<Counter, uint64_t> sums;
  for (uint64_t seed = 0; seed < kScenarios; ++seed) {
    Play play(static_cast<uint8_t>(seed % kSetups));
    play.set_audits(Play::Audits::kNone);
    play.Do(Noise(seed).Draw(200));
    for (size_t i = 0; i < kCounterCount; ++i)
      sums[static_cast<Counter>(i)] += play.stack().counters()[static_cast<Counter>(i)];
  }
  for (const Counter counter :
       {Counter::kTcpExtListenOverflows, Counter::kTcpExtTCPReqQFullDrop,
        Counter::kTcpExtEmbryonicRsts, Counter::kTcpExtPAWSActive,
        Counter::kTcpExtTSEcrRejected, Counter::kTcpExtPAWSEstab,
        Counter::kTcpExtTCPACKSkippedSynRecv, Counter::kTcpExtTCPACKSkippedChallenge,
        Counter::kTcpExtTW, Counter::kTcpExtPAWSTimewait, Counter::kTcpExtTCPTimeWaitOverflow,
        Counter::kTcpExtTCPACKSkippedTimeWait, Counter::kTcpExtTCPAbortOnTimeout,
        Counter::kTcpPassiveOpens, Counter::kTcpAttemptFails, Counter::kTcpExtOutOfWindowIcmps,
        Counter::kHandfastRequestsTimedOut, Counter::kHandfastRequestsClosed,
        Counter::kHandfastOptionsMalformed})
    EXPECT_GT(sums[counter], 0u) << Name(counter);
}

// What a stack that is wrong would show.
enum class Lie : uint8_t { kErrno, kValue, kVerdict, kState, kOctet, kNothingSent, kBacklog };

class Liar final : public Spectator {
 public:
  Liar(Lie lie, Oracle& oracle) : lie_(lie), oracle_(oracle) {}

  void OnOp(const Play& play, const Op& op) override { oracle_.OnOp(play, op); }
  void OnCall(const Play& play, const Op& op, Errno error, uint32_t value) override {
    Op told = op;
    if (lie_ == Lie::kBacklog && op.verb == Verb::kListen) ++told.amount;
    if (lie_ == Lie::kErrno && op.verb == Verb::kAccept) error = Errno::kInval;
    if (lie_ == Lie::kValue && op.verb == Verb::kTakeError) ++value;
    oracle_.OnCall(play, told, error, value);
  }
  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override {
    TraceRecord told = record;
    if (lie_ == Lie::kVerdict) told.verdict = {Action::kDrop, Drop::kFlags};
    if (lie_ == Lie::kState) told.after = State::kClosed;
    OwnedTxBurst other(8, 1500);
    for (size_t i = 0; i < out.size() && lie_ != Lie::kNothingSent; ++i) {
      std::copy(out[i].begin(), out[i].end(), other.Open(1500).begin());
      if (lie_ == Lie::kOctet) other.Open(1500)[out[i].size() - 1] ^= 1;
      other.Close(out[i].size());
    }
    oracle_.OnInput(play, datagram, told, other);
  }

 private:
  Lie lie_;
  Oracle& oracle_;
};

TEST(OracleTest, ALieIsNoticed) {
  Scenario scenario = Listening();
  for (const Op& op : {Accept(0, 1), Call(Verb::kSocket, 2), Call(Verb::kTakeError, 2),
                       With(Say(1, kSyn), kUsual)})
    scenario.push_back(op);
  for (const auto& [lie, sentence] :
       {std::pair{Lie::kErrno, "op 3, accept: expected EAGAIN, got EINVAL"},
        std::pair{Lie::kValue, "op 5, so_error: expected the value 0, got 1"},
        std::pair{Lie::kVerdict,
                  "op 6, segment: LISTEN: expected the verdict queue a request, "
                  "answer with SYN-ACK (None), got drop (Flags)"},
        std::pair{Lie::kState,
                  "op 6, segment: expected states LISTEN to SYN-RECEIVED, got "
                  "LISTEN to CLOSED"},
        std::pair{Lie::kOctet, "op 6, segment: what leaves is no segment"},
        std::pair{Lie::kNothingSent, "op 6, segment: expected S. "},
        std::pair{Lie::kBacklog, "op 2, listen: backlog: expected 6, got 5"}}) {
    Play play;
    Oracle oracle(play);
    Liar liar(lie, oracle);
    play.set_spectator(&liar);
    play.Do(scenario);
    EXPECT_EQ(oracle.difference().substr(0, std::string(sentence).size()), sentence);
  }
}

}  // namespace
}  // namespace handfast
