#include "harness/sim/flood.h"

#include <array>
#include <optional>
#include <vector>

#include "harness/packet.h"

namespace handfast {
namespace {

constexpr uint64_t kPorts = 60'000;  // before a flow comes again

}  // namespace

Flood::Flood(Lab& lab, size_t host, Port port, uint64_t seed)
    : link_(lab.wire()),
      target_mac_(lab.host(host).ethernet().config().mac),
      target_{lab.host(host).addr(), port},
      rng_(seed) {}

void Flood::Transmit(uint16_t type, Bytes payload, const Mac& to) {
  std::vector<uint8_t> frame(kEthernetHeader);
  EmitEthernet(to, kMac, type, frame.data());
  frame.insert(frame.end(), payload.begin(), payload.end());
  const Bytes view(frame);
  link_.Transmit({&view, 1});
}

void Flood::Send(uint32_t syns) {
  for (uint32_t i = 0; i < syns; ++i, ++sent_) {
    TcpPacket syn;
    syn.flow = {kAddr, target_.addr, Port{static_cast<uint16_t>(1024 + sent_ % kPorts)},
                target_.port};
    syn.flags = kSyn;
    syn.seq = static_cast<uint32_t>(rng_.Next());
    syn.options.Mss(1460);
    Transmit(kEtherTypeIpv4, syn.Seal(), target_mac_);
  }
}

void Flood::Turn() {
  std::array<Bytes, 32> frames;
  while (const size_t count = link_.Receive(frames)) {
    for (const Bytes frame : std::span(frames).first(count)) {
      const std::optional<EthernetView> view = EthernetView::Of(frame);
      if (!view || view->type != kEtherTypeArp) continue;
      const std::optional<Arp> arp = Arp::Parse(view->payload);
      if (!arp || arp->operation != Arp::Operation::kRequest || arp->target != kAddr) continue;
      std::array<uint8_t, Arp::kLength> reply;
      Arp{Arp::Operation::kReply, kMac, kAddr, arp->sender_mac, arp->sender}.Emit(reply.data());
      Transmit(kEtherTypeArp, reply, arp->sender_mac);
    }
  }
}

}  // namespace handfast
