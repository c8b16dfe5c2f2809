// Segments that are made up, from what the stack expects of their flow.

#include <algorithm>
#include <array>

#include "harness/op/play.h"
#include "harness/world.h"
#include "stack/commit/flows.h"
#include "stack/wire/be.h"

namespace handfast {
namespace {

uint32_t Stamped(uint32_t last, Stamp stamp) {
  switch (stamp) {
    case Stamp::kFresh: return last + 1;
    case Stamp::kSame: return last;
    case Stamp::kOld: return last - 1;
    case Stamp::kAncient: return last - 0x7fff'ffff;
    case Stamp::kFuture: return last + 0x4000'0000;
    case Stamp::kZero: return 0;
  }
  return last;
}

uint32_t Relative(Base base, Seq next, Seq edge, Seq first, int32_t delta) {
  const std::array<uint32_t, 4> bases{next.raw(), edge.raw(), first.raw(), 0};
  return bases[static_cast<size_t>(base)] + static_cast<uint32_t>(delta);
}

// Which one a port is in a table of four; any one, if it is not there.
size_t IndexOf(Port port, Port (*table)(uint8_t)) {
  for (uint8_t i = 0; i < 4; ++i)
    if (table(i) == port) return i;
  return static_cast<size_t>(port) % 4;
}

struct TypeAndCode {
  uint8_t type, code;
};

TypeAndCode IcmpOf(IcmpKind kind) {
  switch (kind) {
    case IcmpKind::kNetUnreachable: return {3, 0};
    case IcmpKind::kHostUnreachable: return {3, 1};
    case IcmpKind::kProtocolUnreachable: return {3, 2};
    case IcmpKind::kPortUnreachable: return {3, 3};
    case IcmpKind::kFragmentationNeeded: return {3, 4};
    case IcmpKind::kTimeExceeded: return {11, 0};
    case IcmpKind::kParameterProblem: return {12, 0};
    case IcmpKind::kSourceQuench: return {4, 0};
  }
  return {3, 0};
}

// A new checksum for an IP header that was changed.
void SealHeader(Datagram& datagram) {
  datagram[10] = datagram[11] = 0;
  StoreBe16(&datagram[10], Rfc1071(Bytes(datagram).first((datagram[0] & 15) * size_t{4})));
}

// Router alert (RFC 2113), in front of the segment.
void AddIpOption(Datagram& datagram) {
  constexpr uint8_t kRouterAlert[] = {148, 4, 0, 0};
  datagram.insert(datagram.begin() + 20, std::begin(kRouterAlert), std::end(kRouterAlert));
  ++datagram[0];
  StoreBe16(&datagram[2], static_cast<uint16_t>(datagram.size()));
  SealHeader(datagram);
}

// What the harm leaves of a datagram that was whole.
void Apply(Harm harm, Datagram& datagram) {
  switch (harm) {
    case Harm::kIpOptions: AddIpOption(datagram); break;
    case Harm::kIpChecksum: datagram[10] ^= 1; break;
    case Harm::kCut: datagram.pop_back(); break;
    case Harm::kFragment:
      datagram[6] = 0x20;
      SealHeader(datagram);
      break;
    default: break;
  }
}

}  // namespace

std::optional<Flow> Play::FlowOf(const Op& op) const {
  if (op.fd == Op::kNoFd)
    return Flow{kHere, AddrOf(op.flow.peer), HerePort(op.flow.here),
                PeerPort(op.flow.peer_port)};
  const Result<SocketStatus> status = ours_.stack->Status(ours_.fds[op.fd].socket);
  if (!status || status->flow.peer_port == Port{}) return std::nullopt;
  return status->flow;
}

// Flows that have names have places of their own. Those with other ports may share one; then
// they are strangers to one another.
Play::Known& Play::Know(const Flow& flow) {
  const size_t peer = flow.peer.words[3] - AddrOf(0).words[3];
  const size_t index =
      peer * 16 + IndexOf(flow.local_port, HerePort) * 4 + IndexOf(flow.peer_port, PeerPort);
  Known& known = known_[index % known_.size()];
  Learn(flow, known);
  return known;
}

void Play::Learn(const Flow& flow, Known& known) const {
  const Tables& t = ours_.stack->tables();
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  if (ref.owner() == Owner::kRequest) {
    const Request& req = t.requests[Slot<Request>(ref.index())];
    known.irs = req.irs;
    known.rcv_nxt = req.rcv_nxt();
    known.edge = known.rcv_nxt + req.window;
    known.iss = known.snd_una = req.iss;
    known.snd_nxt = req.iss + 1;
    if (req.negotiated.has(Negotiated::kTimestamps)) known.ts_val = req.ts_recent;
  } else if (ref.owner() == Owner::kConnection) {
    const Connection& conn = t.connections[Slot<Connection>(ref.index())];
    known.iss = conn.iss;
    known.snd_una = conn.snd_una;
    known.snd_nxt = conn.snd_nxt;
    if (conn.state == State::kSynSent) return;
    known.irs = conn.irs;
    known.rcv_nxt = conn.rcv_nxt;
    known.edge = conn.rcv_adv;
    if (conn.negotiated.has(Negotiated::kTimestamps)) known.ts_val = conn.ts_recent;
  } else if (ref.owner() == Owner::kTimeWait) {
    const TimeWait& tw = t.time_waits[Slot<TimeWait>(ref.index())];
    known.rcv_nxt = tw.rcv_nxt;
    known.edge = tw.rcv_nxt + tw.window;
    known.snd_una = known.snd_nxt = tw.snd_nxt;
    if (tw.negotiated.has(Negotiated::kTimestamps)) known.ts_val = tw.ts_recent;
  }
}

Datagram Play::MakeSegment(const Op& op, const Flow& flow) {
  Known& known = Know(flow);
  TcpPacket packet;
  packet.flow = flow.Reversed();
  packet.flags = op.mode;
  packet.seq = Relative(op.seq, known.rcv_nxt, known.edge, known.irs, op.seq_delta);
  if ((op.mode & kAck) != 0)
    packet.ack = Relative(op.ack, known.snd_nxt, known.snd_una, known.iss, op.ack_delta);
  packet.window = op.window;
  if ((op.options & kWithMss) != 0) packet.options.Mss(op.mss);
  if ((op.options & kWithSackPermitted) != 0) packet.options.SackPermitted();
  if ((op.options & kWithStamps) != 0) {
    const uint32_t ts_val = Stamped(known.ts_val, op.ts_val);
    packet.options.Timestamps(ts_val, Stamped(known.our_ts_val - 1, op.ts_ecr));
    if ((op.mode & kSyn) != 0) known.ts_val = ts_val;
  }
  if ((op.options & kWithScale) != 0) packet.options.Nop().Scale(op.scale);
  if ((op.options & kWithSack) != 0)
    packet.options.Nop(2).Sack({{packet.ack + 100, packet.ack + 200}});
  if ((op.options & kWithFastOpen) != 0) packet.options.Raw({34, 2, 1, 1});
  if ((op.options & kWithUnknown) != 0) packet.options.Raw({200, 4, 7, 7});
  if ((op.options & kWithMd5) != 0)
    packet.options.Raw({19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  while (packet.options.bytes().size() > 40)  // the last ones do not fit
    packet.options = OptionList(std::vector<uint8_t>(packet.options.bytes().begin(),
                                                     packet.options.bytes().begin() + 40));
  // Text is a function of its place in the stream, so that whoever reads it can tell.
  const uint32_t first = (op.mode & kSyn) != 0 ? packet.seq : known.irs.raw();
  const uint32_t begin = packet.seq + ((op.mode & kSyn) != 0 ? 1 : 0);
  const auto place = static_cast<int64_t>(static_cast<int32_t>(begin - (first + 1)));
  packet.text = Text(static_cast<uint64_t>(place), op.length);
  if ((op.mode & kSyn) != 0 && (op.mode & kAck) == 0) {
    known.irs = Seq(packet.seq);
    known.rcv_nxt = known.irs + 1;
    known.edge = known.rcv_nxt;
  }
  packet.bad_checksum = op.harm == Harm::kTcpChecksum;
  if (op.harm == Harm::kDataOffset) {
    packet.data_offset = 15;
    packet.text.clear();  // or it would be taken for options
  }
  if (op.harm == Harm::kCongestion) packet.tos = 3;
  if (op.harm == Harm::kOtherHost) packet.flow.peer = Addr::V4(10, 0, 0, 200);
  if (op.harm == Harm::kUrgent) {
    packet.flags |= kUrg;
    packet.urgent = 1;
  }
  Datagram datagram = packet.Seal();
  Apply(op.harm, datagram);
  return datagram;
}

// About a segment of ours, as a router on the way would quote it.
Datagram Play::MakeIcmp(const Op& op, const Flow& flow) {
  const Known& known = Know(flow);
  TcpPacket ours;
  ours.flow = flow;
  ours.flags = kAck;
  ours.seq = Relative(op.seq, known.snd_nxt, known.snd_una, known.iss, op.seq_delta);
  const TypeAndCode what = IcmpOf(static_cast<IcmpKind>(op.mode));
  return IcmpErrorAbout(ours.Seal(), flow.peer, what.type, what.code, op.window);
}

}  // namespace handfast
