// Traffic: users on two hosts of a lab who open connections to one another, talk, and close,
// each in his own way; and who notice every octet that is wrong.
//
// A client's first eight octets number the conversation; from the number follows what both
// sides will say, how fast they read, and how they will end. Texts are tagged with number and
// position, so loss, repetition and mixing show.

#ifndef HARNESS_SIM_TRAFFIC_H_
#define HARNESS_SIM_TRAFFIC_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sim/host.h"

namespace handfast {

struct TrafficOptions {
  uint32_t at_once = 6;       // conversations that a host keeps going
  uint32_t longest = 30'000;  // octets that a side says
  uint32_t rude = 100;        // per mille of the sides close without reading, or abort
  uint32_t hasty = 100;       // per mille do not wait long: for a close, or for an ACK
  uint32_t sluggish = 200;    // per mille of the sides have a small buffer, and read slowly
  uint32_t crossing = 100;    // per mille of the conversations begin on both sides at once
  Duration pause = 2s;        // between conversations, at most
  Duration rest = 1s;         // between two bites of a sluggish reader
  Duration patience = 180s;   // without a word from the peer; a lost RST is never repeated
};

class Traffic {
 public:
  // REQUIRES: the lab has two hosts.
  Traffic(Lab& lab, const TrafficOptions& options, uint64_t seed);

  // Lets the users react to what is ready now. To be called after each step of the lab.
  void Turn();
  // No new conversations from now on.
  void Stop() { stopped_ = true; }
  // Ends what is left, and the listeners.
  void Hangup();
  // When a user wants to begin something by himself.
  Instant next_event() const;

  struct Tally {
    uint64_t opened = 0;
    uint64_t finished = 0;                   // sides that read to the end and closed
    uint64_t refused = 0;                    // could not even start: no socket, no port
    uint64_t crossed = 0;                    // of those opened, from both sides at once
    uint64_t impatient = 0;                  // sides that closed because nothing came
    uint64_t octets = 0;                     // read, and right
    std::map<std::string, uint64_t> errors;  // by errno
  };
  const Tally& tally() const { return tally_; }
  size_t open() const { return sides_.size(); }
  // The first thing that was wrong; "" while all is right.
  const std::string& wrong() const { return wrong_; }

 private:
  enum class Manner : uint8_t { kPolite, kCloses, kAborts };

  struct Side {
    bool client = false;
    bool named = false;  // the number is known
    uint64_t number = 0;
    uint64_t to_say = 0;
    uint64_t said = 0;
    uint64_t to_hear = 0;
    uint64_t heard = 0;
    Manner manner = Manner::kPolite;
    bool sluggish = false;
    bool ended_saying = false;
    Instant next_bite;
    Instant gives_up;
    std::vector<uint8_t> name;  // its octets that have come in
  };
  // Host, slot and generation.
  using Key = std::pair<size_t, std::pair<uint32_t, uint32_t>>;

  static Key KeyOf(size_t host, SocketId id) {
    return {host, {id.slot.index(), id.generation}};
  }
  Stack& stack(size_t host) { return lab_.host(host).stack(); }

  void Name(Side& side, uint64_t number) const;
  void Open(size_t host);
  // One call for each side of a conversation that is opened: true if it has begun.
  bool Begin(size_t host, Port local, Endpoint peer, const Side& side);
  void Cross();
  void AcceptAll(size_t host);
  void React(size_t host, SocketId id);
  // True while the side goes on.
  bool Hear(size_t host, SocketId id, Side& side);
  bool Heard(Side& side, Bytes text);
  bool HeardTheEnd(Side& side);
  bool Say(size_t host, SocketId id, Side& side);
  void End(size_t host, SocketId id);
  void EndTheImpatient();
  void Wrong(const Side& side, const std::string& what);

  Lab& lab_;
  TrafficOptions options_;
  SimRng rng_;
  std::vector<std::array<ListenerId, 2>> listeners_;  // by host; the second has small buffers
  std::map<Key, Side> sides_;
  std::vector<uint32_t> clients_;   // open, by host
  std::vector<Instant> next_open_;  // by host
  uint64_t next_number_ = 1;
  uint16_t next_crossing_ = 0;
  bool stopped_ = false;
  Tally tally_;
  std::string wrong_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_TRAFFIC_H_
