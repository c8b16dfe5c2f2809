// Invariants of a connection: its sequence space, its windows, its text.

#include "harness/audit/state.h"
#include "stack/sock/negotiate.h"
#include "stack/transfer/send.h"

namespace handfast {
namespace {

constexpr uint64_t kMostWindow = uint64_t{1} << 30;

// --- SND.UNA =< resend =< SND.NXT =< what is queued; RCV.NXT =< the right edge.

void SendSpace(const Audited&, Slot<Connection> slot, const Connection& conn, Report& report) {
  const uint32_t i = slot.index();
  if (conn.state == State::kClosed) return;
  const uint32_t sent = conn.snd_nxt - conn.snd_una;
  if (conn.resend_nxt - conn.snd_una > sent)
    report.Fail("connection", i, "goes on to send beyond SND.NXT");
  if (!IsSynchronized(conn.state)) {
    if (conn.snd_una != conn.iss || sent != 1)
      report.Fail("connection", i, "has more in flight than its SYN");
    return;
  }
  const uint32_t fin = conn.has(Connection::kFinQueued) ? 1 : 0;
  if (sent > uint64_t{conn.send.size} + fin)
    report.Fail("connection", i, "has sent beyond what was queued");
  if (conn.snd_una == conn.iss || sent > kMostWindow + 1)
    report.Fail("connection", i, "has too much in flight");
}

void ReceiveSpace(const Audited&, Slot<Connection> slot, const Connection& conn,
                  Report& report) {
  if (!IsSynchronized(conn.state)) return;
  if (conn.rcv_wnd() > uint64_t{65535} << conn.rcv_scale)
    report.Fail("connection", slot.index(), "has its right edge too far away");
  if (conn.rcv_nxt == conn.irs)
    report.Fail("connection", slot.index(), "expects the SYN again");
}

// --- Text beyond RCV.NXT.

void TextBeyond(const Audited& a, Slot<Connection> slot, const Connection& conn,
                Report& report) {
  uint32_t end = 0;  // octets after RCV.NXT
  uint32_t count = 0;
  for (uint32_t at = conn.beyond; at < a.t.chunks.capacity() && count <= conn.beyond_count;
       at = a.t.chunks[at].next, ++count) {
    const Chunk& chunk = a.t.chunks[at];
    const uint32_t begin = chunk.seq - conn.rcv_nxt;
    if (!(count == 0 ? begin > 0 : begin >= end))
      report.Fail("connection", slot.index(),
                  "has stored text twice, or text that is in sequence");
    end = begin + chunk.size();
    if (begin > conn.rcv_wnd() || end > conn.rcv_wnd())
      report.Fail("connection", slot.index(), "has stored text beyond its window");
  }
}

// --- The send MSS lies between its floor and what the path carries.

void SegmentSize(const Audited& a, Slot<Connection> slot, const Connection& conn,
                 Report& report) {
  if (!IsSynchronized(conn.state)) return;
  const Policy& policy = a.t.config.policy;
  const uint64_t mss = SendMss(conn, policy);  // too large to be added to, perhaps
  const uint32_t options = conn.negotiated.has(Negotiated::kTimestamps) ? kTimestampOption : 0;
  if (mss < policy.min_send_mss) report.Fail("connection", slot.index(), "has a tiny send MSS");
  if (mss + options + 40 > conn.path_mtu && mss != policy.min_send_mss)
    report.Fail("connection", slot.index(), "sends more than its path carries");
  if (conn.path_mtu > a.t.config.mtu)
    report.Fail("connection", slot.index(), "has a path wider than its link");
  if (conn.path_mtu_hint != 0 && conn.path_mtu_hint < policy.min_path_mtu)
    report.Fail("connection", slot.index(), "listens to a path that is too narrow");
}

// --- A transfer starts when the connection is established, not before.

void Started(const Audited& a, Slot<Connection> slot, const Connection& conn, Report& report) {
  const uint32_t i = slot.index();
  if (IsSynchronized(conn.state)) {
    if (conn.cwnd <= 0) report.Fail("connection", i, "is open, and has not started");
    const auto most = static_cast<uint64_t>(a.t.config.policy.rto_max / 1us);
    if (conn.rto_us > std::max<uint64_t>(most, 3'000'000))
      report.Fail("connection", i, "has an RTO that is too long");
  } else if (conn.state != State::kClosed) {
    if (conn.cwnd != 0) report.Fail("connection", i, "has started before it is open");
  }
}

void NoTextYet(const Audited&, Slot<Connection> slot, const Connection& conn, Report& report) {
  const bool opening = conn.state == State::kSynSent || conn.state == State::kSynReceived;
  const bool unused = conn.state == State::kClosed && conn.flow.peer_port == Port{0};
  if (!opening && !unused) return;
  const bool text = conn.receive.size > 0 || conn.beyond != kNoIndex;
  if (text || conn.has(Connection::kFinReceived))
    report.Fail("connection", slot.index(), "has received before it was open");
}

// --- Nothing is on that was not offered.

void AgreedOptions(const Audited& a, Slot<Connection> slot, const Connection& conn,
                   Report& report) {
  const Policy& policy = a.t.config.policy;
  Negotiated most = Offer(policy);
  if (policy.ecn != Ecn::kOff) most.Set(Negotiated::kEcn);
  if ((conn.negotiated.bits & ~most.bits) != 0)
    report.Fail("connection", slot.index(), "uses an option that we do not offer");
  const bool scaled = conn.negotiated.has(Negotiated::kWindowScale);
  const bool shifts = conn.snd_scale != 0 || conn.rcv_scale != 0;
  if (!scaled && shifts && IsSynchronized(conn.state))
    report.Fail("connection", slot.index(), "scales windows, though nothing was agreed");
  if (conn.snd_scale > kMaxWindowScale || conn.rcv_scale > kMaxWindowScale)
    report.Fail("connection", slot.index(), "scales windows too far");
}

void AgreedByRequest(const Audited& a, Slot<Request> slot, const Request& req, Report& report) {
  Negotiated most = Offer(a.t.config.policy);
  if (a.t.config.policy.ecn != Ecn::kOff) most.Set(Negotiated::kEcn);
  if ((req.negotiated.bits & ~most.bits) != 0)
    report.Fail("request", slot.index(), "uses an option that we do not offer");
  if (req.scales != 0 && !req.negotiated.has(Negotiated::kWindowScale))
    report.Fail("request", slot.index(), "scales windows, though nothing was agreed");
}

// --- A FIN.

void OneFin(const Audited&, Slot<Connection> slot, const Connection& conn, Report& report) {
  const bool ended = conn.state == State::kCloseWait || conn.state == State::kLastAck ||
                     conn.state == State::kClosing;
  if (ended && !conn.has(Connection::kFinReceived))
    report.Fail("connection", slot.index(), "has its end without a FIN");
  if (conn.has(Connection::kFinReceived) && !conn.has(Connection::kFinKnown))
    report.Fail("connection", slot.index(), "has received a FIN that nobody sent");
  if (MayReceive(conn.state) && conn.has(Connection::kFinReceived))
    report.Fail("connection", slot.index(), "expects text after the FIN");
  const bool closing = conn.state == State::kFinWait1 || conn.state == State::kFinWait2 ||
                       conn.state == State::kClosing || conn.state == State::kLastAck;
  if (closing && !conn.has(Connection::kFinQueued))
    report.Fail("connection", slot.index(), "is closing, and sends no FIN");
}

// --- Whoever has no user says so, or is about to.

void OrphanSaysFin(const Audited&, Slot<Connection> slot, const Connection& conn,
                   Report& report) {
  constexpr uint32_t kHeld = Connection::kOwned | Connection::kInAcceptQueue;
  const bool open = conn.state == State::kSynReceived || conn.state == State::kEstablished ||
                    conn.state == State::kCloseWait;
  if (open && (conn.flags & kHeld) == 0 && !conn.has(Connection::kFinQueued))
    report.Fail("connection", slot.index(), "has no user, and sends no FIN");
}

}  // namespace

std::span<const Invariant> ConnectionInvariants() {
  static constexpr Invariant kRows[] = {
      {.id = "I-20",
       .sentence = "The end of the text follows a FIN, once.",
       .connection = OneFin},
      {.id = "I-32",
       .sentence = "SND.UNA =< where sending goes on =< SND.NXT =< what is queued.",
       .connection = SendSpace},
      {.id = "I-32",
       .sentence = "RCV.NXT =< the right edge, which is no further than a window reaches.",
       .connection = ReceiveSpace},
      {.id = "I-37",
       .sentence = "Text beyond RCV.NXT is in the window, in order, and stored once.",
       .depth = Depth::kThorough,
       .connection = TextBeyond},
      {.id = "I-42",
       .sentence = "The send MSS lies between its floor and what the path carries.",
       .connection = SegmentSize},
      {.id = "I-46",
       .sentence = "A transfer starts when its connection is established.",
       .connection = Started},
      {.id = "I-47",
       .sentence = "Nothing is received before the connection is established.",
       .connection = NoTextYet},
      {.id = "I-51",
       .sentence = "A connection without a user is closing.",
       .connection = OrphanSaysFin},
      {.id = "I-54",
       .sentence = "Nothing is on that was not offered.",
       .request = AgreedByRequest,
       .connection = AgreedOptions},
  };
  return kRows;
}

}  // namespace handfast
