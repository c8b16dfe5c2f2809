// What a segment does to a stack: verdict, answer, next state, and what stays as it was; for
// every state and every edge, through Input, against the reference.
//
// I-09, I-10, I-11, I-36, I-37, I-55, I-60; incidents 23, 27, 62 to 70, 73, 76, 77, 80, 81,
// 127; RFC 9293 §3.5.2, §3.10.7.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/audit.h"
#include "harness/compare.h"
#include "harness/pace.h"
#include "harness/reference/lattice.h"
#include "harness/reference/what_follows.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

using reference::Octet;
using reference::OnWire;
using reference::Opened;
using reference::Tcb;
using reference::TimeCase;

constexpr uint32_t kBuffer = 256;

// Few objects, so that copies are cheap.
Config TinyConfig(Config config) {
  config.listeners = config.requests = config.connections = config.time_waits = 2;
  config.chunks = 8;
  config.chunk_bytes = 64;
  config.socket.receive_buffer = config.socket.send_buffer = kBuffer;
  return config.With(kHere, 24);
}

// What else has happened.
enum class Extra : uint8_t {
  kNothing,
  kOpenedByUs,
  kInFlight,   // ten octets of ours are not acknowledged
  kFullWindow  // the peer's text fills the buffer
};

bool Applies(Extra extra, Stage stage) {
  if (extra == Extra::kNothing) return true;
  if (extra == Extra::kOpenedByUs) return IsSynchronized(StateOf(stage));
  return stage == Stage::kEstablished ||
         (extra == Extra::kInFlight && stage == Stage::kCloseWait);
}

void Happen(Extra extra, StageWorld& world) {
  if (extra == Extra::kInFlight)
    (void)world.stack().Write(world.world.now(), *world.socket, std::vector<uint8_t>(10, 1));
  if (extra == Extra::kFullWindow) world.peer.Say(kAck, std::vector<uint8_t>(kBuffer, 2));
  world.world.Poll();
  for (Seen& seen : world.world.TakeSegments()) world.last = std::move(seen);
}

// What the peer can know of the connection.
Tcb TcbOf(const StageWorld& world, Stage stage) {
  const HandPeer& peer = world.peer;
  Tcb tcb;
  tcb.state = StateOf(stage);
  tcb.opened = stage == Stage::kCrossed ? Opened::kActively : Opened::kPassively;
  tcb.iss = reference::kCircle + peer.their_isn;
  tcb.snd_nxt = tcb.snd_una = reference::FirstFrom(tcb.iss, peer.ack);
  if (!IsSynchronized(tcb.state)) tcb.snd_una = tcb.iss;
  tcb.fin_sent =
      stage == Stage::kFinWait1 || stage == Stage::kClosing || stage == Stage::kLastAck;
  if (tcb.fin_sent) tcb.snd_nxt += 1;
  if (!world.last.text.empty()) tcb.snd_nxt += 10;
  tcb.max_snd_wnd = peer.window;
  tcb.irs = reference::kCircle + peer.isn;
  tcb.rcv_nxt = reference::FirstFrom(tcb.irs, peer.seq);
  if (world.last.ack != 0) tcb.rcv_wnd = world.last.ack + world.last.window - peer.seq;
  tcb.ts_recent = peer.ts_val;
  tcb.first_tsval = tcb.last_tsval = peer.ts_ecr;
  tcb.somebody_listens = world.listener.has_value();
  return tcb;
}

bool OneOf(Action action, std::initializer_list<Action> list) {
  return std::find(list.begin(), list.end(), action) != list.end();
}
bool Acknowledges(Action action) {
  return OneOf(action, {Action::kSendAck, Action::kChallenge, Action::kRestartAck});
}
bool Resets(Action action) {
  return OneOf(action, {Action::kSendRst, Action::kSendRstRepeat, Action::kRefuse});
}
bool SendsSynAck(Action action) {
  return OneOf(action,
               {Action::kQueue, Action::kReopen, Action::kCross, Action::kResendSynAck});
}
bool GoesOn(Action action) { return OneOf(action, {Action::kAccept, Action::kEstablish}); }

uint32_t LengthOf(const TcpPacket& packet) {
  return static_cast<uint32_t>(packet.text.size()) + ((packet.flags & kSyn) != 0 ? 1 : 0) +
         ((packet.flags & kFin) != 0 ? 1 : 0);
}

// A stage, and copies of it to try segments on.
class Trial {
 public:
  Trial(Stage stage, Extra extra, const StageOptions& options)
      : world_(stage, options), policy_(options.config.policy), base_(world_.stack()) {
    Happen(extra, world_);
    base_ = OwnedStack(world_.stack());
    tcb_ = TcbOf(world_, stage);
  }

  Tcb& tcb() { return tcb_; }
  const StageWorld& world() const { return world_; }

  // "", or what is wrong with what the stack made of the segment.
  std::string Try(const TcpPacket& packet, const Segment& segment) {
    copy_ = base_;
    tx_.Clear();
    std::array<TraceRecord, 1> records;
    Trace trace(records);
    const Datagram datagram = packet.Seal();
    const Bytes view(datagram);
    if (copy_->Input(world_.world.now(), {&view, 1}, tx_, &trace) != 1) return "not consumed";
    want_ = reference::SegmentArrives(tcb_, segment, policy_);
    got_ = records[0].verdict;
    const bool same = GoesOn(want_.action) ? got_.action == want_.action : got_ == want_;
    if (!same)
      return std::string(Text(got_.action)) + ", " + Name(got_.drop) +
             "; the reference: " + Text(want_.action) + ", " + Name(want_.drop);
    if (std::string wrong = WrongAnswer(packet, segment); !wrong.empty()) return wrong;
    return WrongState(segment);
  }

  // All that holds of a stack, of the last copy.
  std::string Audit() const { return AuditText(*copy_); }

 private:
  std::string WrongAnswer(const TcpPacket& in, const Segment& segment) const {
    if (tx_.size() > 1) return "two answers";
    std::optional<Seen> out;
    if (!tx_.empty()) out = handfast::Read(tx_[0]);
    if (!tx_.empty() && !out) return "the answer is no segment";
    if (out && out->flow != world_.flow()) return "wrong flow";
    const Action action = want_.action;
    if (GoesOn(action)) return WrongAck(segment, out);
    const bool speaks = Acknowledges(action) || Resets(action) || SendsSynAck(action);
    if (speaks != out.has_value()) return out ? "speaks: " + Show(*out) : "is silent";
    if (!out) return "";
    bool right = false;
    if (Resets(action))  // RFC 9293 §3.5.2
      right = (in.flags & kAck) != 0 ? out->flags == kRst && out->seq == in.ack && out->ack == 0
                                     : out->flags == (kRst | kAck) && out->seq == 0 &&
                                           out->ack == in.seq + LengthOf(in);
    if (Acknowledges(action))  // I-55
      right = out->flags == kAck && out->seq == OnWire(tcb_.snd_nxt) &&
              out->ack == OnWire(tcb_.rcv_nxt);
    if (action == Action::kResendSynAck || action == Action::kCross)
      right =
          out->flags == (kSyn | kAck) && out->seq == OnWire(tcb_.iss) && out->ack == in.seq + 1;
    if (action == Action::kQueue) right = out->flags == (kSyn | kAck) && out->ack == in.seq + 1;
    if (action == Action::kReopen)  // far above all that was sent (RFC 6191 §2)
      right = out->flags == (kSyn | kAck) && out->ack == in.seq + 1 &&
              out->seq == OnWire(tcb_.snd_nxt + 65537);
    if (!out->text.empty()) right = false;
    return right ? "" : "wrong answer: " + Show(*out);
  }

  // The answer to a segment that was taken: at once where it has a FIN, or brings nothing.
  std::string WrongAck(const Segment& segment, const std::optional<Seen>& out) const {
    const bool handshake = tcb_.state == State::kSynSent;
    const Octet rcv_nxt = handshake ? Octet{segment.seq.raw()} + 1
                                    : reference::WhatFollows(tcb_, segment).rcv_nxt;
    const bool crossed = segment.has(kSyn) && tcb_.opened == Opened::kActively;
    const bool takes = MayReceive(tcb_.state) || tcb_.state == State::kSynReceived;
    const bool at_once = handshake || crossed ||
                         (takes && reference::Len(segment) > 0 &&
                          (rcv_nxt == tcb_.rcv_nxt || reference::TookFin(tcb_, segment)));
    if (at_once && !out) return "is silent";
    if (!out) return "";
    const bool right = out->flags == kAck && out->seq == OnWire(tcb_.snd_nxt) &&
                       out->ack == OnWire(rcv_nxt) && out->text.empty();
    return right ? "" : "wrong ACK: " + Show(*out);
  }

  // Where the flow is when nobody owns it.
  State Idle() const { return world_.listener ? State::kListen : State::kClosed; }

  State StateWanted(const Segment& segment) const {
    const Action action = want_.action;
    if (OneOf(action, {Action::kForget, Action::kRefuse, Action::kReset, Action::kEnd}))
      return Idle();
    if (SendsSynAck(action)) return State::kSynReceived;
    if (!GoesOn(action)) return tcb_.state;
    if (tcb_.state == State::kSynSent) return State::kEstablished;
    const State state = reference::WhatFollows(tcb_, segment).state;
    return state == State::kClosed ? Idle() : state;
  }

  std::string WrongState(const Segment& segment) const {
    const State is = StateOf(*copy_, world_.flow());
    const State want = StateWanted(segment);
    if (is != want) return std::string("goes to ") + Name(is) + ", not to " + Name(want);
    if (want_.action == Action::kDrop && !SameButCounters(*base_, *copy_))
      return "a drop leaves a trace";
    return "";
  }

  StageWorld world_;
  Policy policy_;
  OwnedStack base_;
  OwnedStack copy_ = base_;
  OwnedTxBurst tx_{4, 1500};
  Tcb tcb_;
  Verdict want_;
  Verdict got_;
};

// Walks all flags (but ECE and CWR, which only choose options here) at all edges.
class Walk {
 public:
  Walk(Stage stage, Extra extra, const StageOptions& options, const char* profile,
       const TimeCase& time)
      : trial_(stage, extra, options) {
    const bool offers = stage == Stage::kSynSent;  // timestamps, before they are agreed upon
    TimeCase seen = time;
    seen.negotiated = time.negotiated || offers;
    Tcb& tcb = trial_.tcb();
    Segment seg;
    reference::Set(seen, tcb, seg);
    TcpPacket packet = trial_.world().peer.Make(0);
    packet.options = OptionList();
    if (time.present) packet.options.Timestamps(seg.options.ts_val, seg.options.ts_ecr);
    const std::string where = std::string(Name(stage)) + ", case " +
                              std::to_string(static_cast<int>(extra)) + ", " + profile + ", " +
                              time.name + ", ";
    for (const size_t text : {size_t{0}, size_t{reference::kText}}) {
      packet.text.assign(text, 7);
      for (const Octet seq : reference::SeqEdges(tcb))
        for (const Octet ack : reference::AckEdges(tcb))
          if (Afforded(places_++)) Flags(packet, seg, seq, ack, where);
    }
  }
  uint64_t cells() const { return cells_; }

 private:
  void Flags(TcpPacket& packet, Segment& seg, Octet seq, Octet ack, const std::string& where) {
    const Tcb& tcb = trial_.tcb();
    packet.seq = OnWire(seq);
    packet.ack = OnWire(ack);
    seg.seq = Seq(packet.seq);
    seg.ack = Seq(packet.ack);
    seg.text = packet.text;
    for (unsigned flags = 0; flags < 64; ++flags) {
      packet.flags = flags;
      seg.flags = handfast::Flags(flags);
      std::string wrong = trial_.Try(packet, seg);
      if (wrong.empty() && ++cells_ % 499 == 0) wrong = trial_.Audit();
      if (wrong.empty() || !kinds_.insert(wrong.substr(0, 30)).second) continue;
      ADD_FAILURE() << where << ShowFlags(flags) << ", " << packet.text.size()
                    << " octets, RCV.NXT+" << seq - tcb.rcv_nxt << " of " << tcb.rcv_wnd
                    << ", SND.UNA+" << ack - tcb.snd_una << " of " << tcb.snd_nxt - tcb.snd_una
                    << ": " << wrong;
    }
  }

  Trial trial_;
  uint64_t places_ = 0;
  uint64_t cells_ = 0;
  std::set<std::string> kinds_;
};

// What is worth saying about time here: nothing, something good, old, missing, a bad echo.
bool Matters(const TimeCase& time) {
  const std::set<std::string> names = {"no timestamps", "newer", "older", "missing",
                                       "echo from before"};
  return names.count(time.name) != 0;
}

void WalkProfile(const char* name, const Config& profile) {
  uint64_t cells = 0;
  for (const Stage stage : AllStages()) {
    for (const TimeCase& time : reference::TimeCases()) {
      if (!Matters(time)) continue;
      StageOptions options;
      options.config = TinyConfig(profile);
      if (time.negotiated) options.syn.Timestamps(100, 0);
      options.peer_isn = 0xffff'fff0;
      for (const Extra extra :
           {Extra::kNothing, Extra::kOpenedByUs, Extra::kInFlight, Extra::kFullWindow}) {
        options.opened_by = extra == Extra::kOpenedByUs ? OpenedBy::kUs : OpenedBy::kPeer;
        if (Applies(extra, stage)) cells += Walk(stage, extra, options, name, time).cells();
      }
    }
  }
  std::printf("%s: %" PRIu64 " segments tried\n", name, cells);
}

TEST(ArrivalTest, EachSegmentDoesWhatTheReferenceSays) {
  WalkProfile("Default", Config::Default());
}

TEST(ArrivalTest, EachSegmentDoesWhatTheReferenceSaysOfLinux) {
  WalkProfile("Linux", Config::Linux());
}

}  // namespace
}  // namespace handfast
