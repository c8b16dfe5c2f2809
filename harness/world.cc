#include "harness/world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace handfast {

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

World::World(const Config& config, uint64_t seed, Instant start)
    : stack_(config, Secrets{{seed, ~seed}}), tx_(256, config.mtu), now_(start) {}

void World::Keep() {
  for (size_t i = 0; i < tx_.size(); ++i) out_.emplace_back(tx_[i].begin(), tx_[i].end());
  tx_.Clear();
}

std::vector<Datagram> World::Take() { return std::exchange(out_, {}); }

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
  }
  now_ = until;
}

void World::Jump(Duration duration) {
  now_ = now_ + duration;
  stack_->Expire(now_, tx_);
  Keep();
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
  if (seen.has(kSyn)) their_isn = seen.seq;
  if (seen.options.has(Options::kTimestamps)) ts_ecr = seen.options.ts_val;
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
