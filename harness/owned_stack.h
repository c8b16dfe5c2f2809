// OwnedStack: a stack with its block of memory, as an ordinary value: copy, compare, swap.
// OwnedTxBurst: a burst with its memory.

#ifndef HARNESS_OWNED_STACK_H_
#define HARNESS_OWNED_STACK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "stack/env.h"
#include "stack/stack.h"
#include "stack/tx.h"
#include "stack/wire/be.h"

namespace handfast {

inline Secrets DrawSecrets(Rng& rng) {
  uint8_t bytes[16];
  rng.Fill(bytes);
  return {{uint64_t{LoadBe32(bytes)} << 32 | LoadBe32(bytes + 4),
           uint64_t{LoadBe32(bytes + 8)} << 32 | LoadBe32(bytes + 12)}};
}

class OwnedStack {
 public:
  // REQUIRES: config.Invalid() == nullptr. Aborts without it, or without memory.
  OwnedStack(const Config& config, const Secrets& secrets) : OwnedStack(config.Bytes()) {
    const Result<Stack*> made = Stack::Make({block_.get(), size_}, config, secrets);
    if (!made) std::abort();
  }
  // A snapshot.
  explicit OwnedStack(const Stack& stack) : OwnedStack(stack.bytes()) {
    if (!stack.CopyTo({block_.get(), size_})) std::abort();
  }
  OwnedStack(const OwnedStack& other) : OwnedStack(*other) {}
  OwnedStack& operator=(const OwnedStack& other) {
    if (this == &other) return *this;
    if (size_ != other.size_) *this = OwnedStack(other.size_);
    if (!other->CopyTo({block_.get(), size_})) std::abort();
    return *this;
  }
  OwnedStack(OwnedStack&&) = default;
  OwnedStack& operator=(OwnedStack&&) = default;

  Stack& operator*() { return *reinterpret_cast<Stack*>(block_.get()); }
  const Stack& operator*() const { return *reinterpret_cast<const Stack*>(block_.get()); }
  Stack* operator->() { return &**this; }
  const Stack* operator->() const { return &**this; }

  friend bool operator==(const OwnedStack& a, const OwnedStack& b) { return *a == *b; }

 private:
  struct Freer {
    void operator()(std::byte* block) const {
      ::operator delete(block, std::align_val_t{kTablesAlignment});
    }
  };

  explicit OwnedStack(size_t size)
      : size_(size),
        block_(
            static_cast<std::byte*>(::operator new(size, std::align_val_t{kTablesAlignment}))) {
  }

  size_t size_;
  std::unique_ptr<std::byte, Freer> block_;
};

class OwnedTxBurst : private std::pair<std::vector<uint8_t>, std::vector<TxBurst::Entry>>,
                     public TxBurst {
 public:
  // Room for so many datagrams of so many octets.
  OwnedTxBurst(size_t datagrams, size_t octets)
      : pair(datagrams * (octets + 2 * TxBurst::kHeadroom), datagrams),
        TxBurst(pair::first, pair::second) {}
  // Clears the burst and writes one octet over all its memory.
  void Fill(uint8_t octet) {
    Clear();
    std::fill(pair::first.begin(), pair::first.end(), octet);
  }
  OwnedTxBurst(const OwnedTxBurst&) = delete;
  OwnedTxBurst& operator=(const OwnedTxBurst&) = delete;
};

}  // namespace handfast

#endif  // HARNESS_OWNED_STACK_H_
