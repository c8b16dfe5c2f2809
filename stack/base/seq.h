// Seq: a TCP sequence number, a point on a circle of 2^32 (RFC 9293 §3.4).
//
// Points on a circle have no order, so none is defined: there are distances, and
// there are named arcs. Every comparison in the stack is one of the arcs below.

#ifndef STACK_BASE_SEQ_H_
#define STACK_BASE_SEQ_H_

#include <cstdint>

namespace handfast {

class Seq {
 public:
  constexpr Seq() = default;
  constexpr explicit Seq(uint32_t raw) : raw_(raw) {}
  constexpr uint32_t raw() const { return raw_; }

  friend constexpr bool operator==(Seq, Seq) = default;
  friend constexpr Seq operator+(Seq s, uint32_t n) { return Seq(s.raw_ + n); }
  friend constexpr Seq operator-(Seq s, uint32_t n) { return Seq(s.raw_ - n); }
  constexpr Seq& operator+=(uint32_t n) { return raw_ += n, *this; }

  // The distance walked clockwise from `from` to `to`.
  friend constexpr uint32_t operator-(Seq to, Seq from) { return to.raw_ - from.raw_; }

 private:
  uint32_t raw_ = 0;
};

// SND.UNA < SEG.ACK =< SND.NXT
constexpr bool AckAcceptable(Seq ack, Seq snd_una, Seq snd_nxt) {
  return ack - snd_una - 1 < snd_nxt - snd_una;
}

// RCV.NXT =< SEG.SEQ < RCV.NXT + RCV.WND
constexpr bool InWindow(Seq seq, Seq rcv_nxt, uint32_t rcv_wnd) {
  return seq - rcv_nxt < rcv_wnd;
}

// first =< x =< last, for an arc that runs clockwise from `first` to `last`.
constexpr bool Between(Seq x, Seq first, Seq last) { return x - first <= last - first; }

// True when `x` lies on the half circle that ends just before `anchor`. REQUIRES: the
// caller knows both within half a circle of each other, because of a window or because
// both were stored by this stack; two strangers must not be compared with it.
constexpr bool Before(Seq x, Seq anchor) { return anchor - x - 1 < 0x8000'0000u - 1; }

static_assert(InWindow(Seq(3), Seq(0xffff'fffe), 8), "windows wrap");
static_assert(!InWindow(Seq(7), Seq(7), 0), "nothing fits into a closed window");
static_assert(!AckAcceptable(Seq(7), Seq(7), Seq(8)), "an old ACK acknowledges nothing");
static_assert(AckAcceptable(Seq(0), Seq(0xffff'ffff), Seq(0)), "an ACK may wrap");
static_assert(Before(Seq(0xffff'ffff), Seq(0)) && !Before(Seq(0), Seq(0)));
static_assert(!Before(Seq(0x8000'0000u), Seq(0)), "the far point is before nothing");

}  // namespace handfast

#endif  // STACK_BASE_SEQ_H_
