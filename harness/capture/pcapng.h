// PcapngWriter: a capture that Wireshark reads, with a comment on every frame.
//
//     │ section header │ interface │ frame │ frame │ ...
//
// One section, one interface, time stamps in nanoseconds, a direction and a comment for each
// frame (IETF draft-ietf-opsawg-pcapng). Little-endian on every machine, so that the same
// story gives the same file.

#ifndef HARNESS_CAPTURE_PCAPNG_H_
#define HARNESS_CAPTURE_PCAPNG_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "harness/capture/observer.h"
#include "stack/base/time.h"
#include "stack/base/units.h"

namespace handfast {

class PcapngWriter {
 public:
  struct Options {
    Framing framing = Framing::kEthernet;
    std::string application = "handfast";
    std::string interface_name;
    // Of Instant 0, since 1970. Zero: stamps show the time of a simulation.
    Duration epoch{};
  };

  // REQUIRES: `out`, in binary mode, outlives this.
  PcapngWriter(std::ostream& out, const Options& options);

  // False once: for the frame at which the stream failed, as on a full disk. error() says
  // why; nothing is written from then on.
  [[nodiscard]] bool Write(const FrameStory& story);
  [[nodiscard]] bool Write(Instant at, Direction direction, Bytes frame,
                           std::string_view comment);
  // Whoever reads the file meanwhile finds all that was written. False as above.
  [[nodiscard]] bool Flush();

  // "No space left on device"; "" while all is well.
  const std::string& error() const { return error_; }
  uint64_t frames() const { return frames_; }

 private:
  void Append(const std::string& block);
  void NoteError();
  bool WellOrTold();

  std::ostream& out_;
  Duration epoch_;
  std::string error_;
  uint64_t frames_ = 0;
  bool told_ = false;
};

}  // namespace handfast

#endif  // HARNESS_CAPTURE_PCAPNG_H_
