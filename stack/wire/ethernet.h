// Ethernet II framing and ARP for IPv4 (RFC 894, RFC 826).

#ifndef STACK_WIRE_ETHERNET_H_
#define STACK_WIRE_ETHERNET_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/units.h"
#include "stack/wire/be.h"
#include "stack/wire/drop.h"

namespace handfast {

struct Mac {
  std::array<uint8_t, 6> octets{};
  constexpr bool is_group() const { return (octets[0] & 1) != 0; }
  friend constexpr bool operator==(const Mac&, const Mac&) = default;
};

inline constexpr Mac kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
inline constexpr size_t kEthernetHeader = 14;
inline constexpr uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr uint16_t kEtherTypeArp = 0x0806;

struct EthernetView {
  Mac destination;
  Mac source;
  uint16_t type = 0;
  Bytes payload;

  static constexpr std::optional<EthernetView> Of(Bytes frame) {
    if (frame.size() < kEthernetHeader) return std::nullopt;
    EthernetView view;
    std::copy_n(frame.begin(), 6, view.destination.octets.begin());
    std::copy_n(frame.begin() + 6, 6, view.source.octets.begin());
    view.type = LoadBe16(&frame[12]);
    view.payload = frame.subspan(kEthernetHeader);
    return view;
  }
};

// REQUIRES: out has kEthernetHeader octets.
constexpr void EmitEthernet(const Mac& destination, const Mac& source, uint16_t type,
                            uint8_t* out) {
  std::copy_n(destination.octets.begin(), 6, out);
  std::copy_n(source.octets.begin(), 6, out + 6);
  StoreBe16(out + 12, type);
}

struct Arp {
  enum class Operation : uint16_t { kRequest = 1, kReply = 2 };
  static constexpr size_t kLength = 28;

  Operation operation = Operation::kRequest;
  Mac sender_mac;
  Addr sender;
  Mac target_mac;
  Addr target;

  friend constexpr bool operator==(const Arp&, const Arp&) = default;

  // nullopt unless this is ARP between Ethernet and IPv4, long enough, with a known
  // operation. Padding after it is allowed.
  static constexpr std::optional<Arp> Parse(Bytes bytes) {
    if (bytes.size() < kLength) return std::nullopt;
    if (LoadBe32(&bytes[0]) != 0x0001'0800 || LoadBe16(&bytes[4]) != 0x0604)
      return std::nullopt;
    const uint16_t operation = LoadBe16(&bytes[6]);
    if (operation != 1 && operation != 2) return std::nullopt;
    Arp arp;
    arp.operation = static_cast<Operation>(operation);
    std::copy_n(bytes.begin() + 8, 6, arp.sender_mac.octets.begin());
    arp.sender = Addr::V4(LoadBe32(&bytes[14]));
    std::copy_n(bytes.begin() + 18, 6, arp.target_mac.octets.begin());
    arp.target = Addr::V4(LoadBe32(&bytes[24]));
    return arp;
  }

  // REQUIRES: out has kLength octets.
  constexpr void Emit(uint8_t* out) const {
    StoreBe32(out, 0x0001'0800);
    StoreBe16(out + 4, 0x0604);
    StoreBe16(out + 6, static_cast<uint16_t>(operation));
    std::copy_n(sender_mac.octets.begin(), 6, out + 8);
    StoreBe32(out + 14, sender.v4());
    std::copy_n(target_mac.octets.begin(), 6, out + 18);
    StoreBe32(out + 24, target.v4());
  }
};

}  // namespace handfast

#endif  // STACK_WIRE_ETHERNET_H_
