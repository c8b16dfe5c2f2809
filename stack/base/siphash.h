// SipHash-c-d: a keyed hash that whoever lacks the key cannot steer (Aumasson, Bernstein
// 2012). SipHash-1-3 finds places in tables, SipHash-2-4 makes numbers that the wire sees.

#ifndef STACK_BASE_SIPHASH_H_
#define STACK_BASE_SIPHASH_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/base/units.h"

namespace handfast {

struct SipKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
  friend constexpr bool operator==(const SipKey&, const SipKey&) = default;
};

template <int kCompress, int kFinish>
class SipHash {
 public:
  constexpr explicit SipHash(SipKey key)
      : v0_(key.k0 ^ 0x736f6d6570736575),
        v1_(key.k1 ^ 0x646f72616e646f6d),
        v2_(key.k0 ^ 0x6c7967656e657261),
        v3_(key.k1 ^ 0x7465646279746573) {}

  constexpr void Add(uint64_t word) {
    v3_ ^= word;
    for (int i = 0; i < kCompress; ++i) Round();
    v0_ ^= word;
  }

  // `last` carries the bytes after the last whole word and the length in its top byte.
  constexpr uint64_t Finish(uint64_t last) {
    Add(last);
    v2_ ^= 0xff;
    for (int i = 0; i < kFinish; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  static constexpr uint64_t Of(SipKey key, Bytes bytes) {
    SipHash hash(key);
    uint64_t word = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      word |= uint64_t{bytes[i]} << (8 * (i % 8));
      if (i % 8 == 7) hash.Add(word), word = 0;
    }
    return hash.Finish(word | uint64_t{bytes.size()} << 56);
  }

 private:
  constexpr void Round() {
    v0_ += v1_, v1_ = std::rotl(v1_, 13) ^ v0_, v0_ = std::rotl(v0_, 32);
    v2_ += v3_, v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_, v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_, v1_ = std::rotl(v1_, 17) ^ v2_, v2_ = std::rotl(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
};

using SipHash13 = SipHash<1, 3>;
using SipHash24 = SipHash<2, 4>;

namespace siphash_internal {

// Two addresses; how many octets they have.
template <typename Hash>
constexpr uint64_t AddAddresses(const Flow& flow, Hash& hash) {
  if (flow.local.is_v4() && flow.peer.is_v4()) {
    hash.Add(uint64_t{flow.local.v4()} << 32 | flow.peer.v4());
    return 8;
  }
  for (const Addr* addr : {&flow.local, &flow.peer}) {
    hash.Add(uint64_t{addr->words[0]} << 32 | addr->words[1]);
    hash.Add(uint64_t{addr->words[2]} << 32 | addr->words[3]);
  }
  return 32;
}

constexpr uint64_t Ports(const Flow& flow) {
  return uint64_t{static_cast<uint16_t>(flow.local_port)} << 16 |
         static_cast<uint16_t>(flow.peer_port);
}

}  // namespace siphash_internal

// The hash of a flow; and of a flow and a number, of which neither can be taken for the other.
template <typename Hash>
constexpr uint64_t HashFlow(SipKey key, const Flow& flow) {
  Hash hash(key);
  const uint64_t octets = siphash_internal::AddAddresses(flow, hash) + 4;
  return hash.Finish(siphash_internal::Ports(flow) | octets << 56);
}
template <typename Hash>
constexpr uint64_t HashFlow(SipKey key, const Flow& flow, uint32_t number) {
  Hash hash(key);
  const uint64_t octets = siphash_internal::AddAddresses(flow, hash) + 8;
  hash.Add(siphash_internal::Ports(flow) << 32 | number);
  return hash.Finish(octets << 56);
}

}  // namespace handfast

#endif  // STACK_BASE_SIPHASH_H_
