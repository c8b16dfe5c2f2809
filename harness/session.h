// Session: an open connection between the stack and a peer in a test's hands, and a user of
// the stack who talks over it. Positions are octets of a stream, from 0 on.

#ifndef HARNESS_SESSION_H_
#define HARNESS_SESSION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/world.h"

namespace handfast {

struct SessionOptions {
  Config config = RoomyConfig();
  OptionList offer = OptionList().Mss(1460);  // of the peer's SYN
  unsigned syn_flags = kSyn;
  uint16_t window = 65535;  // of the peer, from its first ACK on
  uint32_t isn = 1000;      // of the peer
  uint32_t ts_val = 100;    // of its ACK, if timestamps are agreed on
  Duration rtt = 100ms;     // of the handshake: makes an RTO of 300 ms
  uint64_t seed = 1;
  Instant start = Instant(1'000'000'000);

  // Buffers of 256 KiB, and chunks for all of it.
  static Config RoomyConfig();
};

class Session {
 public:
  explicit Session(const SessionOptions& options = {});

  World world;
  HandPeer peer;
  SocketId socket;  // the user's

  Stack& stack() { return world.stack(); }
  SocketStatus status() const { return *world.stack().Status(socket); }
  State state() const { return status().state; }
  uint64_t counter(Counter counter) const { return world.stack().counters()[counter]; }
  // Also once the user has closed; for as long as the slot is not used again.
  const Connection& conn() const { return world.stack().tables().connections[socket.slot]; }
  // Does the slot live on, with or without its user?
  bool alive() const { return world.stack().tables().connections.live(socket.slot); }
  SocketOptions options() const { return *world.stack().GetOptions(socket); }
  void SetOptions(const SocketOptions& options);

  // The user goes on with his stream, at once. How much was taken.
  uint32_t Write(size_t octets);
  std::vector<uint8_t> Read(size_t most = 1 << 20);
  // What Read gives when nothing waits.
  Errno ReadError();
  Errno Shutdown(ShutdownHow how = ShutdownHow::kWrite);
  Errno Close();
  Errno Abort();

  // What left the stack since it was asked last, each in a few characters: "0:1460" is text,
  // "P1460:1500" pushed, "F1500:1500" a FIN, "R1500" a RST, "ack 7" no more than that.
  std::string Said();
  std::vector<Seen> Segments();
  std::string Show(const Seen& seen) const;

  // Leads the open connection to a later state, TIME-WAIT excepted, with nothing in flight
  // but a FIN of ours.
  void Lead(State state);

  void Advance(Duration duration) { world.Advance(duration); }
  // Lets time pass until the stack speaks by itself, or `most` is over. How long that was.
  Duration Wait(Duration most = 24h);

  // The peer acknowledges so many octets of the user's stream, a FIN counted.
  Verdict Ack(uint32_t octets);
  Verdict Ack(uint32_t octets, uint16_t window);
  // The peer says so many octets of its stream, from `at` on; SND.NXT of the peer follows.
  Verdict Tell(uint32_t at, size_t octets, unsigned flags = kAck);

 private:
  uint64_t written_ = 0;
  std::vector<Seen> pending_;
};

}  // namespace handfast

#endif  // HARNESS_SESSION_H_
