// Invariants of segments for open connections: the verdict is that of the reference, which
// was written from the RFCs and shares no code with the judges of the stack; and what the
// segment tells of time is taken as RFC 6298 and RFC 7323 say.

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/audit/step.h"
#include "harness/reference/segment_arrives.h"

namespace handfast {
namespace {

using reference::kCircle;
using reference::Octet;
using reference::Tcb;

// Numbers that the stack keeps modulo 2^32, on a line.
Tcb TcbOf(const Step& step, const Connection& conn) {
  Tcb tcb;
  tcb.state = conn.state;
  tcb.opened = reference::Opened::kActively;  // in SYN-RECEIVED; later it does not matter
  tcb.snd_una = Octet{conn.snd_una.raw()} + 2 * kCircle;
  tcb.snd_nxt = tcb.snd_una + (conn.snd_nxt - conn.snd_una);
  // So much was acknowledged that it limits no ACK any more.
  tcb.iss = conn.has(Connection::kAckedWindow) ? tcb.snd_una - kCircle / 2
                                               : tcb.snd_una - (conn.snd_una - conn.iss);
  tcb.max_snd_wnd = conn.snd_wnd_max;
  tcb.irs = Octet{conn.irs.raw()} + kCircle;
  tcb.rcv_nxt = Octet{conn.rcv_nxt.raw()} + kCircle;
  tcb.rcv_wnd = conn.rcv_wnd();
  tcb.snd_ts_ok = conn.negotiated.has(Negotiated::kTimestamps);
  tcb.ts_recent = Octet{conn.ts_recent} + kCircle;
  tcb.ts_recent_outdated = step.after.now - conn.ts_recent_at >= 24h * 24;
  return tcb;
}

uint32_t At32(Bytes bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 |
         bytes[3];
}

// TSval and TSecr of the last timestamps option, up to the end or to a fault of the list.
std::optional<std::pair<uint32_t, uint32_t>> StampsIn(Bytes options) {
  std::optional<std::pair<uint32_t, uint32_t>> stamps;
  for (size_t at = 0; at < options.size() && options[at] != 0;) {
    if (options[at] == 1) {
      ++at;
      continue;
    }
    if (options.size() - at < 2) break;
    const size_t length = options[at + 1];
    if (length < 2 || length > options.size() - at) break;
    if (options[at] == 8 && length == 10)
      stamps = {At32(options.subspan(at + 2)), At32(options.subspan(at + 6))};
    at += length;
  }
  return stamps;
}

Segment SegmentOf(const Reading& in) {
  Segment seg;
  seg.seq = Seq(in.seq);
  seg.ack = Seq(in.ack);
  seg.flags = Flags(in.flags);
  seg.window = in.window;
  seg.text = in.text;
  if (const auto stamps = StampsIn(in.options)) {
    seg.options.seen = Options::kTimestamps;
    seg.options.ts_val = stamps->first;
    seg.options.ts_ecr = stamps->second;
  }
  return seg;
}

void JudgedAsByReference(const Step& step, Report& report) {
  const Connection* const conn = step.conn_before();
  if (!step.is_segment() || conn == nullptr) return;
  if (!IsSynchronized(conn->state) && conn->state != State::kSynReceived) return;
  const Verdict wanted = reference::SegmentArrives(TcbOf(step, *conn), SegmentOf(step.in),
                                                   step.after.config.policy);
  const Verdict verdict = step.record().verdict;
  // What is accepted may still hold text that finds no room.
  const bool accepted = wanted.action == Action::kAccept || wanted.action == Action::kEstablish;
  if (verdict.action != wanted.action || (!accepted && verdict.drop != wanted.drop))
    report.Fail("a segment is judged otherwise than by the RFCs");
}

// RFC 7323 §4.3 (2) and (3), §5.5: TS.Recent follows segments that are acceptable and begin
// at Last.ACK.sent or before it, and nothing else.
void TimestampIsTaken(const Step& step, Report& report) {
  const Connection* const before = step.conn_before();
  const Connection* const after = step.conn_after();
  if (!step.is_segment() || before == nullptr || after == nullptr) return;
  if (!IsSynchronized(before->state) || !before->negotiated.has(Negotiated::kTimestamps))
    return;
  const auto stamps = StampsIn(step.in.options);
  const Octet sent = Octet{before->ack_sent.raw()} + kCircle;
  const bool covers =
      step.in.seq == before->ack_sent.raw() || reference::Earlier(step.in.seq, sent);
  const bool outdated = step.after.now - before->ts_recent_at >= 24h * 24;
  const bool newer =
      stamps && !reference::Earlier(stamps->first, Octet{before->ts_recent} + kCircle);
  const bool taken =
      step.action() == Action::kAccept && stamps && covers && (outdated || newer);
  if (after->ts_recent != (taken ? stamps->first : before->ts_recent))
    report.Fail("TS.Recent is not what RFC 7323 makes of the segment");
}

// Karn: a SYN or SYN-ACK that was repeated times nothing, but by a timestamp that comes back.
void HandshakeIsTimed(const Step& step, Report& report) {
  const Connection* const after = step.conn_after();
  if (!step.is_segment() || step.action() != Action::kEstablish || after == nullptr) return;
  const auto stamps = StampsIn(step.in.options);
  const bool echoes =
      after->negotiated.has(Negotiated::kTimestamps) && stamps && stamps->second != 0;
  if (after->has(Connection::kSynRepeated) && !echoes && after->has(Connection::kRttTaken))
    report.Fail("a handshake was timed by what was sent twice");
  const Request* const req = step.request_before();
  if (req == nullptr || req->retransmits > 0) return;
  const auto waited = static_cast<uint64_t>((step.after.now - req->synack_at) / 1us);
  report.Equal(after->srtt_us, std::clamp<uint64_t>(waited, 1, ~uint32_t{0}),
               "the round trip of a handshake");
}

// RFC 7323 §2.2: windows are scaled as agreed, but never that of a SYN.
void WindowIsAnnounced(const Step& step, Report& report) {
  const Connection* const before = step.conn_before();
  const Connection* const after = step.conn_after();
  if (!step.is_segment() || after == nullptr) return;
  if (before == nullptr ? step.request_before() == nullptr : before->snd_wnd == after->snd_wnd)
    return;
  const uint64_t announced = uint64_t{step.in.window}
                             << (step.in.has(kSyn) ? 0 : after->snd_scale);
  report.Equal(after->snd_wnd, announced, "the peer's window");
}

}  // namespace

std::span<const StepInvariant> VerdictInvariants() {
  static constexpr StepInvariant kRows[] = {
      {.id = "I-41",
       .sentence =
           "The peer's window is what a segment announces, scaled unless it is a SYN's.",
       .input = WindowIsAnnounced},
      {.id = "I-46",
       .sentence = "A handshake is timed, unless it was repeated.",
       .input = HandshakeIsTimed},
      {.id = "I-60",
       .sentence = "A segment for an open connection is judged as the reference judges it.",
       .input = JudgedAsByReference},
      {.id = "I-60",
       .sentence = "TS.Recent follows what is accepted up to the last ACK sent.",
       .input = TimestampIsTaken},
  };
  return kRows;
}

}  // namespace handfast
