// Recorder: what --pcap and --ladder keep of a pump's frames.

#ifndef HARNESS_APP_DAEMON_RECORDER_H_
#define HARNESS_APP_DAEMON_RECORDER_H_

#include <fstream>
#include <optional>
#include <string>

#include "harness/app/daemon/options.h"
#include "harness/capture/ladder.h"
#include "harness/capture/observer.h"
#include "harness/capture/pcapng.h"
#include "harness/framing.h"
#include "stack/base/time.h"
#include "stack/pump.h"

namespace handfast {

class Recorder {
 public:
  // `now` is the pump's clock. Throws Mistake where the file cannot be written.
  Recorder(const DaemonOptions& options, Framing framing, const std::string& link, Instant now);

  // REQUIRES: this outlives the pump's turns.
  void Attach(Pump& pump);
  // Whoever reads the file meanwhile finds all that happened.
  void Flush();
  // What --ladder asks for: the latest connections.
  std::string Ladders() const;

 private:
  void Note(const FrameStory& story);
  void Complain();

  std::optional<Ladder> ladder_;
  Observer observer_;
  std::string path_;
  std::ofstream file_;
  std::optional<PcapngWriter> pcapng_;
  uint64_t flushed_ = 0;  // frames
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_RECORDER_H_
