// What step invariants need of the past.

#ifndef HARNESS_AUDIT_HISTORY_H_
#define HARNESS_AUDIT_HISTORY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "harness/audit/step.h"

namespace handfast {

// The text that connections have sent and that is not acknowledged yet (I-40).
class SentText {
 public:
  static constexpr const char* kId = "I-40";
  static constexpr const char* kSentence = "What is sent again is what was sent before.";

  void Clear() { flows_.clear(); }
  void OnOutput(const Step& step, const TraceRecord& record, const Reading& out,
                Findings& findings);

 private:
  struct Sent {
    uint32_t generation = 0;
    uint32_t first = 0;  // sequence number
    std::vector<uint8_t> text;
  };
  std::vector<Sent> flows_;  // by slot
};

// What was sent to whom, before they answered anything that only they could have read (I-67).
//
// Each datagram of theirs may be answered by as many as a SYN is, first and repeated
// SYN-ACKs, each at most 20 octets longer than itself.
class Ledger {
 public:
  static constexpr const char* kId = "I-67";
  static constexpr const char* kSentence =
      "Whoever has not proven to be there is sent no more than three times what came.";

  // What is on its way already is not counted.
  void Restart(const Stack& stack);
  void OnStep(const Step& step, Findings& findings);

 private:
  struct Account {
    uint32_t addr = 0;
    bool proven = false;
    uint64_t datagrams_in = 0;
    uint64_t octets_in = 0;
    uint64_t datagrams_out = 0;
    uint64_t octets_out = 0;
  };
  static constexpr size_t kMost = 32;

  // nullptr: nothing came from there.
  Account* Find(const Addr& addr);
  Account& Open(const Addr& addr);
  void Pay(const Step& step, const TraceRecord& record, Findings& findings);

  std::array<Account, kMost> accounts_{};
  size_t size_ = 0;
  size_t next_ = 0;  // to be forgotten, when all are in use
};

}  // namespace handfast

#endif  // HARNESS_AUDIT_HISTORY_H_
