#include "stack/pump.h"

#include <algorithm>

#include "stack/base/check.h"
#include "stack/wire/be.h"

namespace handfast {
namespace {

// Before anything is divided.
MutableBytes Enough(MutableBytes memory, size_t need) {
  HF_CHECK(memory.size() >= need);
  return memory;
}

}  // namespace

Pump::Pump(Stack& stack, Ethernet* ethernet, Clock& clock, Rng& rng, Link& link,
           MutableBytes memory)
    : stack_(stack),
      ethernet_(ethernet),
      clock_(clock),
      rng_(rng),
      link_(link),
      tx_(Enough(memory, MemoryFor(stack.config())).first(memory.size() - kArpMemory),
          entries_),
      arp_(memory.last(kArpMemory), arp_entries_),
      trace_(records_) {}

bool Pump::Turn() {
  now_ = clock_.Now();
  sent_ = 0;
  if (now_ >= rekey_at_) {
    std::array<uint8_t, 16> entropy;
    rng_.Fill(entropy);
    stack_.Rekey({uint64_t{LoadBe32(&entropy[0])} << 32 | LoadBe32(&entropy[4]),
                  uint64_t{LoadBe32(&entropy[8])} << 32 | LoadBe32(&entropy[12])});
    rekey_at_ = now_ + kRekeyAfter;
  }
  const size_t received = link_.Receive(received_);
  const size_t count = Receive(std::span(received_).first(received));
  if (ethernet_ != nullptr) ExpireNeighbours();
  Work(std::span<const Bytes>(received_).first(count));
  return received > 0 || sent_ > 0;
}

// Takes the link's headers off, in place; ARP is answered on the way. How many datagrams
// are left.
size_t Pump::Receive(std::span<Bytes> frames) {
  size_t count = 0;
  for (const Bytes frame : frames) {
    const Ethernet::Received link =
        ethernet_ != nullptr ? ethernet_->Input(now_, frame, arp_) : Ethernet::Received{frame};
    if (tap_.received != nullptr) tap_.received(tap_.self, now_, frame, link);
    if (link.datagram) frames[count++] = *link.datagram;
  }
  return count;
}

// After all frames that are there: an answer that came in time counts, however late the turn.
void Pump::ExpireNeighbours() {
  ethernet_->Expire(now_, arp_);
  while (const std::optional<Bytes> datagram = ethernet_->TakeUndelivered())
    stack_.NoteUnreachable(now_, *datagram, tap_.worked != nullptr ? &trace_ : nullptr);
}

void Pump::Work(std::span<const Bytes> datagrams) {
  Trace* const trace = tap_.worked != nullptr ? &trace_ : nullptr;
  for (;;) {
    const size_t done = stack_.Input(now_, datagrams, tx_, trace);
    const bool all = done == datagrams.size();
    if (all) stack_.Expire(now_, tx_, trace);
    if (trace != nullptr) tap_.worked(tap_.self, now_, datagrams.first(done), tx_, trace_);
    trace_.Clear();
    datagrams = datagrams.subspan(done);
    Send();
    if (all) return;
  }
}

void Pump::Send() {
  size_t count = 0;
  for (size_t i = 0; i < tx_.size(); ++i) {
    if (ethernet_ == nullptr)
      frames_[count++] = tx_[i];
    else if (const std::optional<Bytes> frame = ethernet_->Output(now_, tx_, i, arp_))
      frames_[count++] = *frame;
  }
  for (size_t i = 0; i < arp_.size(); ++i) arp_frames_[i] = arp_[i];
  Transmit(std::span<const Bytes>(arp_frames_).first(arp_.size()));
  Transmit(std::span<const Bytes>(frames_).first(count));
  tx_.Clear();
  arp_.Clear();
}

void Pump::Transmit(std::span<const Bytes> frames) {
  if (frames.empty()) return;
  const size_t taken = link_.Transmit(frames);
  stack_.NoteRefused(frames.size() - taken);
  sent_ += taken;
  if (tap_.sent == nullptr) return;
  for (const Bytes frame : frames.first(taken)) tap_.sent(tap_.self, now_, frame);
}

Instant Pump::next_deadline() const {
  const Instant stack = stack_.next_deadline();
  return ethernet_ == nullptr ? stack : Earliest(stack, ethernet_->next_deadline());
}

}  // namespace handfast
