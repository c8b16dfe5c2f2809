// Reassembly against the obvious model: whatever comes in whatever order, what the user reads
// is the stream, each octet once, and nothing outside of the window is kept.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "stack/transfer/receive.h"
#include "stack/transfer/window.h"

namespace handfast {
namespace {

constexpr uint32_t kChunks = 24;
constexpr uint32_t kChunkOctets = 16;

struct Store {
  ChunkPool pool;
  std::array<Chunk, kChunks> chunks{};
  std::array<uint8_t, kChunks * kChunkOctets> octets{};
  Store() {
    for (Chunk& chunk : chunks) chunk.next = 0;
    pool.Place(chunks, octets);
  }
};

uint8_t OctetAt(uint64_t position) {
  return static_cast<uint8_t>(position * 37 + position / 251);
}

// A receiver whose peer sends any part of one stream, again and again.
class Receiver {
 public:
  Receiver(Seq irs, uint32_t buffer, uint64_t length) : irs_(irs), length_(length) {
    conn_.state = State::kEstablished;
    conn_.options.receive_buffer = buffer;
    conn_.rcv_nxt = conn_.ack_sent = irs + 1;
    conn_.rcv_adv = conn_.rcv_nxt + buffer;
  }

  void Arrive(uint64_t position, uint32_t count) {
    std::vector<uint8_t> text(count);
    for (uint32_t i = 0; i < count; ++i) text[i] = OctetAt(position + i);
    const bool fin = position + count == length_;
    Segment seg;
    seg.seq = irs_ + 1 + static_cast<uint32_t>(position);
    seg.flags = Flags(fin ? kAck | kFin : +kAck);
    seg.text = text;
    const Seq edge = conn_.rcv_adv;
    const Seq before = conn_.rcv_nxt;
    if (conn_.has(Connection::kFinReceived)) return;
    const ReceiveEffect effect = ReceiveText(conn_, store_.pool, seg, 100);
    // Only a FIN right at the edge pushes it, by the number that it takes.
    RC_ASSERT((conn_.rcv_adv == edge || (effect.fin && conn_.rcv_adv == edge + 1)));
    RC_ASSERT(conn_.rcv_wnd() <= edge + 1 - before);
    RC_ASSERT(effect.delivered == conn_.rcv_nxt - before - (effect.fin ? 1 : 0));
    if (conn_.rcv_nxt != before || count > 0) RC_ASSERT(effect.ack != AckWhen::kNot);
    CheckBeyond();
  }

  void Read(uint32_t most) {
    std::vector<uint8_t> out(std::min(most, conn_.receive.size));
    CopyOut(store_.pool, conn_.receive, 0, out);
    DropFront(store_.pool, conn_.receive, static_cast<uint32_t>(out.size()));
    for (const uint8_t octet : out) RC_ASSERT(octet == OctetAt(read_++));
    conn_.rcv_adv += WindowGain(conn_, 4);
  }

  // Octets that came in and can be read or were.
  uint64_t position() const {
    return conn_.rcv_nxt - (irs_ + 1) - (conn_.has(Connection::kFinReceived) ? 1u : 0u);
  }
  bool finished() const { return conn_.has(Connection::kFinReceived); }
  uint64_t read() const { return read_; }
  uint64_t length() const { return length_; }
  const Connection& conn() const { return conn_; }

 private:
  // The chain is sorted, without overlaps, inside of the window, counted right, and its
  // octets are the stream's.
  void CheckBeyond() {
    uint32_t count = 0;
    uint32_t last_end = 0;
    for (uint32_t i = conn_.beyond; i != kNoIndex; i = store_.pool[i].next, ++count) {
      const Chunk& chunk = store_.pool[i];
      const uint32_t at = chunk.seq - conn_.rcv_nxt;
      RC_ASSERT(at > 0u);
      RC_ASSERT(at >= last_end);
      last_end = at + chunk.size();
      RC_ASSERT(last_end <= conn_.rcv_wnd());
      uint64_t position = chunk.seq - (irs_ + 1);
      for (const uint8_t octet : store_.pool.Content(i))
        RC_ASSERT(octet == OctetAt(position++));
    }
    RC_ASSERT(count == conn_.beyond_count);
    std::array<SackBlock, 4> blocks;
    const uint8_t sacks = SackBlocks(conn_, store_.pool, blocks);
    RC_ASSERT((sacks > 0) == (count > 0));
    for (uint8_t i = 0; i < sacks; ++i) RC_ASSERT(blocks[i].end - blocks[i].first > 0u);
  }

  Store store_;
  Connection conn_;
  Seq irs_;
  uint64_t length_;
  uint64_t read_ = 0;
};

RC_GTEST_PROP(ReceiveProps, TheStreamComesOutOnceAndInOrder, ()) {
  const auto irs =
      Seq(*rc::gen::element<uint32_t>(0, 5, 0x7fff'fff0, 0xffff'ffc0, 0xffff'ffff));
  const auto buffer = *rc::gen::inRange<uint32_t>(20, 200);
  const auto length = *rc::gen::inRange<uint64_t>(1, 300);
  Receiver receiver(irs, buffer, length);
  for (int step = *rc::gen::inRange(0, 120); step > 0; --step) {
    const uint64_t from = receiver.position() - std::min<uint64_t>(receiver.position(), 20);
    const uint64_t at = from + *rc::gen::inRange<uint64_t>(0, 120);
    if (at >= length) continue;
    const uint64_t count = std::min<uint64_t>(*rc::gen::inRange<uint64_t>(0, 60), length - at);
    receiver.Arrive(at, static_cast<uint32_t>(count));
    if (*rc::gen::inRange(0, 3) == 0) receiver.Read(*rc::gen::inRange<uint32_t>(0, 100));
  }
  // The peer repeats what is missing until all is there.
  for (int round = 0; round < 1000 && !receiver.finished(); ++round) {
    const uint64_t at = receiver.position();
    const uint64_t count = std::min<uint64_t>(30, length - at);
    receiver.Arrive(at, static_cast<uint32_t>(count));
    receiver.Read(1000);
  }
  RC_ASSERT(receiver.finished());
  receiver.Read(1000);
  RC_ASSERT(receiver.read() == length);
}

}  // namespace
}  // namespace handfast
