// What is sent, against the stream that was written: whatever the peer acknowledges, and
// whatever windows it offers or takes back, each segment holds the stream's octets and keeps
// to both windows, and in the end all is acknowledged (I-19, I-39, I-40, I-42).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

SessionOptions AnyOptions() {
  SessionOptions options;
  options.isn = *rc::gen::element<uint32_t>(0, 1000, 0x7fff'fff0, 0xffff'fff0);
  options.seed = *rc::gen::inRange<uint64_t>(1, 1000);
  options.offer = OptionList().Mss(*rc::gen::inRange<uint16_t>(0, 1461));
  if (*rc::gen::arbitrary<bool>()) options.offer.Nop().Scale(*rc::gen::inRange<uint8_t>(0, 4));
  if (*rc::gen::arbitrary<bool>()) options.offer.Nop(2).Timestamps(100, 0);
  options.config.socket.no_delay = *rc::gen::arbitrary<bool>();
  options.window = *rc::gen::inRange<uint16_t>(0, 20'000);
  return options;
}

// A session whose every word is checked against what was written, and against the windows.
struct Checked : Session {
  Checked() : Session(AnyOptions()) {}

  uint32_t una() const { return conn().snd_una - Seq(peer.their_isn + 1); }
  uint32_t nxt() const { return conn().snd_nxt - Seq(peer.their_isn + 1); }

  // What was said since SND.NXT stood at `sent` and the window was `cwnd`. Was anything?
  bool Check(uint32_t sent, uint32_t cwnd) {
    const std::vector<Seen> said = Segments();
    for (const Seen& seen : said) CheckSegment(seen, sent, std::max(cwnd, conn().cwnd));
    RC_ASSERT(AuditText(stack()) == "");
    return !said.empty();
  }

  void CheckSegment(const Seen& seen, uint32_t& sent, uint32_t cwnd) {
    if (seen.text.empty()) return;
    const uint32_t at = seen.seq - (peer.their_isn + 1);
    const auto length = static_cast<uint32_t>(seen.text.size());
    const uint32_t mss = status().send_mss;
    RC_ASSERT(seen.text == Text(at, length));
    RC_ASSERT(length <= mss);
    RC_ASSERT(at >= una());
    RC_ASSERT(at <= sent);  // no holes
    const uint32_t end = at + length - una();
    const bool probe = conn().snd_wnd == 0;
    RC_ASSERT(end <= std::max(conn().snd_wnd, 1u));
    if (probe) RC_ASSERT(length == 1u);
    RC_ASSERT(end <= cwnd + 2 * mss);  // limited transmit
    sent = std::max(sent, at + length);
  }
};

enum class Does : uint8_t { kWrites, kAcks, kRepeats, kTells, kWaits, kShuts };

void Step(Checked& s) {
  const uint32_t sent = s.nxt();
  const uint32_t cwnd = s.conn().cwnd;
  switch (*rc::gen::weightedElement<Does>({{6, Does::kWrites},
                                           {8, Does::kAcks},
                                           {3, Does::kRepeats},
                                           {2, Does::kTells},
                                           {5, Does::kWaits},
                                           {1, Does::kShuts}})) {
    case Does::kWrites: s.Write(*rc::gen::inRange<size_t>(1, 9000)); break;
    case Does::kAcks: {
      const auto window =
          *rc::gen::weightedOneOf<uint16_t>({{4, rc::gen::inRange<uint16_t>(0, 20'000)},
                                             {1, rc::gen::inRange<uint16_t>(0, 3)},
                                             {2, rc::gen::just(s.peer.window)}});
      s.Ack(s.una() + *rc::gen::inRange<uint32_t>(0, s.nxt() - s.una() + 1), window);
      break;
    }
    case Does::kRepeats:
      for (int i = *rc::gen::inRange(1, 6); i > 0; --i) s.Ack(s.una());
      break;
    case Does::kTells:
      s.Tell(s.peer.seq - (s.peer.isn + 1), *rc::gen::inRange<size_t>(1, 1000));
      break;
    case Does::kWaits: s.Advance(std::chrono::milliseconds(*rc::gen::inRange(1, 3000))); break;
    case Does::kShuts:
      if (s.Shutdown() != Errno::kOk) RC_FAIL("shutdown failed");
      break;
  }
  s.Check(sent, cwnd);
}

RC_GTEST_PROP(SendProps, EverySegmentIsTheStreamInsideOfBothWindows, ()) {
  Checked s;
  for (int step = *rc::gen::inRange(0, 80); step > 0; --step) Step(s);
  // The peer comes to its senses.
  const auto left = [&] { return s.status().unsent + s.status().unacknowledged; };
  for (int round = 0; round < 3000 && left() > 0; ++round) {
    const uint32_t sent = s.nxt();
    const uint32_t cwnd = s.conn().cwnd;
    s.Ack(s.nxt(), 65535);
    if (left() > 0 && !s.Check(sent, cwnd)) s.Wait(300s);
    s.Check(sent, cwnd);
  }
  RC_ASSERT(left() == 0u);
}

}  // namespace
}  // namespace handfast
