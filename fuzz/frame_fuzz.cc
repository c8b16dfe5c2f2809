// frame: what is read from any frame and written again reads as the same; and nothing beyond
// the frame is read, which AddressSanitizer sees.

#include <algorithm>
#include <vector>

#include "harness/audit.h"
#include "harness/fuzz/target.h"
#include "harness/owned_stack.h"
#include "harness/world.h"
#include "stack/link/ethernet.h"
#include "stack/wire/emit.h"
#include "stack/wire/parse.h"

using namespace handfast;

namespace {

constexpr Mac kOurs{{2, 0, 10, 0, 0, 1}};

LocalAddrs Locals() {
  static const Config kConfig = SmallConfig();
  return kConfig.locals();
}

Arrival ParseWith(Bytes datagram, const ParsePolicy& policy) {
  Arrival arrival;
  Parse(datagram, Locals(), policy, arrival);
  HF_CLAIM((arrival.what == Arrival::What::kNothing) == (arrival.drop != Drop::kNone));
  TheTrail().Add(static_cast<uint64_t>(arrival.what) << 8 |
                 static_cast<uint64_t>(arrival.drop));
  return arrival;
}

// All that goes over the wire again: not a malformed rest, not unknown options.
bool SameOptions(const Options& a, const Options& b) {
  const auto same = [&](Options::Bit bit, const uint8_t* x, const uint8_t* y, size_t octets) {
    return !a.has(bit) || std::equal(x, x + octets, y);
  };
  return ((a.seen ^ b.seen) & ~unsigned{Options::kUnknown}) == 0 && a.mss == b.mss &&
         a.window_scale == b.window_scale && a.ts_val == b.ts_val && a.ts_ecr == b.ts_ecr &&
         a.cookie_size == b.cookie_size && a.sack_blocks == b.sack_blocks &&
         same(Options::kFastOpen, a.cookie, b.cookie, a.cookie_size) &&
         (!a.has(Options::kFastOpen) || a.fastopen_experimental == b.fastopen_experimental) &&
         same(Options::kMd5, a.md5, b.md5, 16) &&
         same(Options::kSack, a.sack, b.sack, size_t{8} * a.sack_blocks);
}

bool SameSegment(const Segment& a, const Segment& b) {
  return a.flow == b.flow && a.seq == b.seq && a.ack == b.ack && a.flags == b.flags &&
         a.window == b.window && a.tos == b.tos && std::ranges::equal(a.text, b.text);
}

// Octets that an option list of these takes, each aligned.
size_t OctetsOf(const Options& o) {
  const size_t cookie = o.cookie_size + (o.fastopen_experimental ? 4u : 2u);
  return (o.has(Options::kMd5) ? 20u : 0u) + (o.has(Options::kMss) ? 4u : 0u) +
         (o.has(Options::kTimestamps)      ? 12u
          : o.has(Options::kSackPermitted) ? 4u
                                           : 0u) +
         (o.has(Options::kWindowScale) ? 4u : 0u) +
         (o.has(Options::kFastOpen) ? (cookie + 3) / 4 * 4 : 0u) +
         (o.has(Options::kSack) ? 4u + 8u * o.sack_blocks : 0u);
}

Datagram Emit(const Segment& seg, uint8_t prefill) {
  std::vector<SackBlock> sack;
  const Options& o = seg.options;
  for (size_t i = 0; o.has(Options::kSack) && i < o.sack_blocks; ++i)
    sack.push_back({Seq(LoadBe32(o.sack + 8 * i)), Seq(LoadBe32(o.sack + 8 * i + 4))});
  const OutOptions options{
      .present = static_cast<uint8_t>(o.seen & ~unsigned{Options::kUnknown}),
      .window_scale = o.window_scale,
      .mss = o.mss,
      .ts_val = o.ts_val,
      .ts_ecr = o.ts_ecr,
      .fastopen_experimental = o.fastopen_experimental,
      .sack = sack,
      .cookie = o.has(Options::kFastOpen) ? Bytes(o.cookie, o.cookie_size) : Bytes(),
      .md5 = o.has(Options::kMd5) ? Bytes(o.md5, 16) : Bytes()};
  Datagram out(kOptionsAt + TcpView::kMaxOptions + seg.text.size(), prefill);
  const EmittedOptions emitted = EmitOptions(options, &out[kOptionsAt]);
  std::ranges::copy(seg.text, MutableBytes(out).subspan(TextOffset(emitted.length)).begin());
  const Outgoing outgoing{.flow = seg.flow.Reversed(),
                          .seq = seg.seq,
                          .ack = seg.ack,
                          .flags = seg.flags,
                          .window = seg.window,
                          .tos = seg.tos,
                          .options = options};
  out.resize(EmitTcp(outgoing, emitted, seg.text.size(), out));
  return out;
}

void CheckTcp(const Segment& seg) {
  if (TextOffset(TcpView::kMaxOptions) + seg.text.size() > 0xffff) return;
  const Datagram datagram = Emit(seg, 0);
  HF_CLAIM(datagram == Emit(seg, 0xff));  // nothing of the buffer shows
  HF_CLAIM(Read(datagram));               // right by the book
  const ExactBytes exact(datagram);
  HF_CLAIM(TcpView(Bytes(datagram).subspan(20)).urgent() == 0);
  const Arrival again = ParseWith(exact, {});
  HF_CLAIM(again.what == Arrival::What::kTcp && !again.segment.options.malformed);
  HF_CLAIM(SameSegment(seg, again.segment));
  const bool fits = OctetsOf(seg.options) <= TcpView::kMaxOptions;
  HF_CLAIM(!fits || SameOptions(seg.options, again.segment.options));
  HF_CLAIM(Emit(again.segment, 0) == datagram);
  TheTrail().Add(datagram);
}

void CheckEcho(Bytes request) {
  const Ipv4View asked(request);
  Datagram out(20 + asked.payload().size());
  HF_CLAIM(EmitEchoReply(request, MutableBytes(out).first(out.size() - 1)) == 0);
  HF_CLAIM(EmitEchoReply(request, out) == out.size());
  HF_CLAIM(Ipv4View::Check(out) == Drop::kNone);
  const Ipv4View answer(out);
  HF_CLAIM(answer.tos() == (asked.tos() & 0xfc));  // no congestion is told back
  HF_CLAIM(answer.source() == asked.destination() && answer.destination() == asked.source());
  HF_CLAIM(Rfc1071(answer.bytes().first(20)) == 0 && Rfc1071(answer.payload()) == 0);
  HF_CLAIM(answer.payload()[0] == 0 && answer.payload()[1] == 0);
  HF_CLAIM(std::ranges::equal(answer.payload().subspan(4), asked.payload().subspan(4)));
}

void CheckIcmpError(const IcmpError& error, const Addr& source) {
  TcpPacket quoted;
  quoted.flow = error.flow;
  quoted.seq = error.seq.raw();
  Datagram datagram = IcmpErrorAbout(quoted.Seal(), source, static_cast<uint8_t>(error.type),
                                     error.code, error.mtu);
  // To us, whoever is said to have sent what is quoted.
  datagram = SealIpv4(source, kHere, kProtocolIcmp, Bytes(datagram).subspan(20));
  const Arrival again = ParseWith(ExactBytes(datagram), {});
  HF_CLAIM(again.what == Arrival::What::kIcmpError);
  HF_CLAIM(again.error.flow == error.flow && again.error.seq == error.seq);
  HF_CLAIM(again.error.type == error.type && again.error.code == error.code);
  HF_CLAIM(again.error.mtu == error.mtu);
}

void CheckDatagram(Bytes datagram) {
  const Arrival strict = ParseWith(datagram, {});
  const Arrival lenient = ParseWith(datagram, {OnMalformedOptions::kIgnore, false});
  // What the strict one takes, the lenient one takes as the same.
  if (strict.what != Arrival::What::kNothing) {
    HF_CLAIM(lenient.what == strict.what);
    HF_CLAIM(SameSegment(strict.segment, lenient.segment));
    HF_CLAIM(SameOptions(strict.segment.options, lenient.segment.options));
    // What stands behind the datagram means nothing.
    const ExactBytes exact(strict.datagram);
    const Arrival cut = ParseWith(exact, {});
    HF_CLAIM(cut.what == strict.what && SameSegment(strict.segment, cut.segment));
  }
  switch (lenient.what) {
    case Arrival::What::kNothing: return;
    case Arrival::What::kTcp: return CheckTcp(lenient.segment);
    case Arrival::What::kEcho: return CheckEcho(lenient.datagram);
    case Arrival::What::kIcmpError:
      return CheckIcmpError(lenient.error, Ipv4View(lenient.datagram).source());
  }
}

// A station gets an answer only to a request, and the answer is for it.
void CheckLink(Bytes frame) {
  Ethernet link({.mac = kOurs, .local = Locals()[0]});
  OwnedTxBurst tx(4, 128);
  const auto received = link.Input(Instant(1'000'000'000), frame, tx);
  HF_CLAIM(received.drop == Drop::kNone || !received.datagram);
  TheTrail().Add(static_cast<uint64_t>(received.drop));
  const auto view = EthernetView::Of(frame);
  const auto arp = view ? Arp::Parse(view->payload) : std::nullopt;
  HF_CLAIM(link.next_deadline().never());  // nothing was learned
  HF_CLAIM(AuditText(link).empty());       // and the frame is accounted for
  if (tx.empty()) return;
  HF_CLAIM(tx.size() == 1 && received.drop == Drop::kNone && !received.datagram && arp);
  const auto answer = EthernetView::Of(tx[0]);
  HF_CLAIM(answer && answer->source == kOurs && answer->type == kEtherTypeArp);
  const Arp wanted{Arp::Operation::kReply, kOurs, kHere, arp->sender_mac, arp->sender};
  HF_CLAIM(Arp::Parse(answer->payload) == wanted && answer->destination == arp->sender_mac);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ExactBytes exact(Bytes(data, size));
  const Bytes frame = exact;
  CheckLink(frame);
  const auto view = EthernetView::Of(frame);
  if (!view) return 0;
  std::array<uint8_t, kEthernetHeader> header;
  EmitEthernet(view->destination, view->source, view->type, header.data());
  HF_CLAIM(std::ranges::equal(header, frame.first(kEthernetHeader)));
  if (const auto arp = Arp::Parse(view->payload)) {
    std::array<uint8_t, Arp::kLength> octets;
    arp->Emit(octets.data());
    HF_CLAIM(std::ranges::equal(octets, view->payload.first(Arp::kLength)));
  }
  CheckDatagram(view->payload);
  return 0;
}
