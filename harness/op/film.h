// Film: a play frame by frame, for whoever draws ladders or writes captures.
//
//     Film film([&](const FrameStory& story) { ladder.Add(story); });
//     play.set_spectator(&film);

#ifndef HARNESS_OP_FILM_H_
#define HARNESS_OP_FILM_H_

#include <functional>

#include "harness/capture/observer.h"
#include "harness/op/play.h"

namespace handfast {

class Film final : public Spectator {
 public:
  // Datagrams without a frame around them, as our stack saw and wrote them; what is told is
  // borrowed for the call.
  explicit Film(Observer::FrameSink frame, Observer::SilenceSink silence = nullptr)
      : frame_(std::move(frame)), silence_(std::move(silence)) {}

  void OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
               const TxBurst& out) override;
  void OnExpire(const Play& play, const Trace& trace, const TxBurst& out) override;

 private:
  void Show(Instant at, Direction direction, Bytes datagram, const TraceRecord& record) const;

  Observer::FrameSink frame_;
  Observer::SilenceSink silence_;
};

}  // namespace handfast

#endif  // HARNESS_OP_FILM_H_
