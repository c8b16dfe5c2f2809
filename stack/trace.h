// Trace: what the outside may learn about each datagram, timer and call that was worked on.
//
// The owner gives a span of records; what finds no place is counted, not kept. Tracing
// changes nothing else.

#ifndef STACK_TRACE_H_
#define STACK_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/arrive/verdict.h"
#include "stack/base/units.h"
#include "stack/sock/state.h"

namespace handfast {

// Who a flow belongs to.
enum class Owner : uint8_t { kNobody, kListener, kRequest, kConnection, kTimeWait };

constexpr const char* Name(Owner owner) {
  switch (owner) {
    case Owner::kNobody: return "nobody";
    case Owner::kListener: return "listener";
    case Owner::kRequest: return "request";
    case Owner::kConnection: return "connection";
    case Owner::kTimeWait: return "time-wait";
  }
  return "?";
}

struct TraceRecord {
  enum class Cause : uint8_t {
    kDatagram,  // `index` of the burst
    kTimer,     // also: the link layer gave up on a neighbour
    kCall,      // output that a call left behind
  };

  Cause cause = Cause::kDatagram;
  Owner owner = Owner::kNobody;  // when it arrived
  State before = State::kNone;
  State after = State::kNone;
  Verdict verdict;  // of a datagram
  uint32_t index = 0;
  uint32_t tx_first = 0;  // the outputs are [tx_first, tx_first + tx_count) of the burst
  uint32_t tx_count = 0;
  Flow flow;
};

class Trace {
 public:
  explicit Trace(std::span<TraceRecord> records) : records_(records) {}

  void Add(const TraceRecord& record) {
    if (size_ < records_.size())
      records_[size_++] = record;
    else
      ++lost_;
  }

  std::span<const TraceRecord> records() const { return records_.first(size_); }
  uint64_t lost() const { return lost_; }
  void Clear() { size_ = 0; }

 private:
  std::span<TraceRecord> records_;
  size_t size_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace handfast

#endif  // STACK_TRACE_H_
