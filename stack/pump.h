// Pump: one turn of clock, link and stack.
//
//     link ──Receive──▶ [Ethernet] ──▶ Stack::Input ─┐
//     clock ─────────────Now───────▶ Stack::Expire ──┼──▶ [Ethernet] ──Transmit──▶ link
//     rng ──────────────Fill───────▶ Stack::Rekey    │
//
// The only code in the core that asks the three gifts, each at most once a turn. Taps on
// both sides of the stack may watch (PumpTap); they change nothing.

#ifndef STACK_PUMP_H_
#define STACK_PUMP_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stack/base/time.h"
#include "stack/env.h"
#include "stack/link/ethernet.h"
#include "stack/stack.h"
#include "stack/trace.h"
#include "stack/tx.h"

namespace handfast {

// What a turn did, for whoever captures or shows it. Plain functions and a pointer: the
// stack keeps nothing of them.
struct PumpTap {
  void* self = nullptr;
  // A frame as it came in, and what the link layer made of it. Its datagram, if it carries
  // one, is in one of the bursts that follow.
  void (*received)(void* self, Instant now, Bytes frame,
                   const Ethernet::Received& link) = nullptr;
  // A frame as it leaves, once the link has taken it.
  void (*sent)(void* self, Instant now, Bytes frame) = nullptr;
  // One burst: the datagrams that went into the stack, what came out, and why. Datagrams are
  // where they are in the frames; those of `tx` stand in the frames that leave afterwards.
  void (*worked)(void* self, Instant now, std::span<const Bytes> datagrams, const TxBurst& tx,
                 const Trace& trace) = nullptr;
};

class Pump {
 public:
  static constexpr size_t kBurst = 32;          // frames received in a turn
  static constexpr size_t kAnswers = 128;       // datagrams sent in a turn
  static constexpr Duration kRekeyAfter = 10s;  // of ephemeral ports

  // `ethernet` is null for a link of bare IP datagrams. `memory` holds what is about to be
  // sent: at least MemoryFor(config) octets. REQUIRES: all outlive the pump.
  Pump(Stack& stack, Ethernet* ethernet, Clock& clock, Rng& rng, Link& link,
       MutableBytes memory);

  static constexpr size_t MemoryFor(const Config& config) {
    return kAnswers * (config.mtu + 2 * TxBurst::kHeadroom) + kArpMemory;
  }

  // Receives a burst, lets it and the time work, sends what follows. True if a frame came in
  // or went out: there may be more to do at once.
  bool Turn();

  // When the next turn is due if no frame comes.
  Instant next_deadline() const;
  // The time of the last turn, and of all calls until the next.
  Instant now() const { return now_; }

  void set_tap(const PumpTap& tap) { tap_ = tap; }

 private:
  static constexpr size_t kArpMemory =
      size_t{kBurst} * (TxBurst::kHeadroom + 64) +
      size_t{Ethernet::kPending} * (Ethernet::kMaxDatagram + 64);
  static constexpr size_t kArpFrames = kBurst + Ethernet::kPending + Ethernet::kNeighbours;
  static constexpr size_t kTraceRecords = kBurst + kAnswers + Ethernet::kPending;

  size_t Receive(std::span<Bytes> frames);
  void ExpireNeighbours();
  void Work(std::span<const Bytes> datagrams);
  void Send();
  void Transmit(std::span<const Bytes> frames);

  Stack& stack_;
  Ethernet* ethernet_;
  Clock& clock_;
  Rng& rng_;
  Link& link_;
  PumpTap tap_;
  Instant now_;
  Instant rekey_at_;
  std::array<TxBurst::Entry, kAnswers> entries_{};
  std::array<TxBurst::Entry, kArpFrames> arp_entries_{};
  std::array<Bytes, kBurst> received_;
  std::array<Bytes, kAnswers> frames_;
  std::array<Bytes, kArpFrames> arp_frames_;
  std::array<TraceRecord, kTraceRecords> records_{};
  TxBurst tx_;
  TxBurst arp_;  // frames of the link layer's own
  Trace trace_;
  size_t sent_ = 0;
};

}  // namespace handfast

#endif  // STACK_PUMP_H_
