// Invariants of what leaves.

#include <algorithm>

#include "harness/audit/step.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

Ref OwnerOf(const Tables& t, const Flow& flow) { return FindFlow(t, t.TagOf(flow), flow); }

const Connection* ConnectionOf(const Tables& t, Ref ref) {
  return ref.owner() == Owner::kConnection ? &t.connections[Slot<Connection>(ref.index())]
                                           : nullptr;
}

// --- Valid, and accounted for.

void IsValid(const Step& step, const TraceRecord&, const Reading& out, Report& report) {
  if (const char* const wrong = WrongAsSent(out, step.after.config))
    report.Fail("what was sent", Report::kNoNumber, wrong);
}

void SentIsCounted(const Step& step, Report& report) {
  report.Equal(step.after.counters[Counter::kIpOutRequests] -
                   step.before.counters[Counter::kIpOutRequests],
               step.out.size(), "OutRequests of a step");
}

// --- The right edge of the window never moves left.

void EdgeStays(const Step& step, const TraceRecord& record, const Reading& out,
               Report& report) {
  if (!out.tcp || out.has(kRst | kSyn) || record.owner != Owner::kConnection) return;
  const Connection* const before = ConnectionOf(step.before, OwnerOf(step.before, out.flow));
  if (before == nullptr || !IsSynchronized(before->state)) return;
  const uint32_t edge = out.ack + (uint32_t{out.window} << before->rcv_scale);
  if (edge - before->rcv_adv.raw() >= 0x8000'0000u)
    report.Fail("a segment takes back what the window offered");
}

// --- Text keeps to the peer's window; where it is closed, one octet may ask.

void TextInWindow(const Step& step, const TraceRecord& record, const Reading& out,
                  Report& report) {
  if (!out.tcp || out.text.empty()) return;
  const Connection* const conn = ConnectionOf(step.after, OwnerOf(step.after, record.flow));
  if (conn == nullptr) return;
  const uint32_t at = out.seq - conn->snd_una.raw();
  const uint64_t end = uint64_t{at} + out.text.size();
  const uint32_t probe = at == 0 ? 1 : 0;
  if (end > std::max(conn->snd_wnd, probe)) report.Fail("text was sent beyond the window");
  if (out.text.size() + out.options.size() + 40 > conn->path_mtu &&
      out.text.size() > step.after.config.policy.min_send_mss)
    report.Fail("a segment is larger than its path");
}

// --- A SYN or SYN-ACK has its ISS, each time; and somebody still wants it.

void SynHasIss(const Step& step, const TraceRecord& record, const Reading& out,
               Report& report) {
  if (!out.tcp || !out.has(kSyn)) return;
  const Ref ref = OwnerOf(step.after, record.flow);
  if (ref.owner() == Owner::kRequest) {
    const Request& req = step.after.requests[Slot<Request>(ref.index())];
    report.Equal(out.seq, req.iss.raw(), "the number of a SYN-ACK");
  } else if (const Connection* const conn = ConnectionOf(step.after, ref)) {
    report.Equal(out.seq, conn->iss.raw(), "the number of a SYN");
  }
}

void SynIsWanted(const Step& step, const TraceRecord& record, const Reading& out,
                 Report& report) {
  if (!out.tcp || !out.has(kSyn)) return;
  const Ref ref = OwnerOf(step.after, record.flow);
  const Connection* const conn = ConnectionOf(step.after, ref);
  const State wants = out.has(kAck) ? State::kSynReceived : State::kSynSent;
  if (!(ref.owner() == Owner::kRequest && out.has(kAck)) &&
      !(conn != nullptr && conn->state == wants))
    report.Fail("a SYN or SYN-ACK was sent for nobody");
}

// --- A challenge says SND.NXT and RCV.NXT, and nothing else.

void ChallengeIsPlain(const Step& step, const TraceRecord& record, const Reading& out,
                      Report& report) {
  if (record.cause != TraceRecord::Cause::kDatagram || step.pending()) return;
  if (record.verdict.action != Action::kChallenge) return;
  if (!out.tcp || !out.text.empty() || (out.flags & ~unsigned{kEce}) != kAck)
    report.Fail("a challenge is no plain ACK");
  if (const Connection* const conn = step.conn_before()) {
    // SND.NXT, unless that lies beyond the peer's window.
    const uint32_t sent = conn->snd_nxt - conn->snd_una;
    const uint32_t at = out.seq - conn->snd_una.raw();
    if (at != sent && at != std::min(sent, conn->snd_wnd))
      report.Fail("a challenge has a wrong number");
    report.Equal(out.ack, conn->rcv_nxt.raw(), "the acknowledgment of a challenge");
  }
  if (const Request* const req = step.request_before()) {
    report.Equal(out.seq, (req->iss + 1).raw(), "the number of a challenge");
    report.Equal(out.ack, req->rcv_nxt().raw(), "the acknowledgment of a challenge");
  }
}

// --- A stateless answer is not much longer than what it answers.

void AnswerIsShort(const Step& step, const TraceRecord& record, const Reading& out,
                   Report& report) {
  if (record.cause != TraceRecord::Cause::kDatagram) return;
  if (record.owner == Owner::kConnection || record.verdict.action == Action::kEstablish) return;
  if (out.length > step.in.length + 20) report.Fail("an answer is longer than its question");
  if (out.protocol != 1 && !out.text.empty()) report.Fail("a stateless answer has text");
}

}  // namespace

std::span<const StepInvariant> OutputInvariants() {
  static constexpr StepInvariant kRows[] = {
      {.id = "I-07", .sentence = "Every datagram that leaves is valid.", .output = IsValid},
      {.id = "I-17",
       .sentence = "Every datagram that leaves is counted.",
       .input = SentIsCounted,
       .expire = SentIsCounted},
      {.id = "I-38",
       .sentence = "No segment takes back what a window offered.",
       .output = EdgeStays},
      {.id = "I-39",
       .sentence = "Text keeps to the peer's window and to the path; one octet may probe.",
       .output = TextInWindow},
      {.id = "I-40", .sentence = "A SYN has the ISS, each time.", .output = SynHasIss},
      {.id = "I-55",
       .sentence = "A challenge ACK says SND.NXT and RCV.NXT, and nothing else.",
       .output = ChallengeIsPlain},
      {.id = "I-68",
       .sentence = "A stateless answer is 20 octets longer than its question, at the most.",
       .output = AnswerIsShort},
      {.id = "I-69",
       .sentence = "A SYN or SYN-ACK leaves only while somebody waits for its answer.",
       .output = SynIsWanted},
  };
  return kRows;
}

}  // namespace handfast
