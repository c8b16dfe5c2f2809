// Reading: a datagram as the audit understands it. It shares no code with the parser and the
// emitter of the stack, so that it can judge both.

#ifndef HARNESS_AUDIT_READING_H_
#define HARNESS_AUDIT_READING_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/units.h"
#include "stack/config.h"
#include "stack/wire/tcp_view.h"

namespace handfast {

struct Reading {
  const char* wrong = nullptr;  // the first thing that is; what follows it was not read
  Addr source;
  Addr destination;
  uint8_t protocol = 0;
  size_t length = 0;   // of the datagram
  size_t padding = 0;  // octets after it
  size_t ip_header = 0;

  // Of TCP.
  bool tcp = false;  // all of it was read, and its checksum is right
  Flow flow;         // `local` is the source
  uint32_t seq = 0;
  uint32_t ack = 0;
  unsigned flags = 0;
  uint16_t window = 0;
  uint16_t urgent = 0;
  Bytes options;
  Bytes text;

  bool has(unsigned flag) const { return (flags & flag) != 0; }
  // Octets of the sequence space.
  uint32_t span() const {
    return static_cast<uint32_t>(text.size()) + (has(kSyn) ? 1 : 0) + (has(kFin) ? 1 : 0);
  }
  bool is_control() const { return tcp && text.empty() && !has(kFin | kSyn); }
};

Reading ReadDatagram(Bytes bytes);

// Could another host on the wire have this address, as its own alone?
bool IsHost(const Addr& addr, const Config& config);

// What is wrong with a datagram that a stack of this config sent, or nullptr.
const char* WrongAsSent(const Reading& sent, const Config& config);

}  // namespace handfast

#endif  // HARNESS_AUDIT_READING_H_
