#include "harness/fuzz/seal.h"

#include <algorithm>

#include "harness/packet.h"
#include "stack/wire/be.h"

namespace handfast {
namespace {

constexpr size_t kMinIp = 20;

void SealTcp(MutableBytes datagram, MutableBytes tcp) {
  if (tcp.size() < 18) return;
  Datagram pseudo(datagram.begin() + 12, datagram.begin() + 20);
  pseudo.resize(12);
  pseudo[9] = kProtocolTcp;
  StoreBe16(&pseudo[10], static_cast<uint16_t>(tcp.size()));
  StoreBe16(&tcp[16], 0);
  pseudo.insert(pseudo.end(), tcp.begin(), tcp.end());
  StoreBe16(&tcp[16], Rfc1071(pseudo));
}

void SealIcmp(MutableBytes icmp) {
  if (icmp.size() < 4) return;
  StoreBe16(&icmp[2], 0);
  StoreBe16(&icmp[2], Rfc1071(icmp));
}

}  // namespace

void SealDatagram(MutableBytes datagram, Sealed what) {
  if (datagram.size() < kMinIp) return;
  if (what == Sealed::kAll) {
    const size_t words = datagram[0] & 15;
    const bool fits = words >= 5 && 4 * words <= datagram.size();
    datagram[0] = static_cast<uint8_t>(0x40 | (fits ? words : 5));
    StoreBe16(&datagram[2], static_cast<uint16_t>(std::min<size_t>(datagram.size(), 0xffff)));
  }
  const size_t header = (datagram[0] & 15) * size_t{4};
  if (header < kMinIp || header > datagram.size()) return;
  StoreBe16(&datagram[10], 0);
  StoreBe16(&datagram[10], Rfc1071(datagram.first(header)));
  const size_t total = std::min<size_t>(LoadBe16(&datagram[2]), datagram.size());
  if (total < header) return;
  const MutableBytes payload = datagram.subspan(header, total - header);
  if (datagram[9] == kProtocolTcp) SealTcp(datagram, payload);
  if (datagram[9] == kProtocolIcmp) SealIcmp(payload);
}

void SealFrame(MutableBytes frame, Sealed what) {
  if (frame.size() < kEthernetHeader || LoadBe16(&frame[12]) != kEtherTypeIpv4) return;
  SealDatagram(frame.subspan(kEthernetHeader), what);
}

}  // namespace handfast
