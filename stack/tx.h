// TxBurst: where the stack writes the datagrams that are to leave.
//
// The owner gives the memory. Each datagram has kHeadroom octets before it, in which a link
// layer can write its header without moving anything. Work in the stack stops before a
// datagram that might not fit.

#ifndef STACK_TX_H_
#define STACK_TX_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/base/check.h"
#include "stack/base/units.h"

namespace handfast {

class TxBurst {
 public:
  static constexpr size_t kHeadroom = 16;

  struct Entry {
    uint32_t at = 0;  // of the datagram, in the memory
    uint32_t length = 0;
  };

  // REQUIRES: `memory` and `entries` outlive this.
  TxBurst(MutableBytes memory, std::span<Entry> entries) : memory_(memory), entries_(entries) {}

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  // Room for `datagrams` more of up to `octets` each?
  bool HasRoom(size_t datagrams, size_t octets) const {
    return entries_.size() - count_ >= datagrams &&
           memory_.size() - used_ >= datagrams * (octets + kHeadroom + kAlignment);
  }

  // Where the next datagram is to be written; as long as room is left, and not longer than
  // `octets`. Nothing is taken before Close().
  MutableBytes Open(size_t octets) {
    HF_CHECK(HasRoom(1, octets));
    return memory_.subspan(used_ + kHeadroom, octets);
  }

  // The datagram that Open() gave room for is `length` octets long.
  void Close(size_t length) {
    entries_[count_++] = {static_cast<uint32_t>(used_ + kHeadroom),
                          static_cast<uint32_t>(length)};
    used_ = (used_ + kHeadroom + length + kAlignment - 1) / kAlignment * kAlignment;
  }

  Bytes operator[](size_t index) const {
    return memory_.subspan(entries_[index].at, entries_[index].length);
  }

  // The datagram with `headroom` octets before it. REQUIRES: headroom <= kHeadroom.
  MutableBytes WithHeadroom(size_t index, size_t headroom) {
    return memory_.subspan(entries_[index].at - headroom, entries_[index].length + headroom);
  }

  void Clear() { count_ = used_ = 0; }

 private:
  static constexpr size_t kAlignment = 8;

  MutableBytes memory_;
  std::span<Entry> entries_;
  size_t count_ = 0;
  size_t used_ = 0;
};

}  // namespace handfast

#endif  // STACK_TX_H_
