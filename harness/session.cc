#include "harness/session.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace handfast {
namespace {

constexpr Port kHerePort{80};

[[noreturn]] void Give(const char* up) {
  std::fprintf(stderr, "session: %s\n", up);
  std::abort();
}

}  // namespace

Config SessionOptions::RoomyConfig() {
  Config config = SmallConfig();
  config.chunks = 1024;
  config.chunk_bytes = 1024;
  config.socket.receive_buffer = 256 << 10;
  config.socket.send_buffer = 256 << 10;
  return config;
}

Session::Session(const SessionOptions& options)
    : world(options.config, options.seed, options.start),
      peer(world, kHerePort, Port{40000}, options.isn) {
  const auto listener = stack().Listen(world.now(), {Addr::AnyV4(), kHerePort}, 5);
  TcpPacket syn = peer.Make(options.syn_flags);
  syn.options = options.offer;
  peer.seq += 1;
  world.Inject(syn);
  const std::optional<Seen> synack = world.TakeOne();
  if (!listener || !synack || !synack->has(kSyn)) Give("no SYN-ACK came");
  peer.Hear(*synack);
  peer.timestamps = synack->options.has(Options::kTimestamps);
  peer.window = options.window;
  peer.ts_val = options.ts_val;
  world.Advance(options.rtt);
  if (peer.Say(kAck) != Verdict(Action::kEstablish)) Give("the last ACK was refused");
  const auto accepted = stack().Accept(world.now(), *listener);
  if (!accepted || stack().Close(world.now(), *listener) != Errno::kOk)
    Give("nothing was accepted");
  socket = *accepted;
  Segments();
}

void Session::SetOptions(const SocketOptions& options) {
  if (stack().SetOptions(world.now(), socket, options) != Errno::kOk) Give("bad options");
  world.Poll();
}

uint32_t Session::Write(size_t octets) {
  const auto taken = stack().Write(world.now(), socket, Text(written_, octets));
  world.Poll();
  written_ += taken ? *taken : 0;
  return taken ? *taken : 0;
}

std::vector<uint8_t> Session::Read(size_t most) {
  std::vector<uint8_t> out(most);
  const auto count = stack().Read(world.now(), socket, out);
  world.Poll();
  out.resize(count ? *count : 0);
  return out;
}

Errno Session::ReadError() {
  std::vector<uint8_t> out(1);
  const auto count = stack().Read(world.now(), socket, out);
  return count ? Errno::kOk : count.error();
}

Errno Session::Shutdown(ShutdownHow how) {
  const Errno error = stack().Shutdown(world.now(), socket, how);
  world.Poll();
  return error;
}

Errno Session::Close() {
  const Errno error = stack().Close(world.now(), socket);
  world.Poll();
  return error;
}

Errno Session::Abort() {
  const Errno error = stack().Abort(world.now(), socket);
  world.Poll();
  return error;
}

std::string Session::Show(const Seen& seen) const {
  const uint32_t from = seen.seq - (peer.their_isn + 1);
  std::string out;
  for (const auto& [flag, letter] : {std::pair{kSyn, 'S'}, {kFin, 'F'}, {kRst, 'R'}})
    if (seen.has(flag)) out += letter;
  if (out.empty() && seen.text.empty())
    return "ack " + std::to_string(seen.ack - (peer.isn + 1));
  if (seen.has(kPsh)) out += 'P';
  out += std::to_string(static_cast<int32_t>(from));
  if (seen.has(kRst)) return out;
  const auto end = from + static_cast<uint32_t>(seen.text.size());
  return out + ":" + std::to_string(static_cast<int32_t>(end));
}

std::string Session::Said() {
  std::string out;
  for (const Seen& seen : Segments()) {
    if (!out.empty()) out += ' ';
    out += Show(seen);
  }
  return out;
}

void Session::Lead(State to) {
  const bool peer_first = to == State::kCloseWait || to == State::kLastAck;
  if (peer_first) Tell(peer.seq - (peer.isn + 1), 0, kAck | kFin);
  const bool shuts = to != State::kEstablished && to != State::kCloseWait;
  if (shuts && Shutdown() != Errno::kOk) Give("shutdown failed");
  if (to == State::kFinWait2) Ack(conn().snd_nxt - Seq(peer.their_isn + 1));
  if (to == State::kClosing) peer.Say(kAck | kFin);
  if (state() != to) Give("there is no way to this state");
  Segments();
}

std::vector<Seen> Session::Segments() {
  std::vector<Seen> all = std::exchange(pending_, {});
  for (Seen& seen : world.TakeSegments()) all.push_back(std::move(seen));
  return all;
}

Duration Session::Wait(Duration most) {
  const Instant begin = world.now();
  pending_ = Segments();
  for (const size_t before = pending_.size(); pending_.size() == before;) {
    const Instant due = stack().next_deadline();
    if (due > begin + most) {
      world.Advance(begin + most - world.now());
      return most;
    }
    world.Advance(due - world.now());
    pending_ = Segments();
  }
  return world.now() - begin;
}

Verdict Session::Ack(uint32_t octets) {
  peer.ack = peer.their_isn + 1 + octets;
  return peer.Say(kAck);
}

Verdict Session::Ack(uint32_t octets, uint16_t window) {
  peer.window = window;
  return Ack(octets);
}

Verdict Session::Tell(uint32_t at, size_t octets, unsigned flags) {
  peer.seq = peer.isn + 1 + at;
  return peer.Say(flags, Text(at, octets));
}

}  // namespace handfast
