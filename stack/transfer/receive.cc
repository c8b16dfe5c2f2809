#include "stack/transfer/receive.h"

#include <algorithm>

#include "stack/arrive/paws.h"
#include "stack/base/seq.h"

namespace handfast {
namespace {

// Out-of-order text of one connection takes so many times the receive buffer in chunks, at
// the most: what tiny segments with gaps can cost.
uint32_t MostBeyond(const Connection& conn, const ChunkPool& chunks) {
  return std::max<uint32_t>(16, 2 * (conn.options.receive_buffer / chunks.chunk_bytes()));
}

// Text from RCV.NXT on, as far as it is new and inside the window. All positions are
// octets after RCV.NXT.
struct Part {
  uint32_t at = 0;
  Bytes text;
  bool fin = false;
};

Part Trim(const Connection& conn, const Segment& seg) {
  Part part;
  part.text = seg.text;
  part.fin = seg.has(kFin);
  const Seq start = seg.has(kSyn) ? seg.seq + 1 : seg.seq;  // an old SYN takes its number
  if (Before(start, conn.rcv_nxt)) {
    const uint32_t old = conn.rcv_nxt - start;
    if (old > seg.text.size()) part.fin = false;  // the FIN is old, too
    part.text = seg.text.subspan(std::min<size_t>(old, seg.text.size()));
  } else {
    part.at = start - conn.rcv_nxt;
  }
  const uint32_t window = conn.rcv_wnd();
  const uint32_t room = window - std::min(window, part.at);
  if (part.text.size() > room) {
    part.text = part.text.first(room);
    part.fin = false;
  }
  // Nothing follows a FIN.
  if (conn.has(Connection::kFinKnown)) {
    const uint32_t most = conn.fin_seq - conn.rcv_nxt;
    part.text =
        part.text.first(std::min<size_t>(part.text.size(), most - std::min(most, part.at)));
  }
  return part;
}

// The end of a chunk's text, in octets after RCV.NXT.
uint32_t EndOf(const Connection& conn, const Chunk& chunk) {
  return chunk.seq - conn.rcv_nxt + chunk.size();
}

// Stores `text` at `at` in a gap of the chain, behind chunk `prev` (kNoIndex: in front).
// How much was stored.
uint32_t FillGap(Connection& conn, ChunkPool& chunks, uint32_t prev, uint32_t at, Bytes text) {
  uint32_t stored = 0;
  if (prev != kNoIndex && EndOf(conn, chunks[prev]) == at) stored = chunks.Fill(prev, text);
  while (stored < text.size()) {
    if (conn.beyond_count >= MostBeyond(conn, chunks)) break;
    const uint32_t fresh = chunks.Take(ChunkUse::kBeyond);
    if (fresh == kNoIndex) break;
    chunks[fresh].seq = conn.rcv_nxt + at + stored;
    uint32_t& link = prev == kNoIndex ? conn.beyond : chunks[prev].next;
    chunks[fresh].next = link;
    link = fresh;
    ++conn.beyond_count;
    stored += chunks.Fill(fresh, text.subspan(stored));
    prev = fresh;
  }
  return stored;
}

struct Stored {
  uint32_t octets = 0;
  bool found_room = true;
};

// Stores what the chain does not hold yet, as far as there is room.
Stored StoreBeyond(Connection& conn, ChunkPool& chunks, Part part) {
  Stored stored;
  uint32_t prev = kNoIndex;
  uint32_t next = conn.beyond;
  while (!part.text.empty()) {
    // Up to the first chunk that ends after `at`.
    while (next != kNoIndex && EndOf(conn, chunks[next]) <= part.at)
      prev = next, next = chunks[next].next;
    const auto left = static_cast<uint32_t>(part.text.size());
    uint32_t gap = left;
    if (next != kNoIndex) {
      const uint32_t start = chunks[next].seq - conn.rcv_nxt;
      gap = start > part.at ? std::min(left, start - part.at) : 0;
    }
    if (gap > 0) {
      const uint32_t done = FillGap(conn, chunks, prev, part.at, part.text.first(gap));
      stored.octets += done;
      stored.found_room = done == gap;
      if (!stored.found_room) return stored;
    }
    // Skip what the next chunk holds already.
    uint32_t skip = gap;
    if (gap < left) skip = std::min(left, EndOf(conn, chunks[next]) - part.at);
    part.at += skip;
    part.text = part.text.subspan(skip);
  }
  return stored;
}

// Moves the chain's head into the receive queue while it joins RCV.NXT.
void Join(Connection& conn, ChunkPool& chunks) {
  while (conn.beyond != kNoIndex) {
    const uint32_t index = conn.beyond;
    Chunk& chunk = chunks[index];
    if (chunk.seq != conn.rcv_nxt && !Before(chunk.seq, conn.rcv_nxt)) return;
    const uint32_t old = conn.rcv_nxt - chunk.seq;
    conn.beyond = chunk.next;
    --conn.beyond_count;
    if (old >= chunk.size()) {
      chunks.Free(index);
      continue;
    }
    chunk.begin = static_cast<uint16_t>(chunk.begin + old);
    conn.rcv_nxt += chunk.size();
    if (conn.has(Connection::kReadShut))
      chunks.Free(index);
    else
      AppendChunk(chunks, conn.receive, index);
  }
}

// Tiny segments push the right edge along, as its steps are coarse where windows are scaled
// (RFC 7323 §2.4): so much of what is in the window is taken all the same.
uint32_t MostUnread(const Connection& conn) { return 2 * conn.options.receive_buffer; }

// Text at RCV.NXT. Where memory is short it takes that of the text beyond, which was not
// acknowledged. How much was taken.
uint32_t TakeInOrder(Connection& conn, ChunkPool& chunks, Bytes text) {
  if (conn.has(Connection::kReadShut)) return static_cast<uint32_t>(text.size());
  const uint32_t most = MostUnread(conn);
  text = text.first(std::min<size_t>(text.size(), most - std::min(most, conn.receive.size)));
  uint32_t taken = Append(chunks, conn.receive, ChunkUse::kReceive, text);
  if (taken < text.size() && conn.beyond != kNoIndex) {
    DropBeyond(conn, chunks);
    taken += Append(chunks, conn.receive, ChunkUse::kReceive, text.subspan(taken));
  }
  return taken;
}

// Where the peer's FIN stands. Not believed if text beyond it came in before.
void LearnFin(Connection& conn, const ChunkPool& chunks, uint32_t at) {
  if (conn.has(Connection::kFinKnown)) return;
  for (uint32_t index = conn.beyond; index != kNoIndex; index = chunks[index].next)
    if (EndOf(conn, chunks[index]) > at) return;
  conn.Set(Connection::kFinKnown);
  conn.fin_seq = conn.rcv_nxt + at;
}

// For text in sequence: each second full segment, else within the delay (RFC 9293 SHLD-18).
AckWhen WhenToAck(const Connection& conn, uint32_t mss) {
  const uint32_t unacknowledged = conn.rcv_nxt - conn.ack_sent;
  return unacknowledged >= 2 * mss ? AckWhen::kNow : AckWhen::kDelayed;
}

}  // namespace

void DropBeyond(Connection& conn, ChunkPool& chunks) {
  while (conn.beyond != kNoIndex) {
    const uint32_t next = chunks[conn.beyond].next;
    chunks.Free(conn.beyond);
    conn.beyond = next;
  }
  conn.beyond_count = 0;
}

ReceiveEffect ReceiveText(Connection& conn, ChunkPool& chunks, const Segment& seg,
                          uint32_t mss) {
  ReceiveEffect effect;
  if (seg.length() == 0) return effect;
  const Part part = Trim(conn, seg);
  const Seq rcv_nxt = conn.rcv_nxt;
  const bool had_gap = conn.beyond != kNoIndex;
  if (part.fin) LearnFin(conn, chunks, part.at + static_cast<uint32_t>(part.text.size()));
  bool stored_all = true;
  if (part.at == 0 && !part.text.empty()) {
    const uint32_t taken = TakeInOrder(conn, chunks, part.text);
    conn.rcv_nxt += taken;
    Join(conn, chunks);
    stored_all = taken == part.text.size();
    if (taken == 0) effect.drop = Drop::kBuffer;
  } else if (!part.text.empty()) {
    const Stored stored = StoreBeyond(conn, chunks, part);
    if (stored.octets == 0) effect.drop = stored.found_room ? Drop::kDuplicate : Drop::kBuffer;
    conn.beyond_latest = conn.rcv_nxt + part.at;  // of what came before, too
  } else if (!part.fin) {
    effect.drop = conn.rcv_wnd() == 0 ? Drop::kBuffer : Drop::kDuplicate;
  }
  effect.delivered = conn.rcv_nxt - rcv_nxt;
  if (conn.has(Connection::kFinKnown) && !conn.has(Connection::kFinReceived) &&
      conn.fin_seq == conn.rcv_nxt) {
    conn.Set(Connection::kFinReceived);
    // A FIN is taken even if the text before it fills the window (Linux: tcp_data_queue).
    if (conn.rcv_nxt == conn.rcv_adv) conn.rcv_adv += 1;
    conn.rcv_nxt += 1;
    effect.fin = true;
  }
  const bool smooth = conn.rcv_nxt != rcv_nxt && !effect.fin && stored_all && !had_gap;
  effect.ack = smooth ? WhenToAck(conn, mss) : AckWhen::kNow;
  return effect;
}

uint8_t SackBlocks(const Connection& conn, const ChunkPool& chunks,
                   std::array<SackBlock, 4>& out) {
  // Ranges in the order of the chain; the one with the latest text goes to the front.
  uint8_t count = 0;
  for (uint32_t index = conn.beyond; index != kNoIndex;) {
    SackBlock block{chunks[index].seq, chunks[index].seq + chunks[index].size()};
    for (index = chunks[index].next; index != kNoIndex && chunks[index].seq == block.end;
         index = chunks[index].next)
      block.end += chunks[index].size();
    const bool latest = InWindow(conn.beyond_latest, block.first, block.end - block.first);
    if (count < out.size()) {
      out[count++] = block;
    } else if (latest) {
      out[out.size() - 1] = block;
    }
    if (latest) std::rotate(out.begin(), out.begin() + count - 1, out.begin() + count);
  }
  return count;
}

void TakeTimestamp(Connection& conn, const Segment& seg, Instant now) {
  if (!conn.negotiated.has(Negotiated::kTimestamps) || !seg.options.has(Options::kTimestamps))
    return;
  // SEG.SEQ =< Last.ACK.sent, and not older than what is there unless that has expired.
  const bool covers = seg.seq == conn.ack_sent || Before(seg.seq, conn.ack_sent);
  if (!covers) return;
  const bool valid = now - conn.ts_recent_at < kTsRecentValid;
  if (valid && TsBefore(seg.options.ts_val, conn.ts_recent)) return;
  conn.ts_recent = seg.options.ts_val;
  conn.ts_recent_at = now;
}

}  // namespace handfast
