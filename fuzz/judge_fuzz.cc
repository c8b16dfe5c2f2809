// judge: of any segment or ICMP error in any state there is one verdict, and it is the
// reference's.
//
// Numbers are drawn near the edges of both windows, where verdicts change, and anywhere.

#include <array>

#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"
#include "harness/reference/bench.h"
#include "harness/reference/icmp_arrives.h"
#include "stack/config.h"

using namespace handfast;
using reference::kCircle;
using reference::Octet;
using reference::OnWire;
using reference::Opened;
using reference::Tcb;

namespace {

const std::array<uint8_t, 1460> kText{};
constexpr State kStates[] = {State::kClosed,      State::kListen,      State::kSynSent,
                             State::kSynReceived, State::kEstablished, State::kFinWait1,
                             State::kFinWait2,    State::kCloseWait,   State::kClosing,
                             State::kLastAck,     State::kTimeWait};
constexpr size_t kActions = static_cast<size_t>(Action::kEchoReply) + 1;
HF_EXTRA_COUNTERS(g_verdicts, kStateCount* kActions* kDropCount);

bool IsOpen(State state) { return IsSynchronized(state) && state != State::kTimeWait; }

// Some octets from a place, a few or any number, either way.
Octet Near(ByteReader& in, Octet place) {
  const uint8_t how = in.Byte();
  if (how < 192) return place + (how % 16) - 8;
  return place + static_cast<int32_t>(in.Long());
}

Tcb DrawTcb(ByteReader& in) {
  constexpr Octet kWindows[] = {0, 1, 2, 1000, 65'535};
  constexpr Octet kGreatest = 65'535ll << 14;
  constexpr Octet kAcked[] = {0, 1, 4, 5000, kGreatest, kCircle / 2, kCircle + 3};
  Tcb tcb;
  tcb.state = in.OneOf(kStates);
  const uint8_t traits = in.Byte();
  const bool syn_received = tcb.state == State::kSynReceived;
  const bool crossed = syn_received && (traits & 1) != 0;
  tcb.opened = !crossed && (syn_received || tcb.state == State::kListen) ? Opened::kPassively
                                                                         : Opened::kActively;
  tcb.iss = tcb.snd_una = Octet{in.Long()} + kCircle;
  tcb.snd_nxt = tcb.iss + 1;
  tcb.irs = Octet{in.Long()} + kCircle;
  tcb.rcv_nxt = tcb.irs + 1;
  tcb.rcv_wnd = in.OneOf(kWindows);
  if (IsOpen(tcb.state)) {
    const Octet acked = in.OneOf(kAcked);
    if (in.Flip()) tcb.rcv_wnd <<= 14;
    tcb.snd_una = tcb.iss + 1 + acked;
    tcb.snd_nxt = tcb.snd_una + in.Below(3) * 800;
    tcb.rcv_nxt += acked;
    tcb.max_snd_wnd = in.OneOf(kWindows) << in.Below(15);
  }
  tcb.snd_ts_ok = (traits & 2) != 0;
  tcb.ts_recent = Octet{in.Long()} + kCircle;
  tcb.first_tsval = Octet{in.Long()} + kCircle;
  tcb.last_tsval = tcb.first_tsval + in.Byte();
  tcb.ts_recent_outdated = (traits & 4) != 0 && (IsOpen(tcb.state) || crossed);
  tcb.syn_queue_full = (traits & 8) != 0;
  tcb.accept_queue_full = (traits & 16) != 0;
  tcb.somebody_listens = (traits & 32) != 0;
  return tcb;
}

Segment DrawSegment(ByteReader& in, const Tcb& tcb) {
  Segment seg;
  seg.flags = Flags(in.Word());
  const Octet seq_edges[] = {tcb.rcv_nxt, tcb.rcv_nxt + tcb.rcv_wnd, tcb.irs};
  const Octet ack_edges[] = {tcb.snd_una, tcb.snd_nxt, tcb.iss, tcb.snd_una - tcb.max_snd_wnd};
  seg.seq = Seq(OnWire(Near(in, in.OneOf(seq_edges))));
  seg.ack = Seq(OnWire(Near(in, in.OneOf(ack_edges))));
  const size_t length = in.Byte();
  seg.text = Bytes(kText).first(length < 64 ? length : length * 5);
  if (in.Flip()) {
    const Octet ecr_edges[] = {tcb.first_tsval, tcb.last_tsval, 0};
    seg.options.seen = Options::kTimestamps;
    seg.options.ts_val = OnWire(Near(in, tcb.ts_recent + (in.Flip() ? kCircle / 2 : 0)));
    seg.options.ts_ecr = OnWire(Near(in, in.OneOf(ecr_edges)));
  }
  return seg;
}

Policy DrawPolicy(ByteReader& in) {
  const Policy profiles[] = {Config::Default().policy, Config::Linux().policy,
                             Config::Strict().policy};
  Policy policy = in.OneOf(profiles);
  if (in.Flip()) policy.on_overflow = OnOverflow::kReset;
  return policy;
}

void Enter(State state, Verdict verdict) {
  const auto action = static_cast<size_t>(verdict.action);
  const auto cell = (static_cast<size_t>(state) * kActions + action) * kDropCount +
                    static_cast<size_t>(verdict.drop);
  ++g_verdicts[cell];
  TheTrail().Add(cell);
}

void JudgeSegment(ByteReader& in, const Tcb& tcb, const Policy& policy) {
  const Segment seg = DrawSegment(in, tcb);
  const reference::Bench bench(tcb);
  const Verdict verdict = bench.Judge(seg, policy);
  HF_CLAIM(verdict == reference::SegmentArrives(tcb, seg, policy));
  HF_CLAIM(verdict == bench.Judge(seg, policy));
  HF_CLAIM(verdict.action != Action::kDrop || verdict.drop != Drop::kNone);
  Enter(tcb.state, verdict);
}

void JudgeError(ByteReader& in, const Tcb& tcb, const Policy& policy) {
  constexpr IcmpType kTypes[] = {IcmpType::kUnreachable, IcmpType::kTimeExceeded,
                                 IcmpType::kParameterProblem};
  IcmpError error;
  error.type = in.OneOf(kTypes);
  error.code = in.Byte();
  const Octet mtu_edges[] = {0, reference::kPathMtu, tcb.snd_nxt - tcb.snd_una + 80};
  error.mtu = static_cast<uint16_t>(OnWire(Near(in, in.OneOf(mtu_edges))));
  error.seq = Seq(OnWire(Near(in, in.Flip() ? tcb.snd_una : tcb.snd_nxt)));
  const Verdict verdict = reference::JudgedIcmp(tcb, error, policy);
  HF_CLAIM(verdict == reference::IcmpArrives(tcb, error, policy));
  Enter(tcb.state, verdict);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  const Policy policy = DrawPolicy(in);
  const Tcb tcb = DrawTcb(in);
  const bool has_flow =
      tcb.state == State::kSynSent || tcb.state == State::kSynReceived || IsOpen(tcb.state);
  do {
    if (has_flow && in.Flip())
      JudgeError(in, tcb, policy);
    else
      JudgeSegment(in, tcb, policy);
  } while (!in.empty());
  return 0;
}
