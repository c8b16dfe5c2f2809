#include "harness/bench/segments.h"

#include "stack/wire/emit.h"
#include "stack/wire/ipv4_view.h"
#include "stack/wire/options.h"
#include "stack/wire/tcp_view.h"

namespace handfast::bench {
namespace {

constexpr uint32_t kClientTsVal = 1000;

void Build(const Outgoing& segment, Wire& out) {
  const EmittedOptions options = EmitOptions(segment.options, &out.bytes[kOptionsAt]);
  out.size = EmitTcp(segment, options, 0, out.bytes);
}

void OfferAll(uint32_t ts_ecr, Outgoing& out) {
  out.window = 64240;
  out.options.present =
      Options::kMss | Options::kSackPermitted | Options::kTimestamps | Options::kWindowScale;
  out.options.mss = 1460;
  out.options.window_scale = 7;
  out.options.ts_val = kClientTsVal;
  out.options.ts_ecr = ts_ecr;
}

}  // namespace

Flow ClientFlow(uint64_t n) {
  Flow flow;
  flow.local = Addr::V4(0x0b00'0000 + static_cast<uint32_t>(n / 50'000));
  flow.local_port = Port{static_cast<uint16_t>(10'000 + n % 50'000)};
  flow.peer = kServer;
  flow.peer_port = kServerPort;
  return flow;
}

void BuildSyn(const Flow& flow, uint32_t seq, Wire& out) {
  Outgoing syn;
  syn.flow = flow;
  syn.seq = Seq(seq);
  syn.flags = Flags(kSyn);
  OfferAll(0, syn);
  Build(syn, out);
}

void BuildAck(const Answer& synack, Wire& out) {
  Outgoing ack;
  ack.flow = synack.flow.Reversed();
  ack.seq = Seq(synack.ack);
  ack.ack = Seq(synack.seq + 1);
  ack.flags = Flags(kAck);
  ack.window = 502;
  if (synack.timestamps) {
    ack.options.present = Options::kTimestamps;
    ack.options.ts_val = kClientTsVal;
    ack.options.ts_ecr = synack.ts_val;
  }
  Build(ack, out);
}

void BuildSynAck(const Answer& syn, Wire& out) {
  Outgoing synack;
  synack.flow = syn.flow.Reversed();
  synack.seq = Seq(0x1234'5678);
  synack.ack = Seq(syn.seq + 1);
  synack.flags = Flags(kSyn | kAck);
  OfferAll(syn.ts_val, synack);
  if (!syn.timestamps) synack.options.present = Options::kMss;
  Build(synack, out);
}

Answer ReadAnswer(Bytes datagram) {
  const Ipv4View ip(datagram);
  const TcpView tcp(ip.payload());
  const Options options = ParseOptions(tcp.options());
  Answer answer;
  answer.flow = {ip.source(), ip.destination(), tcp.source(), tcp.destination()};
  answer.seq = tcp.seq().raw();
  answer.ack = tcp.ack().raw();
  answer.ts_val = options.ts_val;
  answer.timestamps = options.has(Options::kTimestamps);
  answer.flags = static_cast<uint8_t>(tcp.flags().bits());
  return answer;
}

}  // namespace handfast::bench
