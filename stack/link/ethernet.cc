#include "stack/link/ethernet.h"

#include <algorithm>
#include <cstring>

#include "stack/wire/ipv4_view.h"

namespace handfast {
namespace {

constexpr size_t kArpFrame = kEthernetHeader + Arp::kLength;

void SendArp(const Mac& destination, const Arp& arp, TxBurst& tx) {
  if (!tx.HasRoom(1, kArpFrame)) return;  // as if lost; it is asked again
  const MutableBytes frame = tx.Open(kArpFrame);
  EmitEthernet(destination, arp.sender_mac, kEtherTypeArp, frame.data());
  arp.Emit(frame.data() + kEthernetHeader);
  tx.Close(kArpFrame);
}

}  // namespace

Ethernet::Received Ethernet::Input(Instant now, Bytes frame, TxBurst& tx) {
  Received received;
  received.drop = InputFrame(now, frame, tx, received.datagram);
  ++counters_.frames;
  if (received.drop != Drop::kNone)
    ++counters_.drops[static_cast<size_t>(received.drop)];
  else
    ++(received.datagram ? counters_.datagrams : counters_.arp);
  return received;
}

Drop Ethernet::InputFrame(Instant now, Bytes frame, TxBurst& tx,
                          std::optional<Bytes>& datagram) {
  const std::optional<EthernetView> view = EthernetView::Of(frame);
  if (!view) return Drop::kFrameTooShort;
  if (view->destination != config_.mac && !view->destination.is_group())
    return Drop::kFrameNotForUs;
  if (view->source.is_group() || view->source == config_.mac) return Drop::kFrameSource;
  if (view->type == kEtherTypeArp) return InputArp(now, view->payload, tx);
  if (view->type != kEtherTypeIpv4) return Drop::kEtherType;
  // A unicast datagram in a frame to all is no business of ours (RFC 1122 §3.3.6).
  if (view->destination.is_group()) return Drop::kIpGroupDestination;
  datagram = view->payload;
  return Drop::kNone;
}

Drop Ethernet::InputArp(Instant now, Bytes payload, TxBurst& tx) {
  const std::optional<Arp> arp = Arp::Parse(payload);
  if (!arp) return Drop::kArpMalformed;
  if (arp->sender == config_.local.addr) return Drop::kArpConflict;
  const bool probe = arp->sender.is_any() && arp->operation == Arp::Operation::kRequest;
  const bool neighbour_possible =
      IsPeer(arp->sender, {&config_.local, 1}) && IsOnLink(arp->sender, config_.local);
  if ((!neighbour_possible && !probe) || arp->sender_mac.is_group() ||
      arp->sender_mac == config_.mac)
    return Drop::kArpSender;
  if (arp->target != config_.local.addr) return Drop::kArpNotForUs;

  if (arp->operation == Arp::Operation::kRequest) {
    ++counters_.replies_sent;
    SendArp(
        arp->sender_mac,
        {Arp::Operation::kReply, config_.mac, config_.local.addr, arp->sender_mac, arp->sender},
        tx);
    return Drop::kNone;
  }
  Neighbour* const neighbour = Lookup(arp->sender);
  const bool asked = neighbour != nullptr && neighbour->asked > 0;
  if (!asked) return Drop::kArpUnsolicited;
  // While one station is being confirmed another has nothing to say.
  if (neighbour->progress == Progress::kConfirming && neighbour->mac != arp->sender_mac)
    return Drop::kArpUnsolicited;
  Learn(now, *neighbour, arp->sender_mac, tx);
  return Drop::kNone;
}

void Ethernet::Learn(Instant now, Neighbour& neighbour, const Mac& mac, TxBurst& tx) {
  neighbour.mac = mac;
  neighbour.progress = Progress::kKnown;
  neighbour.asked = 0;
  neighbour.used = false;
  neighbour.due = now + config_.reachable;
  // What waited leaves in the order in which it came.
  while (Waiting* const first = FirstFor(neighbour.addr)) {
    const size_t length = kEthernetHeader + first->length;
    if (tx.HasRoom(1, length)) {
      const MutableBytes frame = tx.Open(length);
      EmitEthernet(mac, config_.mac, kEtherTypeIpv4, frame.data());
      std::memcpy(frame.data() + kEthernetHeader, first->bytes.data(), first->length);
      tx.Close(length);
      neighbour.used = true;
    } else {
      ++counters_.pending_dropped;
    }
    first->length = 0;
  }
}

Ethernet::Waiting* Ethernet::FirstFor(const Addr& next_hop) {
  Waiting* first = nullptr;
  for (Waiting& waiting : waiting_)
    if (waiting.length > 0 && waiting.next_hop == next_hop &&
        (first == nullptr || waiting.order < first->order))
      first = &waiting;
  return first;
}

std::optional<Addr> Ethernet::NextHop(const Addr& destination) const {
  if (IsOnLink(destination, config_.local)) return destination;
  if (config_.gateway.is_any()) return std::nullopt;
  return config_.gateway;
}

std::optional<Bytes> Ethernet::Output(Instant now, TxBurst& datagrams, size_t index,
                                      TxBurst& questions) {
  const Bytes datagram = datagrams[index];
  const std::optional<Addr> hop = NextHop(Ipv4View(datagram).destination());
  if (!hop) {
    ++counters_.no_route;
    return std::nullopt;
  }
  Neighbour* neighbour = Lookup(*hop);
  if (neighbour == nullptr) {
    neighbour = Take(now, *hop);
    if (neighbour == nullptr) {
      ++counters_.table_full;
      return std::nullopt;
    }
    Ask(now, *neighbour, questions);
  }
  if (neighbour->progress == Progress::kAsking) {
    Keep(*hop, datagram);
    return std::nullopt;
  }
  neighbour->used = true;
  const MutableBytes frame = datagrams.WithHeadroom(index, kEthernetHeader);
  EmitEthernet(neighbour->mac, config_.mac, kEtherTypeIpv4, frame.data());
  return frame;
}

void Ethernet::Keep(const Addr& next_hop, Bytes datagram) {
  for (Waiting& waiting : waiting_) {
    const bool in_use = waiting.length > 0 && !waiting.next_hop.is_any();
    if (in_use || datagram.size() > kMaxDatagram) continue;
    waiting.next_hop = next_hop;
    waiting.length = static_cast<uint32_t>(datagram.size());
    waiting.order = order_++;
    std::memcpy(waiting.bytes.data(), datagram.data(), datagram.size());
    return;
  }
  ++counters_.pending_dropped;
}

Ethernet::Neighbour* Ethernet::Lookup(const Addr& addr) {
  for (Neighbour& neighbour : neighbours_)
    if (neighbour.progress != Progress::kFree && neighbour.addr == addr) return &neighbour;
  return nullptr;
}

std::optional<Mac> Ethernet::Find(const Addr& addr) const {
  const Neighbour* const neighbour = const_cast<Ethernet*>(this)->Lookup(addr);
  if (neighbour == nullptr || neighbour->progress == Progress::kAsking) return std::nullopt;
  return neighbour->mac;
}

// A free entry; or that of who was asked first, if he did not answer at once; or the known
// one that was due first and is not in use.
Ethernet::Neighbour* Ethernet::Place(Instant now) {
  Neighbour* silent = nullptr;
  Neighbour* idle = nullptr;
  for (Neighbour& neighbour : neighbours_) {
    if (neighbour.progress == Progress::kFree) return &neighbour;
    if (neighbour.progress == Progress::kAsking && neighbour.since + kAtOnce <= now &&
        (silent == nullptr || neighbour.since < silent->since))
      silent = &neighbour;
    if (neighbour.progress == Progress::kKnown && !neighbour.used &&
        (idle == nullptr || neighbour.due < idle->due))
      idle = &neighbour;
  }
  return silent != nullptr ? silent : idle;
}

Ethernet::Neighbour* Ethernet::Take(Instant now, const Addr& addr) {
  Neighbour* const place = Place(now);
  if (place == nullptr) return nullptr;
  if (place->progress == Progress::kAsking) DropWaiting(place->addr);
  *place = Neighbour{};
  place->addr = addr;
  place->progress = Progress::kAsking;
  place->due = place->since = now;
  return place;
}

void Ethernet::DropWaiting(const Addr& next_hop) {
  while (Waiting* const waiting = FirstFor(next_hop)) {
    waiting->length = 0;
    ++counters_.pending_dropped;
  }
}

// Broadcasts while nothing is known, asks the station itself to confirm what is.
void Ethernet::Ask(Instant now, Neighbour& neighbour, TxBurst& tx) {
  const bool known = neighbour.progress == Progress::kConfirming;
  ++neighbour.asked;
  neighbour.due = now + config_.retry;
  ++counters_.requests_sent;
  SendArp(known ? neighbour.mac : kBroadcastMac,
          {Arp::Operation::kRequest, config_.mac, config_.local.addr, Mac{}, neighbour.addr},
          tx);
}

void Ethernet::GiveUp(Neighbour& neighbour) {
  for (Waiting& waiting : waiting_) {
    if (waiting.length == 0 || waiting.next_hop != neighbour.addr) continue;
    waiting.next_hop = Addr::AnyV4();
    ++counters_.pending_dropped;
  }
  neighbour = Neighbour{};
}

void Ethernet::Expire(Instant now, TxBurst& tx) {
  for (Neighbour& neighbour : neighbours_) {
    if (neighbour.progress == Progress::kFree || neighbour.due > now) continue;
    if (neighbour.progress == Progress::kKnown) {
      if (!neighbour.used) {
        neighbour = Neighbour{};
        continue;
      }
      neighbour.progress = Progress::kConfirming;
    } else if (neighbour.asked >= config_.questions) {
      GiveUp(neighbour);
      continue;
    }
    Ask(now, neighbour, tx);
  }
}

std::optional<Bytes> Ethernet::TakeUndelivered() {
  Waiting* const first = FirstFor(Addr::AnyV4());
  if (first == nullptr) return std::nullopt;
  const Bytes datagram = Bytes(first->bytes).first(first->length);
  first->length = 0;
  return datagram;
}

Instant Ethernet::next_deadline() const {
  Instant first = Instant::Never();
  for (const Neighbour& neighbour : neighbours_)
    if (neighbour.progress != Progress::kFree) first = Earliest(first, neighbour.due);
  return first;
}

}  // namespace handfast
