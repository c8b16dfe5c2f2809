// Subject: a stack whose cost is measured. The same calls for ours and for its peers, one for
// each burst, so that the calls themselves weigh nothing.

#ifndef HARNESS_BENCH_SUBJECT_H_
#define HARNESS_BENCH_SUBJECT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "harness/bench/segments.h"
#include "stack/base/units.h"

namespace handfast::bench {

class Subject {
 public:
  virtual ~Subject() = default;

  // A listener on kServer, kServerPort, with the largest backlog there is.
  virtual void Listen() = 0;
  // Lets datagrams arrive, and all that is due happen.
  virtual void Input(std::span<const Wire> burst) = 0;
  // Takes all connections that were completed; how many.
  virtual size_t Accept() = 0;
  // Opens so many connections to one server; their SYNs leave.
  virtual void Connect(size_t count) = 0;
  // Ends, with a RST, all that were accepted or opened since the last time.
  virtual void AbortNew() = 0;
  // Keeps them instead, as background.
  virtual void KeepNew() = 0;
  // Ends so many of those that were kept, picked by a fixed permutation.
  virtual void AbortKept(size_t count) = 0;

  // What left since the last time.
  virtual std::vector<Answer> TakeAnswers() = 0;
};

// Ours, with pools for so many connections.
std::unique_ptr<Subject> MakeHandfast(uint32_t connections);
// Octets of memory that it then takes, all pools and the flow table included.
size_t HandfastOctets(uint32_t connections);
// Debian's liblwip; there is one in a process.
std::unique_ptr<Subject> MakeLwip();

}  // namespace handfast::bench

#endif  // HARNESS_BENCH_SUBJECT_H_
