#include <algorithm>
#include <array>

#include "harness/op/fields.h"
#include "harness/op/play.h"
#include "stack/wire/be.h"

namespace handfast {

uint32_t FieldsOf(Verb verb) {
  switch (verb) {
    case Verb::kSocket:
    case Verb::kClose:
    case Verb::kAbort:
    case Verb::kTakeError: return kHonest | kFd;
    case Verb::kBind: return kHonest | kFd | kHerePort;
    case Verb::kListen: return kHonest | kFd | kAmount;
    case Verb::kConnect: return kHonest | kFd | kPeer | kPeerPort;
    case Verb::kAccept: return kHonest | kFd | kOtherFd;
    case Verb::kRead:
    case Verb::kWrite: return kHonest | kFd | kLength;
    case Verb::kShutdown:
    case Verb::kInterest: return kHonest | kFd | kMode;
    case Verb::kSetOption: return kHonest | kFd | kMode | kAmount;
    case Verb::kEvents: return kHonest | kLength;
    case Verb::kSegment: return kFdOrFlow | kMode | kLength | kSeqDelta | kWindow | kAll;
    case Verb::kReplay: return kLength;
    case Verb::kIcmp: return kFdOrFlow | kMode | kSeqDelta | kWindow;
    case Verb::kArp: return kPeer | kMode;
    case Verb::kPing: return kPeer | kLength;
    case Verb::kDeliver:
    case Verb::kLose:
    case Verb::kDouble:
    case Verb::kDelay: return kLength;
    case Verb::kCorrupt: return kLength | kAmount;
    case Verb::kWait:
    case Verb::kJump: return kAmount;
    case Verb::kDeadline:
    case Verb::kRefuse:
    case Verb::kExhaust: return kLength;
    case Verb::kRekey: return kAmount;
    case Verb::kSnapshot:
    case Verb::kRestore:
    case Verb::kCopy: return 0;
    case Verb::kRestart: return kMode;
  }
  return 0;
}

unsigned ModesOf(Verb verb) {
  if (verb == Verb::kShutdown) return 3;
  if (verb == Verb::kSetOption) return kOptionToSetCount;
  if (verb == Verb::kIcmp) return kIcmpKindCount;
  if (verb == Verb::kArp) return kArpKindCount;
  if (verb == Verb::kRestart) return kSetups;
  return 256;
}

uint16_t MostOf(Verb verb) {
  switch (verb) {
    case Verb::kRead:
    case Verb::kWrite: return 20'000;
    case Verb::kSegment: return 1460;
    case Verb::kPing: return 1400;
    case Verb::kEvents: return 16;
    case Verb::kDeadline:
    case Verb::kRefuse: return 8;
    default: return 63;
  }
}

namespace {

template <typename E>
E Enum(unsigned value, unsigned count) {
  return static_cast<E>(value % count);
}

void NormaliseTarget(Op& op, uint32_t fields) {
  if ((fields & kFdOrFlow) != 0) {
    if (op.fd > Op::kFds) op.fd %= Op::kFds + 1;
    fields |= op.fd == Op::kNoFd ? kFd | kPeer | kPeerPort | kHerePort : kFd;
  } else {
    op.fd %= Op::kFds;
  }
  op.fd = (fields & kFd) != 0 ? op.fd : uint8_t{0};
  op.other_fd = (fields & kOtherFd) != 0 ? op.other_fd % Op::kFds : uint8_t{0};
  // A knows nobody but us.
  const bool peer = (fields & kPeer) != 0 && !op.honest;
  op.flow.peer = peer ? op.flow.peer % FlowName::kPeers : uint8_t{0};
  op.flow.peer_port =
      (fields & kPeerPort) != 0 ? op.flow.peer_port % FlowName::kPorts : uint8_t{0};
  op.flow.here = (fields & kHerePort) != 0 ? op.flow.here % FlowName::kHere : uint8_t{0};
}

void NormaliseSegment(Op& op) {
  if (op.mode & 0x10) {
    op.ack = Enum<Base>(static_cast<unsigned>(op.ack), 4);
  } else {
    op.ack = Base::kNext;
    op.ack_delta = 0;
  }
  const auto only = [&](OptionBit bit, auto& field) {
    if ((op.options & bit) == 0) field = {};
  };
  only(kWithMss, op.mss);
  only(kWithScale, op.scale);
  only(kWithStamps, op.ts_val);
  only(kWithStamps, op.ts_ecr);
  op.ts_val = Enum<Stamp>(static_cast<unsigned>(op.ts_val), kStampCount);
  op.ts_ecr = Enum<Stamp>(static_cast<unsigned>(op.ts_ecr), kStampCount);
  op.harm = Enum<Harm>(static_cast<unsigned>(op.harm), kHarmCount);
}

int32_t WithinLongest(int32_t amount) {
  return amount < 0 ? -(amount + 1) % kLongestWait : amount % kLongestWait;
}

}  // namespace

const char* Name(Verb verb) {
  switch (verb) {
#define HF_TEXT(name, text) \
  case Verb::name: return text;
    HF_VERBS(HF_TEXT)
#undef HF_TEXT
  }
  return "?";
}

Op Normal(Op op) {
  op.verb = Enum<Verb>(static_cast<unsigned>(op.verb), kVerbCount);
  const uint32_t fields = FieldsOf(op.verb);
  op.honest = op.honest && (fields & kHonest) != 0;
  NormaliseTarget(op, fields);
  op.mode =
      (fields & kMode) != 0 ? static_cast<uint8_t>(op.mode % ModesOf(op.verb)) : uint8_t{0};
  if ((fields & kLength) == 0) op.length = 0;
  op.length = static_cast<uint16_t>(op.length % (MostOf(op.verb) + 1));
  if ((fields & kAmount) == 0) op.amount = 0;
  if (op.verb == Verb::kWait || op.verb == Verb::kJump) op.amount = WithinLongest(op.amount);
  if ((fields & kSeqDelta) == 0) op.seq_delta = 0;
  if ((fields & kWindow) == 0) op.window = 0;
  op.seq =
      (fields & kSeqDelta) != 0 ? Enum<Base>(static_cast<unsigned>(op.seq), 4) : Base::kNext;
  if ((fields & kAll) != 0) {
    NormaliseSegment(op);
    return op;
  }
  op.ack = Base::kNext;
  op.ack_delta = 0;
  op.options = op.scale = 0;
  op.mss = 0;
  op.ts_val = op.ts_ecr = Stamp::kFresh;
  op.harm = Harm::kNone;
  return op;
}

// Octet by octet:
//   0 verb   1 honest << 7 | other_fd << 4 | fd   2 flow: here << 4 | port << 2 | peer
//   3 mode   4 ack << 4 | seq   5 options   6 scale   7 ts_ecr << 4 | ts_val
//   8 seq_delta   12 ack_delta or amount   16 window   18 length   20 mss   22 harm   23 unused
Scenario Decode(Bytes bytes) {
  Scenario scenario;
  scenario.reserve(bytes.size() / Op::kOctets + 1);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), Op::kOctets))) {
    std::array<uint8_t, Op::kOctets> b{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), b.size()), b.begin());
    Op op;
    op.verb = Enum<Verb>(b[0], kVerbCount);
    op.honest = b[1] >> 7;
    op.other_fd = (b[1] >> 4) & 7;
    op.fd = b[1] & 15;
    op.flow = {static_cast<uint8_t>(b[2] & 3), static_cast<uint8_t>((b[2] >> 2) & 3),
               static_cast<uint8_t>((b[2] >> 4) & 3)};
    op.mode = b[3];
    op.seq = Enum<Base>(b[4] & 15, 4);
    op.ack = Enum<Base>(b[4] >> 4, 4);
    op.options = b[5];
    op.scale = b[6];
    op.ts_val = Enum<Stamp>(b[7] & 15, kStampCount);
    op.ts_ecr = Enum<Stamp>(b[7] >> 4, kStampCount);
    op.seq_delta = static_cast<int32_t>(LoadBe32(&b[8]));
    op.amount = op.ack_delta = static_cast<int32_t>(LoadBe32(&b[12]));
    op.window = LoadBe16(&b[16]);
    op.length = LoadBe16(&b[18]);
    op.mss = LoadBe16(&b[20]);
    op.harm = Enum<Harm>(b[22], kHarmCount);
    if (op.verb == Verb::kSegment) op.amount = 0;
    scenario.push_back(Normal(op));
  }
  return scenario;
}

std::vector<uint8_t> Encode(std::span<const Op> scenario) {
  std::vector<uint8_t> bytes(scenario.size() * Op::kOctets);
  uint8_t* b = bytes.data();
  for (const Op& op : scenario) {
    b[0] = static_cast<uint8_t>(op.verb);
    b[1] = static_cast<uint8_t>((op.honest ? 0x80 : 0) | op.other_fd << 4 | op.fd);
    b[2] = static_cast<uint8_t>(op.flow.here << 4 | op.flow.peer_port << 2 | op.flow.peer);
    b[3] = op.mode;
    b[4] = static_cast<uint8_t>(static_cast<unsigned>(op.ack) << 4 |
                                static_cast<unsigned>(op.seq));
    b[5] = op.options;
    b[6] = op.scale;
    b[7] = static_cast<uint8_t>(static_cast<unsigned>(op.ts_ecr) << 4 |
                                static_cast<unsigned>(op.ts_val));
    StoreBe32(&b[8], static_cast<uint32_t>(op.seq_delta));
    StoreBe32(&b[12],
              static_cast<uint32_t>(op.verb == Verb::kSegment ? op.ack_delta : op.amount));
    StoreBe16(&b[16], op.window);
    StoreBe16(&b[18], op.length);
    StoreBe16(&b[20], op.mss);
    b[22] = static_cast<uint8_t>(op.harm);
    b += Op::kOctets;
  }
  return bytes;
}

}  // namespace handfast
