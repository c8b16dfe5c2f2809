// The judges of arriving segments, enumerated: every state, every set of flags, every edge of
// both windows, against the reference (harness/reference/segment_arrives.h).
//
// I-10, I-36, I-60; incidents 20 to 23, 62 to 70, 72 to 74, 76, 77, 80, 82, 83, 117, 127;
// RFC 9293 §3.10.7, R5961-3.2, R5961-4.2, R5961-5.2, R7323-3.2, R7323-5.2, R7323-5.5,
// R6191-2, R1337-F1; C5, C8, C9, C10, C13; E01, E10, E34, E40, E59.

#include <gtest/gtest.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "harness/pace.h"
#include "harness/packet.h"
#include "harness/reference/bench.h"
#include "harness/reference/lattice.h"
#include "harness/sim/rng.h"
#include "stack/config.h"

namespace handfast {
namespace {

using reference::Bench;
using reference::Octet;
using reference::OnWire;
using reference::Opened;
using reference::Queues;
using reference::Tcb;
using reference::TimeCase;

constexpr unsigned kIdleFlags = kPsh | kUrg | kEce | kCwr;
const std::array<uint8_t, reference::kText> kOctets{};

struct Profile {
  const char* name;
  Policy policy;
};

// The named ones, and what none of them chooses.
std::vector<Profile> Profiles() {
  std::vector<Profile> profiles = {{"Default", Config::Default().policy},
                                   {"Linux", Config::Linux().policy},
                                   {"Strict", Config::Strict().policy}};
  Policy overflow;
  overflow.on_overflow = OnOverflow::kReset;
  profiles.push_back({"overflow resets", overflow});
  return profiles;
}

std::string Relative(Octet octet, const char* name, Octet from) {
  char text[64];
  std::snprintf(text, sizeof text, "%s%+" PRId64, name, octet - from);
  return text;
}

// All sets of flags at one place of both windows.
class Row {
 public:
  Row(const Tcb& tcb, const Policy& policy, const Bench& bench, const Segment& seg) {
    for (unsigned flags = 0; flags < 256; ++flags) {
      Segment with = seg;
      with.flags = Flags(flags);
      verdicts_[flags] = bench.Judge(with, policy);
      const Verdict want = reference::SegmentArrives(tcb, with, policy);
      if (verdicts_[flags] != want && fault_.empty())
        fault_ = ShowFlags(flags) + ": " + Text(verdicts_[flags].action) + ", " +
                 Name(verdicts_[flags].drop) + "; the reference: " + Text(want.action) + ", " +
                 Name(want.drop);
      seen_ |= 1u << static_cast<unsigned>(verdicts_[flags].action);
      CheckLaws(tcb, flags);
    }
  }

  const std::string& fault() const { return fault_; }
  uint32_t seen() const { return seen_; }

 private:
  void CheckLaws(const Tcb& tcb, unsigned flags) {
    const Action action = verdicts_[flags].action;
    if ((flags & kRst) != 0) {
      const bool open = IsSynchronized(tcb.state) || tcb.state == State::kSynReceived;
      const bool silent = action == Action::kDrop || action == Action::kForget ||
                          action == Action::kReset || action == Action::kEnd;
      if (!silent && !(open && action == Action::kChallenge))
        fault_ += ShowFlags(flags) + ": a RST is answered";
    }
    if (verdicts_[flags] != verdicts_[flags & ~kIdleFlags])
      fault_ += ShowFlags(flags) + ": a bit without meaning changes the verdict";
  }

  std::array<Verdict, 256> verdicts_;
  uint32_t seen_ = 0;
  std::string fault_;
};

// Walks the lattice of one state.
class Walk {
 public:
  Walk(State state, Opened opened) {
    for (const Profile& profile : Profiles())
      for (const Tcb& tcb : reference::TcbsOf(state, opened))
        for (const TimeCase& time : reference::TimeCases())
          if (!time.outdated || Lasts(tcb)) Places(profile, tcb, time);
    const char* const how = opened == Opened::kPassively ? "passive" : "active";
    std::printf("%-12s %-7s %10" PRIu64 " cells compared\n", Name(state), how, cells_);
  }

  uint64_t cells() const { return cells_; }
  uint32_t seen() const { return seen_; }

 private:
  // Long enough for TS.Recent to grow old.
  static bool Lasts(const Tcb& tcb) {
    return tcb.state != State::kTimeWait &&
           (tcb.state != State::kSynReceived || tcb.opened == Opened::kActively);
  }

  void Places(const Profile& profile, Tcb tcb, const TimeCase& time) {
    Segment seg;
    reference::Set(time, tcb, seg);
    const Bench bench(tcb);
    for (const size_t text : {size_t{0}, size_t{1}, kOctets.size()}) {
      seg.text = Bytes(kOctets).first(text);
      for (const Octet seq : reference::SeqEdges(tcb)) {
        for (const Octet ack : reference::AckEdges(tcb)) {
          if (!Afforded(rows_++)) continue;
          seg.seq = Seq(OnWire(seq));
          seg.ack = Seq(OnWire(ack));
          const Row row(tcb, profile.policy, bench, seg);
          cells_ += 256;
          seen_ |= row.seen();
          if (row.fault().empty() || !kinds_.insert(row.fault()).second) continue;
          ADD_FAILURE() << Name(tcb.state) << ", " << profile.name << ", " << time.name << ", "
                        << text << " octets, " << Relative(seq, "RCV.NXT", tcb.rcv_nxt)
                        << " of a window of " << tcb.rcv_wnd << ", "
                        << Relative(ack, "SND.UNA", tcb.snd_una) << " of "
                        << tcb.snd_nxt - tcb.snd_una << " in flight: " << row.fault();
        }
      }
    }
  }

  uint64_t rows_ = 0;
  uint64_t cells_ = 0;
  std::set<std::string> kinds_;  // of faults; one example of each is enough
  uint32_t seen_ = 0;
};

// Each verdict that the state can have is met, and no other.
void ExpectVerdicts(const Walk& walk, std::initializer_list<Action> all) {
  uint32_t want = 0;
  for (const Action action : all) want |= 1u << static_cast<unsigned>(action);
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(walk.seen() >> i & 1, want >> i & 1) << Text(static_cast<Action>(i));
}

TEST(JudgeTest, ClosedIsAsTheReferenceSays) {
  ExpectVerdicts(Walk(State::kClosed, Opened::kActively), {Action::kDrop, Action::kSendRst});
}

TEST(JudgeTest, ListenIsAsTheReferenceSays) {
  ExpectVerdicts(Walk(State::kListen, Opened::kPassively),
                 {Action::kDrop, Action::kSendRst, Action::kQueue});
}

TEST(JudgeTest, SynSentIsAsTheReferenceSays) {
  ExpectVerdicts(Walk(State::kSynSent, Opened::kActively),
                 {Action::kDrop, Action::kSendRst, Action::kSendRstRepeat, Action::kReset,
                  Action::kEstablish, Action::kCross});
}

TEST(JudgeTest, SynReceivedOfARequestIsAsTheReferenceSays) {
  ExpectVerdicts(
      Walk(State::kSynReceived, Opened::kPassively),
      {Action::kDrop, Action::kSendRst, Action::kSendAck, Action::kChallenge, Action::kForget,
       Action::kRefuse, Action::kHold, Action::kEstablish, Action::kResendSynAck});
}

TEST(JudgeTest, SynReceivedAfterCrossedSynsIsAsTheReferenceSays) {
  ExpectVerdicts(Walk(State::kSynReceived, Opened::kActively),
                 {Action::kDrop, Action::kSendRst, Action::kSendAck, Action::kChallenge,
                  Action::kReset, Action::kEstablish});
}

TEST(JudgeTest, SynchronizedStatesAreAsTheReferenceSays) {
  for (const State state : {State::kEstablished, State::kFinWait1, State::kFinWait2,
                            State::kCloseWait, State::kClosing, State::kLastAck})
    ExpectVerdicts(
        Walk(state, Opened::kPassively),
        {Action::kDrop, Action::kSendAck, Action::kChallenge, Action::kReset, Action::kAccept});
}

TEST(JudgeTest, TimeWaitIsAsTheReferenceSays) {
  ExpectVerdicts(Walk(State::kTimeWait, Opened::kActively),
                 {Action::kDrop, Action::kSendAck, Action::kRestart, Action::kRestartAck,
                  Action::kEnd, Action::kReopen});
}

// E41: a SYN that takes over a flow in TIME-WAIT is not held back by the SYN queue.
TEST(JudgeTest, ReopeningPassesTheSynQueueButNotTheAcceptQueue) {
  Segment syn;
  syn.flags = Flags(kSyn);
  Tcb tcb;
  tcb.syn_queue_full = true;
  const Queues syns(tcb);
  EXPECT_EQ(JudgeListen(syn, syns.listener, SynFrom::kTimeWait), Verdict(Action::kQueue));
  tcb.accept_queue_full = true;
  const Queues both(tcb);
  EXPECT_EQ(JudgeListen(syn, both.listener, SynFrom::kTimeWait),
            Verdict(Action::kDrop, Drop::kAcceptQueueFull));
}

// SEG.WND, the TOS, the content of the text, reserved bits and other options: no judge's
// business. And who is asked twice says the same.
TEST(JudgeTest, WhatAJudgeNeedNotKnowChangesNothing) {
  const std::array<uint8_t, reference::kText> other = {9, 9, 9, 9, 9};
  uint64_t cells = 0;
  for (int i = 0; i <= static_cast<int>(State::kTimeWait); ++i) {
    for (const Tcb& tcb : reference::TcbsOf(static_cast<State>(i), Opened::kPassively)) {
      const Bench bench(tcb), again(tcb);
      for (unsigned flags = 0; flags < 64; ++flags) {
        for (const Octet seq : reference::SeqEdges(tcb)) {
          Segment seg;
          seg.seq = Seq(OnWire(seq));
          seg.ack = Seq(OnWire(tcb.snd_nxt));
          seg.flags = Flags(flags);
          seg.text = kOctets;
          Segment noise = seg;
          noise.flags = Flags(flags | kReserved);
          noise.window = 65535;
          noise.tos = 0xff;
          noise.text = other;
          noise.flow.peer_port = Port{9};
          noise.options.seen = static_cast<uint8_t>(~Options::kTimestamps);
          for (const Profile& profile : Profiles())
            ASSERT_EQ(bench.Judge(seg, profile.policy), again.Judge(noise, profile.policy));
          ++cells;
        }
      }
    }
  }
  EXPECT_GT(cells, 50'000u);
}

// Incident 72: not only at the edges. Windows of all sizes, numbers near them and anywhere.
TEST(JudgeTest, AcceptabilityIsAsTheReferenceSaysForTenMillionTuples) {
  SimRng rng(72);
  uint64_t acceptable = 0;
  const uint64_t tuples = 10'000'000 / kStride;
  for (uint64_t i = 0; i < tuples; ++i) {
    Tcb tcb;
    tcb.rcv_wnd = static_cast<Octet>(rng.Below(uint64_t{1} << rng.Below(31)));
    tcb.rcv_nxt = reference::kCircle + static_cast<Octet>(rng.Below(reference::kCircle));
    Segment seg;
    const auto near = static_cast<Octet>(rng.Below(64)) - 32;
    const Octet place = rng.Chance(500)   ? tcb.rcv_nxt + near
                        : rng.Chance(500) ? tcb.rcv_nxt + tcb.rcv_wnd + near
                                          : static_cast<Octet>(rng.Below(reference::kCircle));
    seg.seq = Seq(OnWire(place));
    seg.text = Bytes(kOctets).first(rng.Below(kOctets.size() + 1));
    seg.flags = Flags(static_cast<unsigned>(rng.Below(64)));
    const bool want = reference::Acceptable(tcb, seg);
    acceptable += want ? 1 : 0;
    ASSERT_EQ(
        SequenceAcceptable(seg, Seq(OnWire(tcb.rcv_nxt)), static_cast<uint32_t>(tcb.rcv_wnd)),
        want)
        << place << " of " << tcb.rcv_nxt << "+" << tcb.rcv_wnd;
  }
  EXPECT_GT(acceptable, tuples / 10);
  EXPECT_LT(acceptable, tuples / 10 * 9);
}

}  // namespace
}  // namespace handfast
