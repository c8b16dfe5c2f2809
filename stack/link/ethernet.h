// Ethernet: framing, and the table of neighbours that ARP fills (RFC 826, RFC 1122 §2.3.2).
//
// A value of its own beside the stack, as pure: time is an argument, memory is fixed, frames
// go into a TxBurst. A link that carries bare IP datagrams (TUN) needs none of it.
//
// Whom to believe: only a reply to a question of ours puts an address into the table, and
// only while the question is open. Requests for our address are answered and teach nothing.
// An entry ages; while it is in use it is confirmed by asking that very station, and
// replaced only when it no longer answers. So no station can take over another's address by
// talking (I-83). Where the table is full, who did not answer at once makes room first; what
// waited for it is dropped in silence, and whoever sent it times out.

#ifndef STACK_LINK_ETHERNET_H_
#define STACK_LINK_ETHERNET_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/tx.h"
#include "stack/wire/address.h"
#include "stack/wire/drop.h"
#include "stack/wire/ethernet.h"

namespace handfast {

struct EthernetConfig {
  Mac mac;
  LocalAddr local;  // our address on this link
  Addr gateway{};   // for peers beyond the subnet; none ("::") drops what is for them

  Duration reachable = 30s;  // how long an answer is good for without asking again
  Duration retry = 1s;       // between questions
  uint32_t questions = 3;    // unanswered ones until a neighbour is given up
};

class Ethernet {
 public:
  static constexpr uint32_t kNeighbours = 64;
  static constexpr uint32_t kPending = 16;        // datagrams that wait for an answer
  static constexpr uint32_t kMaxDatagram = 2048;  // longer ones do not wait
  static constexpr Duration kAtOnce = 100ms;      // a station on the link answers sooner

  // Every frame that came in carried a datagram for us, was ARP and served its purpose, or was
  // dropped for one reason: frames == datagrams + arp + the sum of drops.
  struct Counters {
    uint64_t frames = 0;
    uint64_t datagrams = 0;
    uint64_t arp = 0;
    uint64_t requests_sent = 0;
    uint64_t replies_sent = 0;
    uint64_t pending_dropped = 0;  // for lack of room, or of an answer
    uint64_t no_route = 0;         // no gateway for it
    uint64_t table_full = 0;
    std::array<uint64_t, kDropCount> drops{};
  };

  explicit Ethernet(const EthernetConfig& config) : config_(config) {}

  // What became of a frame that came in: it carries a datagram, or it was ARP and is done
  // with (neither), or it was dropped and counted.
  struct Received {
    std::optional<Bytes> datagram;
    Drop drop = Drop::kNone;
  };

  // Takes a frame. Answers to it, and datagrams that waited for it, go into `tx`, framed.
  Received Input(Instant now, Bytes frame, TxBurst& tx);

  // Frames the datagram at `index` of the burst in place: writes the header before it. Where
  // the neighbour's address is not known the datagram is kept until it is, if there is room,
  // and a question goes into `questions`. The frame, or nullopt when it is not to be sent
  // now.
  std::optional<Bytes> Output(Instant now, TxBurst& datagrams, size_t index,
                              TxBurst& questions);

  // Asks again, gives up, forgets.
  void Expire(Instant now, TxBurst& tx);
  // The next datagram that waited for a neighbour who was given up, in order; nullopt: there
  // is none. The view holds until the next call of any function.
  std::optional<Bytes> TakeUndelivered();
  Instant next_deadline() const;

  const Counters& counters() const { return counters_; }
  const EthernetConfig& config() const { return config_; }

  // What the table says of a neighbour; nullopt unless it is known.
  std::optional<Mac> Find(const Addr& addr) const;

 private:
  enum class Progress : uint8_t { kFree, kAsking, kKnown, kConfirming };

  struct Neighbour {
    Progress progress = Progress::kFree;
    bool used = false;   // since it was last confirmed
    uint32_t asked = 0;  // questions since the last answer
    Addr addr;
    Mac mac;
    Instant due = Instant::Never();
    Instant since;  // the first question, while asking
  };

  struct Waiting {
    Addr next_hop;        // AnyV4(): it was given up
    uint32_t length = 0;  // 0: free
    uint64_t order = 0;
    std::array<uint8_t, TxBurst::kHeadroom + kMaxDatagram> bytes{};
  };

  Drop InputFrame(Instant now, Bytes frame, TxBurst& tx, std::optional<Bytes>& datagram);
  Drop InputArp(Instant now, Bytes payload, TxBurst& tx);
  void Learn(Instant now, Neighbour& neighbour, const Mac& mac, TxBurst& tx);
  Neighbour* Lookup(const Addr& addr);
  Neighbour* Take(Instant now, const Addr& addr);
  Neighbour* Place(Instant now);
  void Ask(Instant now, Neighbour& neighbour, TxBurst& tx);
  void Keep(const Addr& next_hop, Bytes datagram);
  void GiveUp(Neighbour& neighbour);
  void DropWaiting(const Addr& next_hop);
  // The one that came first of those with this next hop; null: there is none.
  Waiting* FirstFor(const Addr& next_hop);
  std::optional<Addr> NextHop(const Addr& destination) const;

  EthernetConfig config_;
  Counters counters_;
  std::array<Neighbour, kNeighbours> neighbours_{};
  std::array<Waiting, kPending> waiting_{};
  uint64_t order_ = 0;
};

}  // namespace handfast

#endif  // STACK_LINK_ETHERNET_H_
