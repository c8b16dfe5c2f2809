#include "stack/wire/parse.h"

#include "stack/wire/checksum.h"
#include "stack/wire/ipv4_view.h"

namespace handfast {
namespace {

Drop CheckAddresses(const Ipv4View& ip, LocalAddrs locals) {
  const Addr destination = ip.destination();
  if (!IsOwn(destination, locals))
    return IsGroup(destination, locals) ? Drop::kIpGroupDestination : Drop::kIpNotForUs;
  return IsPeer(ip.source(), locals) ? Drop::kNone : Drop::kIpSource;
}

Drop ParseTcp(const Ipv4View& ip, const ParsePolicy& policy, Segment& out) {
  const Bytes bytes = ip.payload();
  if (const Drop drop = TcpView::Check(bytes); drop != Drop::kNone) return drop;
  if (policy.verify_checksums) {
    Checksum sum = ip.PseudoHeader();
    sum.Add(bytes);
    if (sum.Fold() != 0) return Drop::kTcpChecksum;
  }
  const TcpView tcp(bytes);
  if (tcp.source() == Port{0} || tcp.destination() == Port{0}) return Drop::kTcpPortZero;
  out.flow = {ip.destination(), ip.source(), tcp.destination(), tcp.source()};
  out.seq = tcp.seq();
  out.ack = tcp.ack();
  out.flags = tcp.flags();
  out.window = tcp.window();
  out.tos = ip.tos();
  out.options = ParseOptions(tcp.options());
  out.text = tcp.payload();
  if (out.options.malformed && policy.malformed_options == OnMalformedOptions::kDrop)
    return Drop::kTcpOptions;
  return Drop::kNone;
}

Drop ParseIcmp(const Ipv4View& ip, const ParsePolicy& policy, Arrival& out) {
  const Bytes bytes = ip.payload();
  if (bytes.size() < kIcmpHeader) return Drop::kIcmpTooShort;
  if (policy.verify_checksums) {
    Checksum sum;
    sum.Add(bytes);
    if (sum.Fold() != 0) return Drop::kIcmpChecksum;
  }
  switch (static_cast<IcmpType>(bytes[0])) {
    case IcmpType::kEcho:
      if (bytes[1] != 0) return Drop::kIcmpType;
      out.what = Arrival::What::kEcho;
      return Drop::kNone;
    case IcmpType::kSourceQuench: return Drop::kIcmpSourceQuench;  // RFC 6633 §3
    case IcmpType::kUnreachable:
    case IcmpType::kTimeExceeded:
    case IcmpType::kParameterProblem:
      out.what = Arrival::What::kIcmpError;
      return ParseQuote(bytes, out.error);
    case IcmpType::kEchoReply:
    case IcmpType::kRedirect: break;
  }
  return Drop::kIcmpType;
}

Drop ParseDatagram(Bytes bytes, LocalAddrs locals, const ParsePolicy& policy, Arrival& out) {
  if (const Drop drop = Ipv4View::Check(bytes); drop != Drop::kNone) return drop;
  const Ipv4View ip(bytes);
  out.datagram = ip.bytes();
  if (const Drop drop = CheckAddresses(ip, locals); drop != Drop::kNone) return drop;
  if (ip.is_fragment()) return Drop::kIpFragment;
  if (ip.has_source_route()) return Drop::kIpSourceRoute;
  if (ip.protocol() == kProtocolTcp) {
    out.what = Arrival::What::kTcp;
    return ParseTcp(ip, policy, out.segment);
  }
  if (ip.protocol() == kProtocolIcmp) return ParseIcmp(ip, policy, out);
  return Drop::kIpProtocol;
}

}  // namespace

void Parse(Bytes bytes, LocalAddrs locals, const ParsePolicy& policy, Arrival& out) {
  out.what = Arrival::What::kNothing;
  out.drop = ParseDatagram(bytes, locals, policy, out);
  if (out.drop != Drop::kNone) out.what = Arrival::What::kNothing;
}

}  // namespace handfast
