#include "harness/capture/ladder_words.h"

#include <utility>

#include "stack/wire/be.h"
#include "stack/wire/ipv4_view.h"

namespace handfast {
namespace {

// Names in the order in which they are joined.
std::string FlagsText(Flags flags) {
  constexpr struct {
    TcpFlag flag;
    const char* name;
  } kNames[] = {{kSyn, "SYN"}, {kFin, "FIN"}, {kRst, "RST"}, {kPsh, "PSH"},
                {kUrg, "URG"}, {kAck, "ACK"}, {kEce, "ECE"}, {kCwr, "CWR"}};
  std::string text;
  for (const auto& [flag, name] : kNames)
    if (flags.has(flag)) text.append(text.empty() ? "" : "-").append(name);
  return text.empty() ? "no flags" : text;
}

// Relative to the ISN where it is known. A number from before it is negative.
std::string Relative(Seq seq, const std::optional<Seq>& isn) {
  if (!isn) return std::to_string(seq.raw());
  return std::to_string(static_cast<int32_t>(seq - *isn));
}

uint32_t ScaledWindow(const SegmentOnWire& segment, const LadderEnd& from,
                      const LadderEnd& to) {
  const bool scaled = !segment.flags.has(kSyn) && from.scale_offered && to.scale_offered;
  return uint32_t{segment.window} << (scaled ? from.scale : 0);
}

}  // namespace

std::optional<SegmentOnWire> ReadSegment(Bytes datagram) {
  const Drop drop = Ipv4View::Check(datagram);
  if (drop != Drop::kNone && drop != Drop::kIpChecksum) return std::nullopt;
  const Ipv4View ip(datagram);
  const Bytes bytes = ip.payload();
  if (ip.protocol() != kProtocolTcp || ip.is_fragment()) return std::nullopt;
  if (TcpView::Check(bytes) != Drop::kNone) return std::nullopt;
  const TcpView tcp(bytes);
  SegmentOnWire segment;
  segment.flow = {ip.source(), ip.destination(), tcp.source(), tcp.destination()};
  segment.seq = tcp.seq();
  segment.ack = tcp.ack();
  segment.flags = tcp.flags();
  segment.window = tcp.window();
  segment.text = static_cast<uint32_t>(tcp.payload().size());
  segment.options = ParseOptions(tcp.options());
  return segment;
}

std::vector<std::string> LabelOf(const SegmentOnWire& segment, const LadderEnd& from,
                                 const LadderEnd& to, Novelty novelty) {
  std::vector<std::string> label{FlagsText(segment.flags)};
  switch (novelty) {
    case Novelty::kNew: break;
    case Novelty::kAgain: label.emplace_back("(again)"); break;
    case Novelty::kAgainOrLate: label.emplace_back("(again or late)"); break;
    case Novelty::kCopy: label.emplace_back("(copy)"); break;
  }
  label.push_back("Seq=" + Relative(segment.seq, from.isn));
  if (segment.flags.has(kAck)) label.push_back("Ack=" + Relative(segment.ack, to.isn));
  if (segment.text > 0) label.push_back("Len=" + std::to_string(segment.text));
  if (!segment.flags.has(kRst))
    label.push_back("Win=" + std::to_string(ScaledWindow(segment, from, to)));
  return label;
}

std::vector<std::string> OptionsOf(const SegmentOnWire& segment, const LadderEnd& to) {
  const Options& options = segment.options;
  std::vector<std::string> words;
  if (options.malformed) words.emplace_back("malformed options");
  for (uint8_t i = 0; i < options.sack_blocks; ++i)
    words.push_back("SACK=" + Relative(Seq(LoadBe32(options.sack + 8 * i)), to.isn) + "-" +
                    Relative(Seq(LoadBe32(options.sack + 8 * i + 4)), to.isn));
  if (!segment.flags.has(kSyn)) return words;
  if (options.has(Options::kMss)) words.push_back("MSS=" + std::to_string(options.mss));
  if (options.has(Options::kWindowScale))
    words.push_back("WS=" + std::to_string(1u << options.window_scale));
  if (options.has(Options::kSackPermitted)) words.emplace_back("SACK_PERM");
  if (options.has(Options::kTimestamps)) words.emplace_back("TS");
  if (options.has(Options::kFastOpen)) words.emplace_back("TFO");
  if (options.has(Options::kMd5)) words.emplace_back("MD5");
  return words;
}

std::string StateOf(const TraceRecord& record, Ladder::View view, LadderEnd& end) {
  const State after = record.after == State::kNone ? record.before : record.after;
  if (after == State::kNone || after == end.shown) return "";
  const State above = std::exchange(end.shown, after);
  const State before =
      record.before != after && record.before != State::kNone ? record.before : above;
  if (before == State::kNone) return Name(after);
  const bool seen = view == Ladder::View::kBothSides && before == above;
  std::string text = seen ? "" : Name(before) + std::string(" ");
  return text.append("→ ").append(Name(after));
}

std::vector<std::string> NotesOf(const FrameStory& story) {
  std::vector<std::string> notes;
  if (story.waited) notes.emplace_back("waited for ARP");
  if (story.record == nullptr) return notes;
  const TraceRecord& record = *story.record;
  if (story.direction == Direction::kOut) {
    if (record.cause == TraceRecord::Cause::kTimer) notes.emplace_back("timer");
    return notes;
  }
  const auto [action, drop] = record.verdict;
  const bool understood =
      action == Action::kAccept || action == Action::kEstablish || action == Action::kDrop;
  if (!understood) notes.emplace_back(Text(action));
  if (drop != Drop::kNone) notes.push_back(std::string("dropped: ") + Text(drop));
  return notes;
}

}  // namespace handfast
