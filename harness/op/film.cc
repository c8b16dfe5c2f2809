#include "harness/op/film.h"

namespace handfast {

void Film::OnInput(const Play& play, Bytes datagram, const TraceRecord& record,
                   const TxBurst& out) {
  Show(play.now(), Direction::kIn, datagram, record);
  for (size_t i = 0; i < out.size(); ++i) Show(play.now(), Direction::kOut, out[i], record);
}

void Film::OnExpire(const Play& play, const Trace& trace, const TxBurst& out) {
  for (const TraceRecord& record : trace.records()) {
    if (record.tx_count == 0 && record.before != record.after && silence_)
      silence_(play.now(), record);
    for (uint32_t i = 0; i < record.tx_count && record.tx_first + i < out.size(); ++i)
      Show(play.now(), Direction::kOut, out[record.tx_first + i], record);
  }
}

void Film::Show(Instant at, Direction direction, Bytes datagram,
                const TraceRecord& record) const {
  FrameStory story;
  story.at = at;
  story.direction = direction;
  story.frame = story.datagram = datagram;
  story.record = &record;
  frame_(story);
}

}  // namespace handfast
