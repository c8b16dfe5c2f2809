// Windows: what is offered, and how it is written (RFC 9293 §3.8.6, RFC 7323 §2).

#ifndef STACK_TRANSFER_WINDOW_H_
#define STACK_TRANSFER_WINDOW_H_

#include <algorithm>
#include <bit>
#include <cstdint>

#include "stack/sock/connection.h"
#include "stack/wire/options.h"
#include "stack/wire/segment.h"

namespace handfast {

// The shift with which a buffer of so many octets fits into 16 bits (Linux:
// tcp_select_initial_window).
constexpr uint8_t WindowShift(uint32_t buffer) {
  const int shift = static_cast<int>(std::bit_width(buffer)) - 16;
  return static_cast<uint8_t>(std::clamp<int>(shift, 0, kMaxWindowScale));
}

// The window of a SYN or SYN-ACK, never scaled: whole segments, if one fits.
constexpr uint16_t InitialWindow(uint32_t buffer, uint32_t mss) {
  uint32_t window = std::min<uint32_t>(buffer, 65535);
  if (window > mss) window -= window % mss;
  return static_cast<uint16_t>(window);
}

// The window that a segment of the peer announces; in a SYN it is never scaled, whatever else
// the segment is (RFC 7323 §2.2).
constexpr uint32_t AnnouncedWindow(const Segment& seg, uint8_t shift) {
  return uint32_t{seg.window} << (seg.has(kSyn) ? 0 : shift);
}

// How many octets the advertised right edge could move on now, if that is worth saying: by
// min(MSS, buffer / 2) at least (RFC 9293 §3.8.6.2.2), else 0. The edge never moves back.
constexpr uint32_t WindowGain(const Connection& conn, uint32_t mss) {
  const uint32_t buffer = conn.options.receive_buffer;
  const uint32_t most = uint32_t{65535} << conn.rcv_scale;
  const uint32_t offer = std::min(buffer - std::min(buffer, conn.receive.size), most);
  return offer >= conn.rcv_wnd() + std::min(mss, buffer / 2) ? offer - conn.rcv_wnd() : 0;
}

// Should the peer hear of the gain at once, and not with the next segment? When it may be
// waiting for it, or when the window doubles.
constexpr bool WindowUpdateDue(const Connection& conn, uint32_t mss) {
  const uint32_t gain = WindowGain(conn, mss);
  return gain > 0 && (conn.rcv_wnd() < mss || gain >= conn.rcv_wnd());
}

// The window field of the next segment. Rounded up, as rounding down would take back what
// was offered before (RFC 7323 §2.4); the edge follows.
constexpr uint16_t WindowField(Connection& conn) {
  const uint32_t unit = uint32_t{1} << conn.rcv_scale;
  const uint32_t field =
      std::min<uint32_t>((conn.rcv_wnd() + unit - 1) >> conn.rcv_scale, 65535);
  if (field << conn.rcv_scale > conn.rcv_wnd())
    conn.rcv_adv = conn.rcv_nxt + (field << conn.rcv_scale);
  return static_cast<uint16_t>(field);
}

static_assert(WindowShift(65535) == 0 && WindowShift(65536) == 1 &&
              WindowShift(128 << 10) == 2);
static_assert(InitialWindow(128 << 10, 1460) == 64240 && InitialWindow(1000, 1460) == 1000);

}  // namespace handfast

#endif  // STACK_TRANSFER_WINDOW_H_
