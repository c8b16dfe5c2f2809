#include "harness/world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "harness/audit.h"
#include "harness/notation.h"
#include "stack/base/check.h"
#include "stack/commit/flows.h"

namespace handfast {
namespace {

std::string Second(Instant at, Instant start) {
  const auto ms = static_cast<unsigned long long>((at - start) / 1ms);
  char text[32];
  std::snprintf(text, sizeof text, "%llu.%03llu", ms / 1000, ms % 1000);
  return text;
}

}  // namespace

Config SmallConfig(Config config) {
  config.listeners = 4;
  config.requests = 16;
  config.connections = 16;
  config.time_waits = 8;
  config.chunks = 64;
  config.chunk_bytes = 512;
  config.socket.receive_buffer = 16 << 10;
  config.socket.send_buffer = 16 << 10;
  if (config.address_count == 0) config.With(kHere, 24);
  return config;
}

Config LinuxConfig() {
  Config config = SmallConfig(Config::Linux());
  config.socket.receive_buffer = 32 << 20;
  return config;
}

World::World(const Config& config, uint64_t seed, Instant start)
    : stack_(config, Secrets{{seed, ~seed}}),
      tx_(256, config.mtu),
      steps_(*stack_),
      start_(start),
      now_(start) {}

ListenerId World::Listen(int backlog, Port port) {
  const Result<ListenerId> id = stack_->Listen(now_, {Addr::AnyV4(), port}, backlog);
  if (!id) std::abort();
  return *id;
}

std::vector<uint8_t> World::ReadAll(SocketId id) {
  std::vector<uint8_t> all;
  std::array<uint8_t, 512> buffer;
  for (;;) {
    const Result<uint32_t> count = stack_->Read(now_, id, buffer);
    if (!count || *count == 0) return all;
    all.insert(all.end(), buffer.begin(), buffer.begin() + *count);
  }
}

void World::Keep() {
  for (size_t i = 0; i < tx_.size(); ++i)
    out_.push_back({now_, Datagram(tx_[i].begin(), tx_[i].end())});
  tx_.Clear();
  if (prefill_) tx_.Fill(*prefill_);
}

void World::Prefill(uint8_t octet) {
  prefill_ = octet;
  tx_.Fill(octet);
}

void World::Audit() {
  if (audits_ == Audits::kNone) return;
  const std::string broken = steps_.findings().Text() + AuditText(*stack_, DepthOf(audited_++));
  if (broken.empty()) return;
  std::fprintf(stderr, "world: %s", broken.c_str());
  std::abort();
}

std::vector<Datagram> World::Take() {
  std::vector<Datagram> datagrams;
  for (Sent& sent : out_) datagrams.push_back(std::move(sent.datagram));
  out_.clear();
  return datagrams;
}

std::vector<World::Sent> World::TakeOf(const Flow& flow) {
  std::vector<Sent> taken, rest;
  for (Sent& sent : out_) {
    const std::optional<Seen> seen = Read(sent.datagram);
    (seen && seen->flow == flow ? taken : rest).push_back(std::move(sent));
  }
  out_ = std::move(rest);
  return taken;
}

std::vector<Ready> World::NextRound() {
  while (stack_->NextEvent()) {
  }
  std::vector<Ready> round;
  while (const std::optional<Ready> ready = stack_->NextEvent()) round.push_back(*ready);
  return round;
}

uint8_t World::ToldOf(SocketId socket) {
  uint8_t bits = 0;
  for (const Ready& ready : NextRound())
    if (ready.socket == socket) bits |= ready.bits;
  return bits;
}

uint8_t World::ToldOf(ListenerId listener) {
  uint8_t bits = 0;
  for (const Ready& ready : NextRound())
    if (ready.listener == listener) bits |= ready.bits;
  return bits;
}

std::string World::Moved() {
  const Counters before = std::exchange(counted_, stack_->counters());
  return ShowMoved(before, counted_);
}

State World::StateOf(const Flow& flow) const {
  const Tables& t = stack_->tables();
  const Ref ref = FindFlow(t, t.TagOf(flow), flow);
  if (ref.owner() == Owner::kRequest) return State::kSynReceived;
  if (ref.owner() == Owner::kTimeWait) return State::kTimeWait;
  if (ref.owner() != Owner::kConnection) return State::kNone;
  return t.connections[Slot<Connection>(ref.index())].state;
}

std::vector<Seen> World::TakeSegments() {
  std::vector<Seen> segments;
  for (const Datagram& datagram : Take()) {
    std::optional<Seen> seen = Read(datagram);
    if (!seen) {
      std::fprintf(stderr, "world: what left the stack is not a valid TCP segment\n");
      std::abort();
    }
    segments.push_back(*seen);
  }
  return segments;
}

std::optional<Seen> World::TakeOne() {
  std::vector<Seen> segments = TakeSegments();
  if (segments.size() != 1) return std::nullopt;
  return segments[0];
}

Verdict World::Inject(const Datagram& datagram) {
  std::array<TraceRecord, 1> records;
  Trace trace(records);
  const ExactBytes exact(datagram);
  const Bytes view(exact);
  if (audits_ == Audits::kEachStep) steps_.Note(*stack_);
  if (stack_->Input(now_, {&view, 1}, tx_, &trace) != 1) std::abort();
  if (audits_ == Audits::kEachStep) steps_.OnInput(*stack_, view, records[0], tx_);
  Keep();
  Audit();
  Poll();
  return records[0].verdict;
}

void World::Expire() {
  static thread_local std::array<TraceRecord, 256> records;
  Trace trace(records);
  if (audits_ == Audits::kEachStep) steps_.Note(*stack_);
  stack_->Expire(now_, tx_, &trace);
  if (audits_ == Audits::kEachStep) steps_.OnExpire(*stack_, trace, tx_);
  Keep();
  Audit();
}

void World::Advance(Duration duration) {
  const Instant until = now_ + duration;
  for (;;) {
    const Instant due = stack_->next_deadline();
    if (due > until) break;
    if (due > now_) now_ = due;
    Expire();
  }
  now_ = until;
}

void World::Jump(Duration duration) {
  now_ = now_ + duration;
  Expire();
  Poll();
}

HandPeer::HandPeer(World& world, Port here, Port there, uint32_t first, Addr addr)
    : flow{addr, kHere, there, here}, seq(first), isn(first), world_(world) {}

TcpPacket HandPeer::Make(unsigned flags, std::vector<uint8_t> text) const {
  TcpPacket packet;
  packet.flow = flow;
  packet.seq = seq;
  packet.ack = (flags & kAck) != 0 ? ack : 0;
  packet.flags = flags;
  packet.window = window;
  packet.text = std::move(text);
  if (timestamps) packet.options.Nop(2).Timestamps(ts_val, ts_ecr);
  return packet;
}

Verdict HandPeer::Say(unsigned flags, std::vector<uint8_t> text) {
  const TcpPacket packet = Make(flags, std::move(text));
  seq += static_cast<uint32_t>(packet.text.size()) + ((flags & kSyn) != 0 ? 1 : 0) +
         ((flags & kFin) != 0 ? 1 : 0);
  return world_.Inject(packet);
}

void HandPeer::Hear(const Seen& seen) {
  ack = seen.seq + static_cast<uint32_t>(seen.text.size()) + (seen.has(kSyn) ? 1 : 0) +
        (seen.has(kFin) ? 1 : 0);
  if (seen.has(kSyn) && their_first_ != seen.seq) {
    their_isn = seen.seq;
    their_first_ = seen.seq;
    their_ts_.reset();
  }
  if (!seen.options.has(Options::kTimestamps)) return;
  ts_ecr = seen.options.ts_val;
  if (!their_ts_) their_ts_ = seen.options.ts_val;
}

TcpPacket HandPeer::At(unsigned flags, uint32_t at_seq, uint32_t at_ack, size_t length) const {
  TcpPacket packet = Make(flags, Text(at_seq - 1, length));
  packet.seq = isn + at_seq;
  packet.ack = (flags & kAck) != 0 ? their_isn + at_ack : 0;
  return packet;
}

std::vector<std::pair<Instant, std::string>> HandPeer::TakeLines() {
  std::vector<std::pair<Instant, std::string>> lines;
  for (const World::Sent& sent : world_.TakeOf(flow.Reversed())) {
    const Seen seen = *Read(sent.datagram);
    if (!seen.has(kRst)) Hear(seen);
    lines.emplace_back(sent.at, Show(seen, {their_first_, isn, their_ts_}));
  }
  return lines;
}

std::string HandPeer::Heard() {
  std::string out;
  for (const auto& [at, line] : TakeLines()) out.append(out.empty() ? "" : "\n").append(line);
  return out;
}

std::string HandPeer::HeardWhen() {
  std::string out;
  for (const auto& [at, line] : TakeLines())
    out += Second(at, world_.start()) + " " + line + "\n";
  return out;
}

std::string HandPeer::WhenHeard() {
  std::string out;
  for (const auto& [at, line] : TakeLines())
    out.append(out.empty() ? "" : " ").append(Second(at, world_.start()));
  return out;
}

bool HandPeer::Open(const OptionList& options) {
  TcpPacket syn = Make(kSyn);
  syn.options = options;
  seq += 1;
  world_.Inject(syn);
  const std::optional<Seen> synack = world_.TakeOne();
  if (!synack || !synack->has(kSyn) || !synack->has(kAck)) return false;
  Hear(*synack);
  timestamps = synack->options.has(Options::kTimestamps);
  return Say(kAck) == Verdict(Action::kEstablish);
}

bool HandPeer::AnswerSyn(const Seen& syn, const OptionList& options) {
  flow = syn.flow.Reversed();
  Hear(syn);
  TcpPacket synack = Make(kSyn | kAck);
  synack.options = options;
  seq += 1;
  timestamps = ParseOptions(options.bytes()).has(Options::kTimestamps);
  return world_.Inject(synack) == Verdict(Action::kEstablish);
}

Scene::Scene(State state, const Config& config, const OptionList& options)
    : world(config), peer(world, kHttp) {
  if (state == State::kClosed) return;
  Open(state, options);
  Close(state);
  world.Poll();
  world.Take();
}

void Scene::HearOne() {
  const std::optional<Seen> seen = world.TakeOne();
  HF_CHECK(seen.has_value());
  peer.flow = seen->flow.Reversed();
  peer.Hear(*seen);
}

void Scene::Open(State state, const OptionList& options) {
  if (state == State::kSynSent) {
    socket = *world.stack().Connect(world.now(), {kThere, Port{9}});
    world.Poll();
    HearOne();
    return;
  }
  listener = world.Listen();
  if (state == State::kListen) return;
  if (state == State::kSynReceived) {
    TcpPacket syn = peer.Make(kSyn);
    syn.options = options;
    world.Inject(syn);
    peer.seq += 1;
    return HearOne();
  }
  HF_CHECK(peer.Open(options));
  socket = *world.stack().Accept(world.now(), listener);
}

void Scene::Close(State state) {
  const auto send_fin = [this] {
    HF_CHECK(world.stack().Shutdown(world.now(), socket, ShutdownHow::kWrite) == Errno::kOk);
    world.Take();
    world.Poll();
    HearOne();
  };
  switch (state) {
    case State::kFinWait1: return send_fin();
    case State::kFinWait2:
      send_fin();
      peer.Say(kAck);
      return;
    case State::kClosing:  // the FINs cross
    case State::kTimeWait:
      send_fin();
      if (state == State::kClosing) peer.ack -= 1;
      peer.Say(kFin | kAck);
      if (state == State::kClosing) peer.ack += 1;
      return;
    case State::kCloseWait:
    case State::kLastAck:
      peer.Say(kFin | kAck);
      if (state == State::kLastAck) send_fin();
      return;
    case State::kNone:
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kSynReceived:
    case State::kEstablished: break;
  }
}

std::vector<std::byte> Snapshot(const Stack& stack) {
  const auto* const block = reinterpret_cast<const std::byte*>(&stack);
  std::vector<std::byte> bytes(block, block + stack.bytes());
  const Tables& t = stack.tables();
  const auto blank = [&](const void* field, size_t size) {
    std::memset(bytes.data() + (static_cast<const std::byte*>(field) - block), 0, size);
  };
  blank(&t.counters, sizeof t.counters);
  blank(&t.now, sizeof t.now);
  return bytes;
}

}  // namespace handfast
