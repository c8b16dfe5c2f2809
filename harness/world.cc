#include "harness/world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "harness/audit.h"
#include "harness/notation.h"
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
      start_(start),
      now_(start) {}

void World::Keep() {
  for (size_t i = 0; i < tx_.size(); ++i)
    out_.push_back({now_, Datagram(tx_[i].begin(), tx_[i].end())});
  tx_.Clear();
}

ListenerId World::Listen(int backlog, Port port) {
  const Result<ListenerId> id = stack_->Listen(now_, {Addr::AnyV4(), port}, backlog);
  if (!id) std::abort();
  return *id;
}

void World::Audit() const {
  if (audits_ == Audits::kNone) return;
  const std::string broken = AuditText(*stack_);
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
  const Bytes view(datagram);
  if (stack_->Input(now_, {&view, 1}, tx_, &trace) != 1) std::abort();
  Keep();
  Audit();
  Poll();
  return records[0].verdict;
}

void World::Advance(Duration duration) {
  const Instant until = now_ + duration;
  for (;;) {
    const Instant due = stack_->next_deadline();
    if (due > until) break;
    if (due > now_) now_ = due;
    stack_->Expire(now_, tx_);
    Keep();
    Audit();
  }
  now_ = until;
}

void World::Jump(Duration duration) {
  now_ = now_ + duration;
  stack_->Expire(now_, tx_);
  Keep();
  Audit();
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

}  // namespace handfast
