// Secrets and Keys: what an outsider must not know.
//
// Entropy enters once, as Secrets. Each purpose has a key of its own, derived under its
// own domain tag, so that what one purpose shows on the wire tells nothing about another
// (CVE-2026-23247 is what happens otherwise).

#ifndef STACK_SECRET_KEYS_H_
#define STACK_SECRET_KEYS_H_

#include <cstdint>

#include "stack/base/siphash.h"

namespace handfast {

// REQUIRES: 128 bits from a cryptographically strong source, new for each boot.
struct Secrets {
  SipKey boot;
};

enum class Domain : uint64_t {
  kFlowTable = 1,
  kIsn = 2,
  kTimestampOffset = 3,
  kPort = 4,
};

constexpr SipKey Derive(SipKey secret, Domain domain) {
  SipHash24 first(secret), second(secret);
  first.Add(static_cast<uint64_t>(domain));
  second.Add(static_cast<uint64_t>(domain));
  return {first.Finish(uint64_t{9} << 56), second.Finish(uint64_t{9} << 56 | 1)};
}

struct Keys {
  SipKey flow_table;
  SipKey isn;
  SipKey timestamp_offset;
  SipKey port;

  constexpr explicit Keys(const Secrets& secrets)
      : flow_table(Derive(secrets.boot, Domain::kFlowTable)),
        isn(Derive(secrets.boot, Domain::kIsn)),
        timestamp_offset(Derive(secrets.boot, Domain::kTimestampOffset)),
        port(Derive(secrets.boot, Domain::kPort)) {}
};

}  // namespace handfast

#endif  // STACK_SECRET_KEYS_H_
