// What is on its way, and the time it takes.

#include <algorithm>
#include <array>

#include "harness/op/play.h"
#include "harness/world.h"
#include "stack/wire/be.h"
#include "stack/wire/options.h"
#include "stack/wire/tcp_view.h"

namespace handfast {
namespace {

constexpr size_t kRoom = 64;  // datagrams that a stack may send at once

// Burst memory is used within one call only, so all plays of a thread share it.
TxBurst& Scratch() {
  static thread_local OwnedTxBurst burst(kRoom, 1500);
  burst.Clear();
  return burst;
}
TxBurst& ArpScratch() {
  static thread_local OwnedTxBurst burst(kRoom, 1500);
  burst.Clear();
  return burst;
}

Mac MacOf(uint8_t peer) { return {{2, 0, 0, 0, 0, static_cast<uint8_t>(2 + peer)}}; }

std::vector<uint8_t> ArpPacket(Arp::Operation operation, const Mac& mac, Addr sender,
                               Addr target) {
  std::vector<uint8_t> packet(Arp::kLength);
  Arp{operation, mac, sender, Mac{{2, 0, 0, 0, 0, 1}}, target}.Emit(packet.data());
  return packet;
}

}  // namespace

void Play::Arrive(Datagram datagram) {
  TxBurst& tx = Scratch();
  std::array<TraceRecord, 1> records;
  Trace trace(records);
  const ExactBytes exact(datagram);
  const Bytes view(exact);
  NoteStep();
  if (ours_.stack->Input(now_, {&view, 1}, tx, &trace) != 1) Wrong("a datagram is not taken");
  if (audits_ != Audits::kNone) steps_.OnInput(*ours_.stack, view, records[0], tx);
  if (spectator_.who != nullptr) spectator_.who->OnInput(*this, view, records[0], tx);
  came_in_.push_back(std::move(datagram));
  if (came_in_.size() > kRemembered) came_in_.pop_front();
  Send(tx);
}

void Play::ArriveAtPeer(const Datagram& datagram) {
  TxBurst& tx = Scratch();
  const Bytes view(datagram);
  if (theirs_.stack->Input(now_, {&view, 1}, tx) != 1) Wrong("A does not take a datagram");
  theirs_.stack->Expire(now_, tx);
  for (size_t i = 0; i < tx.size(); ++i)
    if (wire_.size() < kMostOnTheWay) wire_.push_back({true, {tx[i].begin(), tx[i].end()}});
}

// What our stack wrote goes through the Ethernet; neighbours are asked for on the way.
void Play::Send(TxBurst& tx) {
  TxBurst& questions = ArpScratch();
  for (size_t i = 0; i < tx.size(); ++i)
    if (const std::optional<Bytes> frame = ethernet_.Output(now_, tx, i, questions))
      Route(frame->subspan(kEthernetHeader));
  Answer(questions);
}

// Peers answer at once, unless they are silent; so what waited leaves.
void Play::Answer(TxBurst& questions) {
  static thread_local OwnedTxBurst released(kRoom, 1500);
  for (size_t i = 0; i < questions.size(); ++i) {
    const auto ethernet = EthernetView::Of(questions[i]);
    if (!ethernet || ethernet->type != kEtherTypeArp) continue;
    const auto arp = Arp::Parse(ethernet->payload);
    for (uint8_t peer = 0; arp && peer < FlowName::kPeers; ++peer) {
      if (arp->target != AddrOf(peer) || (silent_ >> peer & 1) != 0) continue;
      released.Clear();
      const Datagram reply =
          SealEthernet(ethernet_.config().mac, MacOf(peer), kEtherTypeArp,
                       ArpPacket(Arp::Operation::kReply, MacOf(peer), AddrOf(peer), kHere));
      (void)ethernet_.Input(now_, reply, released);
      for (size_t j = 0; j < released.size(); ++j)
        if (LoadBe16(&released[j][12]) == kEtherTypeIpv4)
          Route(released[j].subspan(kEthernetHeader));
    }
  }
}

void Play::Route(Bytes datagram) {
  if (refuse_ > 0) {
    --refuse_;
    ours_.stack->NoteRefused(1);
    return;
  }
  const Bytes tcp = datagram.subspan(20);
  if (datagram[9] == kProtocolTcp) {
    const TcpView view(tcp);
    const Flow flow{kHere, Addr::V4(LoadBe32(&datagram[16])), view.source(),
                    view.destination()};
    if (const Options options = ParseOptions(view.options()); options.has(Options::kTimestamps))
      Know(flow).our_ts_val = options.ts_val;
  }
  if (Addr::V4(LoadBe32(&datagram[16])) == AddrOf(0) && wire_.size() < kMostOnTheWay)
    wire_.push_back({false, {datagram.begin(), datagram.end()}});
}

void Play::Arp(const Op& op) {
  const uint8_t peer = op.flow.peer;
  const auto kind = static_cast<ArpKind>(op.mode);
  if (kind == ArpKind::kSilence) {
    silent_ ^= static_cast<uint8_t>(1 << peer);
    return;
  }
  const bool reply = kind == ArpKind::kReply || kind == ArpKind::kTakeover;
  std::vector<uint8_t> packet =
      ArpPacket(reply ? Arp::Operation::kReply : Arp::Operation::kRequest, MacOf(peer),
                kind == ArpKind::kTakeover ? kHere : AddrOf(peer),
                kind == ArpKind::kGratuitous ? AddrOf(peer) : kHere);
  if (kind == ArpKind::kMalformed) packet.resize(Arp::kLength / 2);
  TxBurst& tx = ArpScratch();
  (void)ethernet_.Input(
      now_, SealEthernet(ethernet_.config().mac, MacOf(peer), kEtherTypeArp, packet), tx);
  for (size_t i = 0; i < tx.size(); ++i)
    if (LoadBe16(&tx[i][12]) == kEtherTypeIpv4) Route(tx[i].subspan(kEthernetHeader));
}

// Only what is there now; answers to it go behind.
void Play::Deliver(size_t count) {
  for (count = std::min(count, wire_.size()); count > 0; --count) {
    Parcel parcel = std::move(wire_.front());
    wire_.pop_front();
    if (parcel.to_us)
      Arrive(std::move(parcel.datagram));
    else
      ArriveAtPeer(parcel.datagram);
    Settle();
  }
}

void Play::OnTheWay(const Op& op) {
  if (op.length >= wire_.size()) return;
  const auto parcel = wire_.begin() + op.length;
  if (op.verb == Verb::kLose) wire_.erase(parcel);
  if (op.verb == Verb::kDouble && wire_.size() < kMostOnTheWay)
    wire_.push_back(Parcel(*parcel));
  if (op.verb == Verb::kDelay) std::rotate(parcel, parcel + 1, wire_.end());
  if (op.verb == Verb::kCorrupt) {
    const auto bit = static_cast<uint32_t>(op.amount) % (parcel->datagram.size() * 8);
    parcel->datagram[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

void Play::ExpireOurs() {
  TxBurst& tx = Scratch();
  static thread_local std::array<TraceRecord, 2 * kRoom> records;
  Trace trace(records);
  NoteStep();
  ours_.stack->Expire(now_, tx, &trace);
  if (audits_ != Audits::kNone) steps_.OnExpire(*ours_.stack, trace, tx);
  if (spectator_.who != nullptr) spectator_.who->OnExpire(*this, trace, tx);
  Send(tx);
}

void Play::Settle() {
  constexpr int kMostTurns = 1000;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const bool ours = ours_.stack->next_deadline() <= now_;
    const bool theirs = theirs_.stack->next_deadline() <= now_;
    if (!ours && !theirs) return;
    if (ours) ExpireOurs();
    if (!theirs) continue;
    TxBurst& tx = Scratch();
    theirs_.stack->Expire(now_, tx);
    for (size_t i = 0; i < tx.size(); ++i)
      if (wire_.size() < kMostOnTheWay) wire_.push_back({true, {tx[i].begin(), tx[i].end()}});
  }
  Wrong("I-04: something stays due");
}

// The next thing that happens by itself, if it happens until then.
bool Play::StepTo(Instant until) {
  if (!wire_.empty()) {
    Deliver(wire_.size());
    return true;
  }
  const Instant due =
      Earliest(Earliest(ours_.stack->next_deadline(), ethernet_.next_deadline()),
               theirs_.stack->next_deadline());
  if (due > until) return false;
  if (due > now_) now_ = due;
  TxBurst& questions = ArpScratch();
  ethernet_.Expire(now_, questions);
  Answer(questions);
  while (const std::optional<Bytes> datagram = ethernet_.TakeUndelivered()) {
    std::array<TraceRecord, 1> records;
    Trace trace(records);
    ours_.stack->NoteUnreachable(now_, *datagram, &trace);
    if (spectator_.who != nullptr) spectator_.who->OnUnreachable(*this, *datagram, records[0]);
  }
  Settle();
  return true;
}

void Play::Wait(Duration duration) {
  constexpr int kMostSteps = 20'000;
  const Instant until = now_ + duration;
  for (int step = 0; StepTo(until); ++step)
    if (step > kMostSteps) return;  // much goes on; the rest of the time is left out
  if (until > now_) now_ = until;
}

}  // namespace handfast
