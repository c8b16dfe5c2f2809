// Oracle: watches a play and says at the first moment where our stack does something else
// than the model of connection setup (harness/oracle/model.h).
//
//     Play play;
//     Oracle oracle(play);
//     play.set_spectator(&oracle);
//     play.Do(scenario);
//     oracle.difference()   // "", or a sentence
//
// Compared after each event: what calls answer; of each datagram its owner, the states
// before and after, verdict and reason; each octet of what leaves for a flow in setup; the
// queues of listeners; who owns which flow; what open connections agreed upon; counters (all
// of them where no open connection takes part, else those of setup); and before each op how
// many sockets are in use and what is due next.
//
// Not compared: what open connections make of segments, calls and time; which events are
// ready; the answers of sockets that were open. Where output finds no room in a burst, work
// stays behind, which the model does not follow: it is silent until the next restart.

#ifndef HARNESS_ORACLE_ORACLE_H_
#define HARNESS_ORACLE_ORACLE_H_

#include <optional>
#include <string>

#include "harness/op/play.h"
#include "harness/oracle/model.h"
#include "harness/oracle/sight.h"

namespace handfast {

class Oracle final : public Spectator {
 public:
  // REQUIRES: nothing has happened in the play yet.
  explicit Oracle(const Play& play);

  const std::string& difference() const { return difference_; }
  // Output found no room, so that nothing is compared any more.
  bool blind() const { return blind_; }
  // How many events were compared.
  uint64_t events() const { return events_; }

  void OnOp(const Play& play, const Op& op) override;
  void OnCall(const Play& play, const Op& op, Errno error, uint32_t value) override;
  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override;
  void OnExpire(const Play& play, const Trace& trace, const TxBurst& out) override;
  void OnUnreachable(const Play& play, Bytes datagram, const TraceRecord& record) override;
  void OnReplaced(const Play& play, const Op& op) override;

 private:
  bool silent() const { return blind_ || !difference_.empty(); }
  // What differs is said once; then the oracle is silent.
  void Differ(const Play& play, const std::string& sentence);
  void CompareAnswer(const Play& play, const Op& op, Errno error, uint32_t value,
                     const oracle::Expected& expected);
  void CompareRecord(const Play& play, const TraceRecord& record,
                     const oracle::Expected& expected);
  void CompareOutput(const Play& play, const TxBurst& out, const oracle::Expected& expected);
  void CompareCounters(const Play& play, const oracle::Expected& expected);
  // Learns what became of open connections, then compares all that there is.
  void CompareState(const Play& play);
  void CompareSettled(const Play& play);
  void CompareFlows(const Play& play, const oracle::Sight& sight);
  void CompareListener(const Play& play, uint8_t fd);
  void CompareSocket(const Play& play, uint8_t fd);

  oracle::Model model_;
  std::optional<oracle::Model> saved_;
  Counters counters_;
  Op op_;
  bool blind_ = false;
  uint64_t events_ = 0;
  std::string difference_;
};

}  // namespace handfast

#endif  // HARNESS_ORACLE_ORACLE_H_
