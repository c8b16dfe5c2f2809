#include "harness/fuzz/frame_mutation.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include "harness/fuzz/seal.h"
#include "harness/packet.h"
#include "stack/wire/be.h"

namespace handfast {
namespace {

constexpr size_t kDatagram = kEthernetHeader;

// A field at a distance from the IP header, or from what follows it.
struct Field {
  enum class In : uint8_t { kFrame, kIp, kPayload } in;
  uint8_t offset;
  uint8_t octets;
};
constexpr Field kFields[] = {
    {Field::In::kFrame, 12, 2},    // EtherType
    {Field::In::kIp, 0, 1},        // version and header length
    {Field::In::kIp, 1, 1},        // TOS
    {Field::In::kIp, 2, 2},        // total length
    {Field::In::kIp, 6, 2},        // flags and fragment offset
    {Field::In::kIp, 9, 1},        // protocol
    {Field::In::kIp, 12, 4},       // source
    {Field::In::kIp, 16, 4},       // destination
    {Field::In::kPayload, 0, 2},   // source port; ICMP type and code
    {Field::In::kPayload, 2, 2},   // destination port
    {Field::In::kPayload, 4, 4},   // sequence number; of ICMP, the next hop's MTU
    {Field::In::kPayload, 8, 4},   // acknowledgment number
    {Field::In::kPayload, 12, 2},  // data offset and flags
    {Field::In::kPayload, 13, 1},  // flags
    {Field::In::kPayload, 14, 2},  // window
};

constexpr uint32_t kNumbers[] = {0,           1,          2,           6,           0x7f,
                                 0x80,        0xff,       0x0800,      0x0806,      0x7fff,
                                 0x8000,      0xffff,     0x7fff'ffff, 0x8000'0000, 0x0a00'0001,
                                 0x0a00'0002, 0xffff'ffff};

size_t HeaderLength(Bytes frame) {
  return frame.size() > kDatagram ? (frame[kDatagram] & 15) * size_t{4} : size_t{20};
}

void ChangeField(MutableBytes frame, SimRng& rng) {
  const Field& field = kFields[rng.Below(std::size(kFields))];
  size_t at = field.offset;
  if (field.in == Field::In::kIp) at += kDatagram;
  if (field.in == Field::In::kPayload) at += kDatagram + HeaderLength(frame);
  if (at + field.octets > frame.size()) return;
  uint32_t value = 0;
  for (size_t i = 0; i < field.octets; ++i) value = value << 8 | frame[at + i];
  if (rng.Chance(400))
    value += static_cast<uint32_t>(rng.Within(0, 4)) - 2;
  else if (rng.Chance(500))
    value ^= 1u << rng.Below(8u * field.octets);
  else
    value = kNumbers[rng.Below(std::size(kNumbers))];
  for (size_t i = field.octets; i-- > 0; value >>= 8)
    frame[at + i] = static_cast<uint8_t>(value);
}

// An option list as nobody would have written it, in front of whatever followed the header.
size_t ChangeOptions(MutableBytes buffer, size_t size, SimRng& rng) {
  const size_t tcp = kDatagram + HeaderLength(buffer.first(size));
  if (tcp + TcpView::kMinHeader > size) return size;
  const size_t old = (buffer[tcp + 12] >> 4) * size_t{4};
  if (old < TcpView::kMinHeader || tcp + old > size) return size;
  constexpr uint8_t kKinds[] = {0, 1, 2, 3, 4, 5, 8, 19, 34, 254, 77};
  constexpr uint8_t kLengths[] = {1, 1, 4, 3, 2, 10, 10, 18, 10, 12, 6};
  std::vector<uint8_t> list;
  while (list.size() < TcpView::kMaxOptions && !rng.Chance(150)) {
    const size_t which = rng.Below(std::size(kKinds));
    std::vector<uint8_t> option(kLengths[which]);
    rng.Fill(option);
    option[0] = kKinds[which];
    if (option.size() > 1) option[1] = static_cast<uint8_t>(option.size());
    if (option.size() > 1 && rng.Chance(100)) option[1] = static_cast<uint8_t>(rng.Below(42));
    list.insert(list.end(), option.begin(), option.end());
  }
  list.resize(std::min<size_t>((list.size() + 3) / 4 * 4, TcpView::kMaxOptions));
  const size_t header = TcpView::kMinHeader + list.size();
  const size_t rest = size - tcp - old;
  if (tcp + header + rest > buffer.size()) return size;
  std::memmove(&buffer[tcp] + header, &buffer[tcp] + old, rest);
  std::copy(list.begin(), list.end(), &buffer[tcp] + TcpView::kMinHeader);
  buffer[tcp + 12] = static_cast<uint8_t>(header / 4 << 4 | (buffer[tcp + 12] & 15));
  return tcp + header + rest;
}

}  // namespace

size_t MutateFrame(MutableBytes buffer, size_t size, BlindMutation blind, SimRng& rng) {
  if (rng.Chance(600))
    size = blind(buffer.data(), size, buffer.size());
  else if (rng.Chance(700))
    ChangeField(buffer.first(size), rng);
  else
    size = ChangeOptions(buffer, size, rng);
  if (!rng.Chance(125))
    SealFrame(buffer.first(size), rng.Chance(700) ? Sealed::kAll : Sealed::kChecksums);
  return size;
}

}  // namespace handfast
