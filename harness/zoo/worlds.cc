// Trials without scenarios.

#include <iterator>
#include <map>

#include "harness/sim/soak.h"
#include "harness/world.h"
#include "harness/zoo/trial.h"
#include "stack/link/ethernet.h"

namespace handfast::zoo {
namespace {

constexpr Addr kPeer = Addr::V4(10, 0, 0, 3);

// The SYN of a new connection to a port of a peer, from a port of ours or a drawn one.
std::optional<Seen> SynOf(World& world, Port to, Port from) {
  const Result<SocketId> socket = world.stack().Socket(world.now());
  if (!socket) return std::nullopt;
  if (from != Port{0}) (void)world.stack().Bind(world.now(), *socket, {kHere, from});
  (void)world.stack().Connect(world.now(), *socket, {kPeer, to});
  world.Poll();
  return world.TakeOne();
}

}  // namespace

Caught TrySecrets(uint64_t seed) {
  constexpr uint16_t kPort = 5000;
  World one(SmallConfig(), 2 * seed + 1), other(SmallConfig(), 2 * seed + 2);
  const auto first = SynOf(one, kHttp, Port{kPort}), second = SynOf(other, kHttp, Port{kPort});
  const auto near = SynOf(one, kHttp, Port{kPort + 1});
  const auto near_other = SynOf(other, kHttp, Port{kPort + 1});
  if (!first || !second || !near || !near_other) return Catch{"secret", "there is no SYN"};
  if (first->seq == second->seq) return Catch{"secret", "the ISN does not depend on a key"};
  if (first->seq - near->seq == second->seq - near_other->seq)
    return Catch{"secret", "how ISNs differ does not depend on a key"};
  if (first->options.ts_val == second->options.ts_val)
    return Catch{"secret", "timestamps do not depend on a key"};
  if (first->options.ts_val == near->options.ts_val)
    return Catch{"secret", "the timestamps of two ports are the same"};
  // Ports: neither is each the next, nor do two keys draw the same.
  uint32_t steps = 0, equal = 0, last = 0;
  for (uint16_t i = 0; i < 4; ++i) {
    const auto mine = SynOf(one, Port{static_cast<uint16_t>(90 + i)}, Port{0});
    const auto theirs = SynOf(other, Port{static_cast<uint16_t>(90 + i)}, Port{0});
    if (!mine || !theirs) return Catch{"secret", "there is no SYN"};
    const auto port = static_cast<uint32_t>(mine->flow.local_port);
    steps += port - last == 1 ? 1 : 0;
    equal += mine->flow.local_port == theirs->flow.local_port ? 1 : 0;
    last = port;
  }
  if (steps >= 2) return Catch{"secret", "each port is the next one"};
  if (equal >= 2) return Catch{"secret", "ports do not depend on a key"};
  return std::nullopt;
}

namespace {

constexpr Mac kOurs{{2, 0, 0, 0, 0, 1}};

// What a neighbour table may say: whoever was asked since, and what he said.
class Neighbours {
 public:
  explicit Neighbours(uint64_t seed) : rng_(seed) {}

  Caught Run() {
    for (uint64_t left = 40; left > 0; --left) {
      const uint64_t kind = rng_.Below(10);
      if (kind < 3) Send();
      if (kind >= 3 && kind < 8) Hear();
      if (kind >= 8) Wait();
      if (!wrong_.empty()) return Catch{"neighbour", wrong_};
    }
    return std::nullopt;
  }

 private:
  Addr Any() { return Addr::V4(10, 0, 0, static_cast<uint8_t>(rng_.Below(6))); }
  Mac AnyMac() {
    return {
        {static_cast<uint8_t>(rng_.Below(3)), 0, 0, 0, 0, static_cast<uint8_t>(rng_.Below(4))}};
  }

  // Takes note of who is asked.
  void Note(const TxBurst& questions) {
    for (size_t i = 0; i < questions.size(); ++i) {
      const auto view = EthernetView::Of(questions[i]);
      const auto arp = view ? Arp::Parse(view->payload) : std::nullopt;
      if (arp && arp->operation == Arp::Operation::kRequest) ++asked_[arp->target.v4()];
    }
  }

  void Send() {
    const Addr to = Addr::V4(10, 0, 0, static_cast<uint8_t>(2 + rng_.Below(4)));
    OwnedTxBurst out(4, 256), questions(4, 256);
    const Datagram echo = IcmpEcho(kHere, to, Text(0, 8));
    std::ranges::copy(echo, out.Open(echo.size()).begin());
    out.Close(echo.size());
    const std::optional<Mac> known = link_.Find(to);
    const std::optional<Bytes> frame = link_.Output(now_, out, 0, questions);
    if (frame && !known) wrong_ = "a frame is for a station that is not known";
    if (frame && known && EthernetView::Of(*frame)->destination != *known)
      wrong_ = "a frame is for another station";
    Note(questions);
  }

  void Hear() {
    const Addr sender = Any();
    const Mac mac = AnyMac();
    const bool reply = rng_.Chance(700);
    std::vector<uint8_t> packet(Arp::kLength);
    Arp{reply ? Arp::Operation::kReply : Arp::Operation::kRequest, mac, sender, kOurs,
        rng_.Chance(800) ? kHere : Any()}
        .Emit(packet.data());
    if (rng_.Chance(100)) packet.resize(rng_.Below(Arp::kLength));
    const std::optional<Mac> before = link_.Find(sender);
    OwnedTxBurst out(32, 256);
    (void)link_.Input(now_, ExactBytes(SealEthernet(kOurs, mac, kEtherTypeArp, packet)), out);
    const std::optional<Mac> after = link_.Find(sender);
    if (after == before) return;
    if (!after || *after != mac) wrong_ = "a station has an address that nobody said";
    if ((mac.octets[0] & 1) != 0) wrong_ = "a group is a station";
    if (!reply) wrong_ = "a question has told an address";
    if (asked_[sender.v4()] == 0) wrong_ = "an answer counts that nobody asked for";
    asked_[sender.v4()] = 0;
  }

  void Wait() {
    now_ = now_ + std::chrono::milliseconds(rng_.Below(12'000));
    OwnedTxBurst questions(64, 256);
    link_.Expire(now_, questions);
    while (link_.TakeUndelivered()) continue;
    Note(questions);
  }

  SimRng rng_;
  Instant now_{1'000'000'000};
  Ethernet link_{{.mac = kOurs, .local = {kHere, 24}, .gateway = {}}};
  std::map<uint32_t, uint32_t> asked_;
  std::string wrong_;
};

}  // namespace

Caught TryCopy(uint64_t seed) {
  SimRng rng(seed);
  World world(SmallConfig(), seed);
  Stack& stack = world.stack();
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  if (!peer.Open(OptionList::Usual(100))) return Catch{"copy", "nobody gets in"};
  std::vector<SocketId> sockets;
  for (uint64_t left = rng.Within(1, 6); left > 0; --left) {
    const uint64_t call = rng.Below(4);
    if (call == 0)
      if (const auto child = stack.Accept(world.now(), listener)) sockets.push_back(*child);
    if (call == 1)
      if (const auto caller = stack.Connect(world.now(), {kPeer, kHttp}))
        sockets.push_back(*caller);
    if (call == 2 && !sockets.empty())
      (void)stack.Write(world.now(), sockets[rng.Below(sockets.size())], Text(0, 100));
    if (call == 3 && !sockets.empty())
      (void)stack.Close(world.now(), sockets[rng.Below(sockets.size())]);
  }
  OwnedStack copy(stack);
  if (!(*copy == stack)) return Catch{"copy", "a copy is another one"};
  OwnedTxBurst from_copy(64, 1500), from_original(64, 1500);
  copy->Expire(world.now(), from_copy);
  stack.Expire(world.now(), from_original);
  if (from_copy.size() != from_original.size() || !(*copy == stack))
    return Catch{"copy", "a copy does not go on as the original does"};
  return std::nullopt;
}

// A config that is said to be right must do: a handshake, some text, and the end, under all
// audits, which end the program.
Caught TryLimits(uint64_t seed) {
  constexpr uint32_t kEdges[] = {0, 1, 2, 39, 40, 41, 63, 64, 67, 68, 127, 128, 129, 256, 576};
  SimRng rng(seed);
  Config config = SmallConfig();
  const auto edge = [&] { return kEdges[rng.Below(std::size(kEdges))]; };
  uint32_t* const limits[] = {&config.mtu,
                              &config.listeners,
                              &config.requests,
                              &config.connections,
                              &config.time_waits,
                              &config.chunks,
                              &config.chunk_bytes,
                              &config.socket.receive_buffer,
                              &config.socket.send_buffer};
  for (uint64_t left = rng.Within(1, 2); left > 0; --left)
    *limits[rng.Below(std::size(limits))] = edge();
  if (config.Invalid() != nullptr || config.listeners == 0) return std::nullopt;
  World world(config, seed);
  const ListenerId listener = world.Listen();
  HandPeer peer(world, kHttp);
  if (!peer.Open(OptionList::Usual(100))) return std::nullopt;
  const Result<SocketId> socket = world.stack().Accept(world.now(), listener);
  if (!socket) return Catch{"limits", "nobody is in the accept queue"};
  peer.Say(kAck | kPsh, Text(0, 100));
  (void)world.stack().Write(world.now(), *socket, Text(0, 1000));
  world.Advance(1s);
  (void)world.ReadAll(*socket);
  (void)world.stack().Close(world.now(), *socket);
  world.Advance(1000s);
  return std::nullopt;
}

Caught TryNeighbours(uint64_t seed) { return Neighbours(seed).Run(); }

Caught TrySimulation(uint64_t seed) {
  SoakOptions options;
  options.seed = seed;
  options.duration = 20s;
  options.faults.loss = options.faults.duplicate = options.faults.reorder = 50;
  const SoakResult result = Soak(options);
  if (result.wrong.empty()) return std::nullopt;
  return Catch{"simulation", result.wrong};
}

}  // namespace handfast::zoo
