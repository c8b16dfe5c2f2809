// port: bind, listen and connect give a port of the range that nobody holds, if there is any,
// and refuse what somebody holds, as a std::set of holders says.

#include <algorithm>
#include <array>
#include <vector>

#include "harness/audit.h"
#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"
#include "harness/owned_stack.h"
#include "harness/world.h"

using namespace handfast;

namespace {

constexpr uint16_t kFirst = 3000;
constexpr uint16_t kPorts = 6;  // in the range; one more is tried
constexpr Addr kAlsoHere = Addr::V4(10, 0, 1, 1);
constexpr Addr kPlaces[] = {kHere, kAlsoHere, Addr::AnyV4()};
constexpr Endpoint kPeers[] = {
    {kThere, Port{80}}, {kThere, Port{81}}, {Addr::V4(10, 0, 1, 2), Port{80}}};
constexpr Instant kNow(1'000'000'000);

const OwnedStack& Fresh() {
  static const OwnedStack kStack = [] {
    Config config = SmallConfig();
    config.With(kAlsoHere, 24);
    config.ephemeral = {kFirst, kFirst + kPorts - 1};
    config.connections = 64;
    config.listeners = 16;
    config.chunks = 4;
    return OwnedStack(config, Secrets{{1, 2}});
  }();
  return kStack;
}

// Who has what, kept as slowly as possible.
struct Holder {
  SocketId socket;
  ListenerId listener;
  Endpoint local;     // port 0: not bound
  Endpoint peer;      // port 0: not connected
  Endpoint as_bound;  // port 0: its port came from connect()
  bool listens = false;
};

bool InRange(Port port) {
  const auto number = static_cast<uint16_t>(port);
  return number >= kFirst && number < kFirst + kPorts;
}

class Match {
 public:
  void Step(ByteReader& in) {
    const uint8_t what = in.Byte();
    if (what % 8 == 0 || holders_.empty()) return Open();
    Holder& holder = holders_[what / 8 % holders_.size()];
    switch (what % 8) {
      case 1:
      case 2: return Bind(holder, in.Byte());
      case 3:
      case 4:
      case 5: return Connect(holder, in.OneOf(kPeers));
      case 6: return Listen(holder);
      case 7: return Abandon(holder);
    }
  }
  std::string Faults() const { return AuditText(*stack_); }

 private:
  bool Held(const Addr& addr, Port port) const {
    return std::ranges::any_of(holders_, [&](const Holder& h) {
      const Endpoint& place = h.as_bound;
      return place.port == port && (place.addr == addr || place.addr.is_any() || addr.is_any());
    });
  }
  bool Owned(const Endpoint& local, const Endpoint& peer) const {
    return std::ranges::any_of(holders_, [&](const Holder& h) {
      return h.peer.port != Port{0} && h.local == local && h.peer == peer;
    });
  }
  template <typename Free>
  static bool AnyPort(Free&& free) {
    for (uint16_t i = 0; i < kPorts; ++i)
      if (free(Port{static_cast<uint16_t>(kFirst + i)})) return true;
    return false;
  }

  void Open() {
    if (holders_.size() < 16)
      holders_.push_back({*stack_->Socket(kNow), {}, {}, {}, {}, false});
  }

  void Bind(Holder& holder, uint8_t where) {
    const Endpoint asked{kPlaces[where % 3],
                         Port{static_cast<uint16_t>(where < 64 ? 0 : kFirst + where % 7)}};
    const Errno error = stack_->Bind(kNow, holder.socket, asked);
    TheTrail().Add(static_cast<uint64_t>(error));
    if (holder.listens) return HF_CLAIM(error == Errno::kBadF);
    if (holder.local.port != Port{0}) return HF_CLAIM(error == Errno::kInval);
    const bool possible = asked.port != Port{0}
                              ? !Held(asked.addr, asked.port)
                              : AnyPort([&](Port port) { return !Held(asked.addr, port); });
    HF_CLAIM(error == (possible ? Errno::kOk : Errno::kAddrInUse));
    if (error != Errno::kOk) return;
    const Flow flow = stack_->Status(holder.socket)->flow;
    HF_CLAIM(flow.local == asked.addr && !Held(flow.local, flow.local_port));
    HF_CLAIM(asked.port == Port{0} ? InRange(flow.local_port) : flow.local_port == asked.port);
    holder.local = holder.as_bound = {flow.local, flow.local_port};
  }

  void Connect(Holder& holder, const Endpoint& peer) {
    const Errno error = stack_->Connect(kNow, holder.socket, peer);
    TheTrail().Add(static_cast<uint64_t>(error));
    if (holder.listens) return HF_CLAIM(error == Errno::kBadF);
    if (holder.peer.port != Port{0}) return HF_CLAIM(error == Errno::kAlready);
    Endpoint local = holder.as_bound;
    const bool bound = local.port != Port{0};
    if (!bound || local.addr.is_any())
      local.addr = peer.addr == kThere ? kHere : kAlsoHere;  // of the peer's subnet
    const auto free = [&](Port port) {
      return !Held(Addr::AnyV4(), port) && !Owned({local.addr, port}, peer);
    };
    const bool possible = bound ? !Owned(local, peer) : AnyPort(free);
    HF_CLAIM(error == (possible ? Errno::kOk : Errno::kAddrNotAvail));
    if (error != Errno::kOk) return;
    const Flow flow = stack_->Status(holder.socket)->flow;
    HF_CLAIM(flow.local == local.addr && flow.peer == peer.addr && flow.peer_port == peer.port);
    HF_CLAIM(bound ? flow.local_port == local.port
                   : InRange(flow.local_port) && free(flow.local_port));
    TheTrail().Add(static_cast<uint64_t>(flow.local_port));
    holder.local = {flow.local, flow.local_port};
    if (bound) holder.as_bound = holder.local;  // "any" no more
    holder.peer = peer;
  }

  void Listen(Holder& holder) {
    const auto listener = stack_->Listen(kNow, holder.socket, 1);
    if (holder.listens) return HF_CLAIM(listener.error() == Errno::kBadF);
    if (holder.peer.port != Port{0}) return HF_CLAIM(listener.error() == Errno::kInval);
    const bool bound = holder.as_bound.port != Port{0};
    const bool possible =
        bound || AnyPort([&](Port port) { return !Held(Addr::AnyV4(), port); });
    HF_CLAIM(static_cast<bool>(listener) == possible);
    if (!listener) return HF_CLAIM(listener.error() == Errno::kAddrInUse);
    const Endpoint local = stack_->Status(*listener)->local;
    HF_CLAIM(bound
                 ? local == holder.as_bound
                 : local.addr.is_any() && InRange(local.port) && !Held(local.addr, local.port));
    holder.listener = *listener;
    holder.listens = true;
    holder.local = holder.as_bound = local;
  }

  void Abandon(Holder& holder) {
    const Errno error = holder.listens ? stack_->Close(kNow, holder.listener)
                                       : stack_->Abort(kNow, holder.socket);
    HF_CLAIM(error == Errno::kOk);
    holder = holders_.back();
    holders_.pop_back();
  }

  OwnedStack stack_ = Fresh();
  std::vector<Holder> holders_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, std::min<size_t>(size, 512)});
  Match match;
  while (!in.empty()) match.Step(in);
  HF_CLAIM(match.Faults().empty());
  return 0;
}
