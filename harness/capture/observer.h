// Observer: the story of a pump, frame by frame, in the order of the wire.
//
//     pump.set_tap(observer.tap());
//     observer.AddSink([&](const FrameStory& story) { ... });
//
// A turn of the pump receives a burst, works on it in one part or several, and sends after
// each part. The story has all that came in first, each frame with what the stack made of
// it, then all that left, each with what made it leave. Where a datagram has to wait for
// ARP its record waits with it.

#ifndef HARNESS_CAPTURE_OBSERVER_H_
#define HARNESS_CAPTURE_OBSERVER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/framing.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/pump.h"
#include "stack/trace.h"
#include "stack/wire/drop.h"

namespace handfast {

enum class Direction : uint8_t { kIn, kOut };

// All of it is borrowed: valid during the call that tells it.
struct FrameStory {
  Instant at;
  Direction direction = Direction::kIn;
  Bytes frame;
  Bytes datagram;                // IP; empty where the frame carries none that counts
  Drop link_drop = Drop::kNone;  // why the link layer dropped it
  bool waited = false;           // for ARP, before it left
  // What the stack made of it, or what made it leave. Null: nothing was told of it.
  const TraceRecord* record = nullptr;
};

class Observer {
 public:
  using FrameSink = std::function<void(const FrameStory&)>;
  using SilenceSink = std::function<void(Instant, const TraceRecord&)>;

  explicit Observer(Framing framing) : framing_(framing) {}
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // Sinks are told in the order in which they were added.
  void AddSink(FrameSink sink) { frame_sinks_.push_back(std::move(sink)); }
  // Told of each change of state that no frame shows: a timer that ended something.
  void AddSilenceSink(SilenceSink sink) { silence_sinks_.push_back(std::move(sink)); }

  // REQUIRES: this outlives the pump, or the pump gets another tap.
  PumpTap tap();

 private:
  static constexpr size_t kKept = 32;   // datagrams that may wait for ARP
  static constexpr size_t kHead = 120;  // octets that tell one datagram from another

  struct Received {
    Bytes frame;
    Ethernet::Received link;
    std::optional<TraceRecord> record;
  };
  // A datagram that the stack wrote; `datagram` is where it was written.
  struct Written {
    Bytes datagram;
    std::optional<TraceRecord> record;
    bool left = false;
    size_t head_size = 0;
    std::array<uint8_t, kHead> head{};
  };
  // A frame that left while the turn was not over.
  struct Early {
    std::vector<uint8_t> frame;
    std::optional<TraceRecord> record;
    bool waited = false;
  };

  void OnReceived(Instant now, Bytes frame, const Ethernet::Received& link);
  void OnWorked(Instant now, std::span<const Bytes> datagrams, const TxBurst& tx,
                const Trace& trace);
  void OnSent(Instant now, Bytes frame);

  void NoteDatagrams(size_t count, const Trace& trace);
  void NoteWritten(const TxBurst& tx, const Trace& trace);
  void KeepWaiting();
  Bytes DatagramOf(Bytes frame) const;
  Written* FindWritten(Bytes datagram);
  std::optional<TraceRecord> TakeWaiting(Bytes datagram);
  void TellReceived(Instant now);
  void TellSilence(Instant now, const Trace& trace) const;
  void TellSent(Instant now, Bytes frame, const Early& early) const;
  void Tell(const FrameStory& story) const;

  Framing framing_;
  std::vector<FrameSink> frame_sinks_;
  std::vector<SilenceSink> silence_sinks_;
  std::vector<Received> received_;  // in this turn
  size_t worked_ = 0;               // of those with a datagram
  std::vector<Written> written_;    // in this part
  std::deque<Written> waiting_;     // did not leave when they were written
  std::vector<Early> early_;
};

// One line for people:
//   "LISTEN -> SYN-RECEIVED: queue a request, answer with SYN-ACK"
//   "dropped: bad TCP checksum", "dropped in LISTEN: SYN queue full"
//   "answer, SYN-RECEIVED", "sent by timer, SYN-SENT", "queued output, ESTABLISHED", "ARP"
std::string Comment(const FrameStory& story);

}  // namespace handfast

#endif  // HARNESS_CAPTURE_OBSERVER_H_
