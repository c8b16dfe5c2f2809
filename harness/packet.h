// Packet: datagrams as a test wants them, right or wrong, and what a datagram says.
//
// A packet is built from fields, then sealed: lengths and checksums are filled in, unless the
// test asks for bad ones. Nothing of the stack's own emitter is used, so that the one can
// be tested against the other.

#ifndef HARNESS_PACKET_H_
#define HARNESS_PACKET_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stack/base/seq.h"
#include "stack/base/units.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/ipv4_view.h"
#include "stack/wire/options.h"
#include "stack/wire/tcp_view.h"

namespace handfast {

using Datagram = std::vector<uint8_t>;

// Octets in a heap block of exactly their number, so that a sanitizer sees whoever reads
// beyond them.
class ExactBytes {
 public:
  ExactBytes(Bytes bytes);  // NOLINT: implicit by design
  ExactBytes(const Datagram& datagram) : ExactBytes(Bytes(datagram)) {}  // NOLINT
  operator Bytes() const { return {block_.get(), size_}; }               // NOLINT

 private:
  std::unique_ptr<uint8_t[]> block_;
  size_t size_;
};

// A TCP option list, appended to. Any bytes are possible.
class OptionList {
 public:
  OptionList() = default;
  explicit OptionList(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  OptionList& Raw(std::initializer_list<int> bytes);
  OptionList& Mss(uint16_t mss);
  OptionList& Scale(uint8_t shift);
  OptionList& SackPermitted();
  OptionList& Sack(std::initializer_list<std::pair<uint32_t, uint32_t>> blocks);
  OptionList& Timestamps(uint32_t val, uint32_t ecr);
  OptionList& Nop(int count = 1);
  // What Linux offers: MSS, SACK permitted, timestamps, window scale.
  static OptionList Usual(uint32_t ts_val, uint32_t ts_ecr = 0);

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// A TCP segment in IPv4. Public fields: set what matters.
struct TcpPacket {
  Flow flow;  // `local` is the source
  uint32_t seq = 0;
  uint32_t ack = 0;
  unsigned flags = 0;
  uint16_t window = 65535;
  uint16_t urgent = 0;
  uint8_t tos = 0;
  uint8_t ttl = 64;
  OptionList options;
  std::vector<uint8_t> text;
  bool bad_checksum = false;
  int data_offset = -1;  // in words; -1: what fits

  Datagram Seal() const;
  // The same without its IP header.
  std::vector<uint8_t> SealSegment() const;
};

// An IPv4 datagram, of whatever it may carry.
struct Ipv4Packet {
  Addr source;
  Addr destination;
  uint8_t protocol = kProtocolTcp;
  std::vector<uint8_t> payload;
  uint8_t tos = 0;
  uint8_t ttl = 64;
  uint16_t id = 0;
  uint16_t fragment = 0x4000;    // flags and offset; DF alone
  std::vector<uint8_t> options;  // padded with zeros to whole words
  int header_words = -1;         // -1: what fits
  int total_length = -1;         // in octets; -1: what fits
  bool bad_checksum = false;

  // The checksum covers the header as it claims to be, as far as there are octets.
  Datagram Seal() const;
};

// Bytes 0, 1, 2 ... as text; position-tagged, so that loss and duplication show.
std::vector<uint8_t> Text(uint64_t position, size_t count);

Datagram SealIpv4(Addr source, Addr destination, uint8_t protocol, Bytes payload,
                  uint8_t tos = 0, uint8_t ttl = 64);
// An ICMP message; its checksum is filled in. REQUIRES: four octets at least.
Datagram SealIcmp(Addr source, Addr destination, std::vector<uint8_t> icmp);
Datagram IcmpEcho(Addr source, Addr destination, Bytes data);
// An ICMP error that quotes the first `quoted` octets of a datagram.
Datagram IcmpErrorAbout(Bytes original, Addr source, uint8_t type, uint8_t code,
                        uint16_t mtu = 0, size_t quoted = 28);
Datagram SealEthernet(const Mac& destination, const Mac& source, uint16_t type, Bytes payload);

// RFC 1071 by the book, 16 bits at a time: what goes into a header's field.
uint16_t Rfc1071(Bytes bytes);

// What a datagram says, if it is IPv4 and TCP with right lengths and checksums.
struct Seen {
  Flow flow;  // `local` is the source
  uint32_t seq = 0;
  uint32_t ack = 0;
  unsigned flags = 0;
  uint16_t window = 0;
  uint8_t tos = 0;
  std::vector<uint8_t> option_bytes;
  Options options;  // but for its pointers, which refer to nothing
  std::vector<std::pair<uint32_t, uint32_t>> sack;
  std::vector<uint8_t> text;

  bool has(TcpFlag flag) const { return (flags & flag) != 0; }
};

std::optional<Seen> Read(Bytes datagram);

// The same segment, to be changed and sealed again.
TcpPacket PacketOf(const Seen& seen);

// "S. 1000:1000(0) ack 1 win 65535 <mss 1460,...>", as tcpdump and packetdrill write it.
std::string Show(const Seen& seen);
std::string ShowFlags(unsigned flags);

}  // namespace handfast

#endif  // HARNESS_PACKET_H_
