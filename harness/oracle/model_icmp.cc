// ICMP errors about setup (RFC 1122 §4.2.3.9, RFC 5927), what is dropped before a flow is
// looked for, and how that is counted (RFC 1213).

#include "harness/oracle/model.h"

namespace handfast::oracle {
namespace {

// Linux: icmp_err_convert.
Errno Meaning(uint8_t type, uint8_t code) {
  if (type == 11) return Errno::kHostUnreach;
  if (type == 12) return Errno::kProto;
  switch (code) {
    case 0:
    case 6:
    case 9:
    case 11: return Errno::kNetUnreach;
    case 2: return Errno::kNoProtoOpt;
    case 3: return Errno::kConnRefused;
    case 5: return Errno::kOpNotSupp;
    case 7: return Errno::kHostDown;
    case 8: return Errno::kNoNet;
    case 1:
    case 10:
    case 12:
    case 13:
    case 14:
    case 15: return Errno::kHostUnreach;
    default: return Errno::kOk;
  }
}

}  // namespace

void Model::InputIcmp(const Reading& reading) {
  Count(Counter::kIcmpInMsgs);
  expected_.verdict = JudgeIcmp(reading);
  expected_.after = State::kNone;  // of a datagram that is no segment
  if (expected_.verdict.drop == Drop::kIcmpNoOwner) Count(Counter::kIcmpInErrors);
  if (expected_.verdict.drop == Drop::kIcmpSequence) Count(Counter::kTcpExtOutOfWindowIcmps);
}

const Expected& Model::Unreachable(Instant now, Bytes datagram) {
  static const Hints kNone;
  Begin(now, &kNone);
  Reading reading;
  reading.type = 3;
  reading.code = 1;
  if (ReadQuote(datagram, reading)) expected_.verdict = JudgeIcmp(reading);
  return expected_;
}

Verdict Model::JudgeIcmp(const Reading& reading) {
  const Policy& policy = config_.policy;
  if (const auto half = half_open_.find(reading.flow); half != half_open_.end()) {
    if (reading.seq != half->second.iss) return {Action::kDrop, Drop::kIcmpSequence};
    const bool unreachable = reading.type != 3 || reading.code < 2;
    if (policy.on_icmp_half_open == OnIcmpHalfOpen::kIgnore || !unreachable)
      return {Action::kDrop, Drop::kIcmpSoft};
    ForgetHalf(reading.flow, Counter::kHandfastRequestsUnreachable);
    Count(Counter::kTcpExtListenDrops);
    return Action::kForget;
  }
  if (time_waits_.count(reading.flow) != 0) return {Action::kDrop, Drop::kIcmpSoft};
  const int id = SocketOf(reading.flow);
  if (id == kNobody) return {Action::kDrop, Drop::kIcmpNoOwner};
  Socket& socket = sockets_[id];
  if (socket.stage == Stage::kOpen) {
    expected_.judged = expected_.all_counted = false;
    return {};
  }
  if (reading.seq != socket.iss) return {Action::kDrop, Drop::kIcmpSequence};
  // RFC 5927 §7.2: of a SYN it is believed only if a SYN could have been too large.
  constexpr uint16_t kLongestSyn = 80;
  if (reading.type == 3 && reading.code == 4) {
    const bool plausible = reading.mtu != 0 && reading.mtu <= kLongestSyn;
    return plausible ? Verdict(Action::kLowerMtu) : Verdict(Action::kDrop, Drop::kIcmpMtu);
  }
  const Errno error = Meaning(reading.type, reading.code);
  if (error == Errno::kOk) return {Action::kDrop, Drop::kIcmpType};
  const bool hard = reading.type == 3 && (reading.code == 2 || reading.code == 3);
  if (socket.stage == Stage::kSynSent && (hard || policy.on_soft_icmp == OnSoftIcmp::kAbort)) {
    Fail(id, error);
    return Action::kAbort;
  }
  socket.soft_error = error;
  return Action::kSoftError;
}

void Model::CountDropped(Drop drop) {
  using C = Counter;
  static const std::map<Drop, std::vector<Counter>> kCounts = {
      {Drop::kIpTooShort, {C::kIpInHdrErrors}},
      {Drop::kIpVersion, {C::kIpInHdrErrors}},
      {Drop::kIpHeaderLength, {C::kIpInHdrErrors}},
      {Drop::kIpChecksum, {C::kIpInHdrErrors}},
      {Drop::kIpSource, {C::kIpInAddrErrors}},
      {Drop::kIpNotForUs, {C::kIpInAddrErrors}},
      {Drop::kIcmpTooShort, {C::kIcmpInMsgs, C::kIcmpInErrors}},
      {Drop::kIcmpChecksum, {C::kIcmpInMsgs, C::kIcmpInErrors}},
      {Drop::kIcmpQuote, {C::kIcmpInMsgs, C::kIcmpInErrors}},
      {Drop::kIcmpType, {C::kIcmpInMsgs}},
      {Drop::kIcmpSourceQuench, {C::kIcmpInMsgs}},
      {Drop::kIcmpTooLong, {C::kIcmpInMsgs, C::kIcmpInEchos}},
      {Drop::kTcpChecksum, {C::kTcpInSegs, C::kTcpInErrs, C::kTcpInCsumErrors}},
      {Drop::kTcpDataOffset, {C::kTcpInSegs, C::kTcpInErrs}},
      {Drop::kTcpTooShort, {C::kTcpInSegs}},
      {Drop::kTcpPortZero, {C::kTcpInSegs}},
      {Drop::kTcpOptions, {C::kTcpInSegs, C::kHandfastOptionsMalformed}},
  };
  if (const auto counts = kCounts.find(drop); counts != kCounts.end())
    for (const Counter counter : counts->second) Count(counter);
}

}  // namespace handfast::oracle
