#include "harness/capture/observer.h"

#include <algorithm>

#include "stack/wire/ethernet.h"

namespace handfast {

PumpTap Observer::tap() {
  PumpTap tap;
  tap.self = this;
  tap.received = [](void* self, Instant now, Bytes frame, const Ethernet::Received& link) {
    static_cast<Observer*>(self)->OnReceived(now, frame, link);
  };
  tap.sent = [](void* self, Instant now, Bytes frame) {
    static_cast<Observer*>(self)->OnSent(now, frame);
  };
  tap.worked = [](void* self, Instant now, std::span<const Bytes> datagrams, const TxBurst& tx,
                  const Trace& trace) {
    static_cast<Observer*>(self)->OnWorked(now, datagrams, tx, trace);
  };
  return tap;
}

void Observer::OnReceived(Instant, Bytes frame, const Ethernet::Received& link) {
  received_.push_back({frame, link, std::nullopt});
}

void Observer::OnWorked(Instant now, std::span<const Bytes> datagrams, const TxBurst& tx,
                        const Trace& trace) {
  NoteDatagrams(datagrams.size(), trace);
  NoteWritten(tx, trace);
  const auto with_datagram = [](const Received& r) { return r.link.datagram.has_value(); };
  if (worked_ <
      static_cast<size_t>(std::count_if(received_.begin(), received_.end(), with_datagram)))
    return;
  TellReceived(now);
  TellSilence(now, trace);
  for (const Early& early : early_) TellSent(now, early.frame, early);
  early_.clear();
}

void Observer::OnSent(Instant now, Bytes frame) {
  Early early;
  const Bytes datagram = DatagramOf(frame);
  if (Written* const written = FindWritten(datagram)) {
    written->left = true;
    early.record = written->record;
  } else if (!datagram.empty()) {
    early.waited = true;
    early.record = TakeWaiting(datagram);
  }
  if (received_.empty()) return TellSent(now, frame, early);
  early.frame.assign(frame.begin(), frame.end());
  early_.push_back(std::move(early));
}

// Gives the part's records of datagrams to the frames that carried them.
void Observer::NoteDatagrams(size_t count, const Trace& trace) {
  std::vector<Received*> part;
  size_t index = 0;
  for (Received& received : received_) {
    if (!received.link.datagram) continue;
    if (index >= worked_ && index < worked_ + count) part.push_back(&received);
    ++index;
  }
  for (const TraceRecord& record : trace.records())
    if (record.cause == TraceRecord::Cause::kDatagram && record.index < part.size())
      part[record.index]->record = record;
  worked_ += count;
}

void Observer::NoteWritten(const TxBurst& tx, const Trace& trace) {
  KeepWaiting();
  for (size_t i = 0; i < tx.size(); ++i) {
    Written& written = written_.emplace_back();
    written.datagram = tx[i];
    written.head_size = std::min(kHead, tx[i].size());
    std::copy_n(tx[i].begin(), written.head_size, written.head.begin());
  }
  for (const TraceRecord& record : trace.records())
    for (size_t i = record.tx_first; i < record.tx_first + record.tx_count; ++i)
      written_[i].record = record;
}

// What did not leave in the part in which it was written may be waiting for ARP.
void Observer::KeepWaiting() {
  if (framing_ == Framing::kEthernet)
    for (const Written& written : written_)
      if (!written.left) waiting_.push_back(written);
  while (waiting_.size() > kKept) waiting_.pop_front();
  written_.clear();
}

Bytes Observer::DatagramOf(Bytes frame) const {
  if (framing_ == Framing::kIp) return frame;
  const std::optional<EthernetView> view = EthernetView::Of(frame);
  return view && view->type == kEtherTypeIpv4 ? view->payload : Bytes{};
}

Observer::Written* Observer::FindWritten(Bytes datagram) {
  for (Written& written : written_)
    if (!written.left && written.datagram.data() == datagram.data()) return &written;
  return nullptr;
}

std::optional<TraceRecord> Observer::TakeWaiting(Bytes datagram) {
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (it->datagram.size() != datagram.size() ||
        !std::equal(it->head.begin(), it->head.begin() + static_cast<long>(it->head_size),
                    datagram.begin()))
      continue;
    const std::optional<TraceRecord> record = it->record;
    waiting_.erase(it);
    return record;
  }
  return std::nullopt;
}

void Observer::TellReceived(Instant now) {
  for (const Received& received : received_) {
    FrameStory story;
    story.at = now;
    story.frame = received.frame;
    if (received.link.datagram) story.datagram = *received.link.datagram;
    story.link_drop = received.link.drop;
    story.record = received.record ? &*received.record : nullptr;
    Tell(story);
  }
  received_.clear();
  worked_ = 0;
}

void Observer::TellSilence(Instant now, const Trace& trace) const {
  for (const TraceRecord& record : trace.records()) {
    const bool silent = record.cause != TraceRecord::Cause::kDatagram && record.tx_count == 0;
    if (!silent || record.before == record.after) continue;
    for (const SilenceSink& sink : silence_sinks_) sink(now, record);
  }
}

void Observer::TellSent(Instant now, Bytes frame, const Early& early) const {
  FrameStory story;
  story.at = now;
  story.direction = Direction::kOut;
  story.frame = frame;
  story.datagram = DatagramOf(frame);
  story.waited = early.waited;
  story.record = early.record ? &*early.record : nullptr;
  Tell(story);
}

void Observer::Tell(const FrameStory& story) const {
  for (const FrameSink& sink : frame_sinks_) sink(story);
}

namespace {

// "LISTEN -> SYN-RECEIVED", "LISTEN"; "" where no state is concerned.
std::string StatesOf(const TraceRecord& record) {
  if (record.before == State::kNone) return "";
  if (record.after == State::kNone || record.after == record.before) return Name(record.before);
  return std::string(Name(record.before)) + " -> " + Name(record.after);
}

std::string CommentIn(const TraceRecord& record) {
  const auto [action, drop] = record.verdict;
  const std::string states = StatesOf(record);
  if (action == Action::kDrop)
    return (states.empty() ? "dropped: " : "dropped in " + states + ": ") + Text(drop);
  std::string comment = (states.empty() ? "" : states + ": ") + Text(action);
  if (drop != Drop::kNone) comment += std::string("; dropped: ") + Text(drop);
  return comment;
}

std::string CommentOut(const TraceRecord& record) {
  std::string comment;
  switch (record.cause) {
    case TraceRecord::Cause::kDatagram: comment = "answer"; break;
    case TraceRecord::Cause::kTimer: comment = "sent by timer"; break;
    case TraceRecord::Cause::kCall: comment = "queued output"; break;
  }
  // The transition stands at the frame that caused it.
  const bool answer = record.cause == TraceRecord::Cause::kDatagram;
  const std::string states =
      answer && record.after != State::kNone ? Name(record.after) : StatesOf(record);
  return states.empty() ? comment : comment + ", " + states;
}

}  // namespace

std::string Comment(const FrameStory& story) {
  if (story.link_drop != Drop::kNone) return std::string("dropped: ") + Text(story.link_drop);
  if (story.datagram.empty()) return "ARP";
  std::string comment;
  if (story.record != nullptr)
    comment = story.direction == Direction::kIn ? CommentIn(*story.record)
                                                : CommentOut(*story.record);
  if (story.waited) comment += comment.empty() ? "waited for ARP" : ", waited for ARP";
  return comment;
}

}  // namespace handfast
