#include "harness/capture/ladder.h"

#include <algorithm>

#include "harness/capture/ladder_words.h"
#include "harness/show.h"
#include "stack/wire/ipv4_view.h"

namespace handfast {
namespace {

constexpr size_t kHead = 120;  // octets: all headers of a segment

Endpoint LocalOf(const Flow& flow) { return {flow.local, flow.local_port}; }
Endpoint PeerOf(const Flow& flow) { return {flow.peer, flow.peer_port}; }

Side SideOf(const LadderFlow& flow, const Endpoint& endpoint) {
  return flow.ends[0].endpoint == endpoint ? 0 : 1;
}

bool IsAbout(const LadderFlow& ladder, const Flow& flow) {
  const Endpoint& left = ladder.ends[0].endpoint;
  const Endpoint& right = ladder.ends[1].endpoint;
  return (left == LocalOf(flow) && right == PeerOf(flow)) ||
         (right == LocalOf(flow) && left == PeerOf(flow));
}

// Nothing in it says which flow it is of: it was not understood, or was damaged.
bool IsGarbage(const FrameStory& story) {
  return story.record != nullptr && story.record->verdict.drop != Drop::kNone &&
         story.record->before == State::kNone;
}

bool IsOver(const LadderFlow& flow) {
  return std::all_of(flow.ends.begin(), flow.ends.end(), [](const LadderEnd& end) {
    return !end.ours || !(end.shown == State::kSynSent || end.shown == State::kSynReceived ||
                          (IsSynchronized(end.shown) && end.shown != State::kTimeWait));
  });
}

void Learn(LadderEnd& from, LadderEnd& to, const SegmentOnWire& segment) {
  if (segment.flags.has(kSyn) && !from.isn) {
    from.isn = segment.seq;
    from.isn_seen = true;
    from.scale_offered = segment.options.has(Options::kWindowScale);
    from.scale = segment.options.window_scale;
  }
  // As Wireshark does with a conversation whose beginning was not seen.
  if (segment.flags.has(kRst)) return;
  if (!from.isn) from.isn = segment.seq - 1;
  if (!to.isn && segment.flags.has(kAck)) to.isn = segment.ack - 1;
}

// Notes what the sender has sent.
Novelty NoveltyOf(LadderEnd& from, const SegmentOnWire& segment, Direction direction,
                  Ladder::View view) {
  const Seq end = segment.seq + segment.length();
  if (!from.sent || Before(*from.sent, end)) {
    from.sent = end;
    return Novelty::kNew;
  }
  if (segment.length() == 0) return Novelty::kNew;
  const bool certain = direction == Direction::kOut || segment.flags.has(kSyn) ||
                       view == Ladder::View::kBothSides;
  return certain ? Novelty::kAgain : Novelty::kAgainOrLate;
}

// Does this datagram begin like that one, but for an octet that the wire has damaged?
bool IsArrivalOf(const LadderRow& row, Bytes datagram) {
  const size_t size = row.head.size();
  if (size == 0 || datagram.size() < size) return false;
  size_t different = 0;
  for (size_t i = 0; i < size; ++i) different += row.head[i] != datagram[i] ? 1 : 0;
  return different <= 1;
}

LadderRow* RowAt(LadderFlow& flow, uint64_t index) {
  if (index < flow.first.size()) return &flow.first[index];
  const uint64_t left = flow.rows - index;  // of rows, with this one
  return left <= flow.last.size() ? &flow.last[flow.last.size() - left] : nullptr;
}

// The row in which the datagram left. Of several that are alike the last, for the others may
// be lost; of several that left at once the first.
std::optional<uint64_t> FindDeparture(LadderFlow& flow, Side from, Bytes datagram) {
  std::optional<uint64_t> found;
  for (uint64_t index = flow.rows; index-- > 0;) {
    const LadderRow* const row = RowAt(flow, index);
    if (row == nullptr) {
      index = flow.first.size();
    } else if (row->from == from && IsArrivalOf(*row, datagram)) {
      if (found && RowAt(flow, *found)->at != row->at) break;
      found = index;
    }
  }
  return found;
}

void Note(LadderRow& row, LadderFlow& flow, Side side, Ladder::View view,
          const FrameStory& story) {
  LadderEnd& end = flow.ends[side];
  std::vector<std::string> notes = NotesOf(story);
  // What led to an answer stands at the segment that is answered.
  const bool answer = story.direction == Direction::kOut && story.record != nullptr &&
                      story.record->cause == TraceRecord::Cause::kDatagram;
  const std::string state =
      answer || story.record == nullptr ? "" : StateOf(*story.record, view, end);
  if (!state.empty()) notes.insert(notes.begin(), state);
  row.notes[side] = std::move(notes);
  if (IsSynchronized(end.shown)) flow.met = true;
  if (story.direction == Direction::kIn)
    row.end = story.record != nullptr && story.record->verdict.drop != Drop::kNone
                  ? LadderRow::End::kDropped
                  : LadderRow::End::kArrived;
}

}  // namespace

void Ladder::Watch(Observer& observer) {
  observer.AddSink([this](const FrameStory& story) { Add(story); });
  observer.AddSilenceSink([this](Instant at, const TraceRecord& record) { Add(at, record); });
}

std::vector<const LadderFlow*> Ladder::flows() const {
  std::vector<const LadderFlow*> flows;
  for (const LadderFlow& flow : flows_) flows.push_back(&flow);
  std::sort(flows.begin(), flows.end(),
            [](const LadderFlow* a, const LadderFlow* b) { return a->number < b->number; });
  return flows;
}

// The newest of this name; it comes to the front.
LadderFlow* Ladder::Find(const Flow& flow) {
  const auto found = std::find_if(flows_.begin(), flows_.end(), [&](const LadderFlow& ladder) {
    return IsAbout(ladder, flow);
  });
  if (found == flows_.end()) return nullptr;
  flows_.splice(flows_.begin(), flows_, found);
  return &flows_.front();
}

LadderFlow& Ladder::Begin(const Flow& flow, Side local_side, Instant at) {
  LadderFlow& ladder = flows_.emplace_front();
  ladder.number = begun_++;
  ladder.begin = at;
  ladder.ends[local_side].endpoint = LocalOf(flow);
  ladder.ends[1 - local_side].endpoint = PeerOf(flow);
  if (flows_.size() > std::max<size_t>(options_.flows, 1)) MakeRoom();
  return ladder;
}

void Ladder::MakeRoom() {
  auto victim = std::prev(flows_.end());
  for (auto flow = victim; flow != flows_.begin() && victim->met; --flow)
    if (!flow->met) victim = flow;
  flows_.erase(victim);
}

void Ladder::Append(LadderFlow& flow, LadderRow row) const {
  const size_t last = options_.rows / 3;
  ++flow.rows;
  if (flow.first.size() < options_.rows - last) return flow.first.push_back(std::move(row));
  flow.last.push_back(std::move(row));
  if (flow.last.size() > last) flow.last.pop_front();
}

void Ladder::Add(const FrameStory& story) {
  if (story.datagram.empty()) return;
  if (const std::optional<SegmentOnWire> segment = ReadSegment(story.datagram))
    AddSegment(story, *segment);
  else
    AddIcmp(story);
}

void Ladder::AddSegment(const FrameStory& story, const SegmentOnWire& segment) {
  const bool in = story.direction == Direction::kIn;
  LadderFlow* flow = Find(segment.flow);
  if (flow == nullptr && IsGarbage(story)) return;
  if (flow != nullptr && segment.opens() && IsOver(*flow) && !IsGarbage(story)) {
    const LadderEnd& opener = flow->ends[SideOf(*flow, LocalOf(segment.flow))];
    if (opener.isn && *opener.isn != segment.seq) flow = nullptr;
  }
  if (flow == nullptr) {
    const bool answers = segment.flags.has_all(kSyn | kAck);
    flow = &Begin(segment.flow, answers ? 1 : 0, story.at);
  }
  const Side from = SideOf(*flow, LocalOf(segment.flow));
  const Side ours = in ? 1 - from : from;
  flow->ends[ours].ours = true;
  if (in && options_.view == View::kBothSides) return Arrive(*flow, from, story, segment);

  LadderRow row;
  row.at = story.at;
  row.from = from;
  if (!IsGarbage(story)) Learn(flow->ends[from], flow->ends[1 - from], segment);
  const Novelty novelty = NoveltyOf(flow->ends[from], segment, story.direction, options_.view);
  row.label = LabelOf(segment, flow->ends[from], flow->ends[1 - from], novelty);
  row.options = OptionsOf(segment, flow->ends[1 - from]);
  Note(row, *flow, ours, options_.view, story);
  if (options_.view == View::kBothSides) {
    const Bytes head = story.datagram.first(std::min(kHead, story.datagram.size()));
    row.head.assign(head.begin(), head.end());
    flow->ends[from].rows = flow->rows + 1;
  }
  Append(*flow, std::move(row));
}

// A segment at its receiver, whose sender is seen, too.
void Ladder::Arrive(LadderFlow& flow, Side from, const FrameStory& story,
                    const SegmentOnWire& segment) {
  LadderEnd& to = flow.ends[1 - from];
  const std::optional<uint64_t> departure = FindDeparture(flow, from, story.datagram);
  if (departure) {
    LadderRow& row = *RowAt(flow, *departure);
    row.head.clear();
    if (to.rows <= *departure) {
      to.rows = *departure + 1;
      return Note(row, flow, 1 - from, options_.view, story);
    }
    row.shape = LadderRow::Shape::kDeparture;
  }
  LadderRow row;
  row.at = story.at;
  row.from = from;
  row.shape = LadderRow::Shape::kArrival;
  row.label = LabelOf(segment, flow.ends[from], to, departure ? Novelty::kNew : Novelty::kCopy);
  Note(row, flow, 1 - from, options_.view, story);
  to.rows = flow.rows + 1;
  Append(flow, std::move(row));
}

void Ladder::AddIcmp(const FrameStory& story) {
  const bool about_flow = story.direction == Direction::kIn && story.record != nullptr &&
                          story.record->flow.local_port != Port{0};
  LadderFlow* const flow = about_flow ? Find(story.record->flow) : nullptr;
  if (flow == nullptr) return;
  const Ipv4View ip(story.datagram);
  const Side ours = SideOf(*flow, LocalOf(story.record->flow));
  LadderRow row;
  row.at = story.at;
  row.from = 1 - ours;
  row.label = {"ICMP", std::to_string(ip.payload()[0]) + "/" + std::to_string(ip.payload()[1])};
  if (ip.source() != story.record->flow.peer) row.label.push_back("from " + Show(ip.source()));
  Note(row, *flow, ours, options_.view, story);
  flow->ends[ours].rows = flow->rows + 1;
  Append(*flow, std::move(row));
}

void Ladder::Add(Instant at, const TraceRecord& silence) {
  LadderFlow* const flow = Find(silence.flow);
  if (flow == nullptr) return;
  const Side ours = SideOf(*flow, LocalOf(silence.flow));
  LadderRow row;
  row.at = at;
  row.shape = LadderRow::Shape::kSilence;
  row.notes[ours] = {StateOf(silence, options_.view, flow->ends[ours]), "timer"};
  flow->ends[ours].rows = flow->rows + 1;
  Append(*flow, std::move(row));
}

}  // namespace handfast
