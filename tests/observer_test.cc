// What an observer tells of a pump: every frame, once, in the order of the wire, with what
// the stack made of it.

#include "harness/capture/observer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "harness/sim/host.h"
#include "harness/sim/traffic.h"
#include "harness/world.h"

namespace handfast {
namespace {

constexpr Port kWeb{80};

// A story that outlives its telling.
struct Kept {
  Direction direction;
  Datagram frame;
  Datagram datagram;
  std::string comment;
};

class Keeper {
 public:
  explicit Keeper(Framing framing) : observer_(framing) {
    observer_.AddSink([this](const FrameStory& story) {
      stories.push_back({story.direction,
                         {story.frame.begin(), story.frame.end()},
                         {story.datagram.begin(), story.datagram.end()},
                         Comment(story)});
    });
    observer_.AddSilenceSink([this](Instant, const TraceRecord& record) {
      silences.push_back(std::string(Name(record.before)) + " -> " + Name(record.after));
    });
  }
  PumpTap tap() { return observer_.tap(); }

  // "> comment" for what came in, "< comment" for what left.
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const Kept& kept : stories)
      lines.push_back((kept.direction == Direction::kIn ? "> " : "< ") + kept.comment);
    return lines;
  }

  std::vector<Kept> stories;
  std::vector<std::string> silences;

 private:
  Observer observer_;
};

TEST(ObserverTest, APassiveHandshakeIsToldWithItsVerdicts) {
  Lab lab(1);
  SimHost& server = lab.AddHost();
  SimHost& client = lab.AddHost();
  Keeper keeper(Framing::kEthernet);
  server.pump().set_tap(keeper.tap());
  ASSERT_TRUE(server.stack().Listen(lab.now(), {Addr::AnyV4(), kWeb}, 5));
  ASSERT_TRUE(client.stack().Connect(lab.now(), {server.addr(), kWeb}));
  lab.Run(100ms);
  const std::vector<std::string> want{
      "> ARP",
      "< ARP",
      "> LISTEN -> SYN-RECEIVED: queue a request, answer with SYN-ACK",
      "< ARP",
      "> ARP",
      "< answer, SYN-RECEIVED, waited for ARP",
      "> SYN-RECEIVED -> ESTABLISHED: establish",
  };
  EXPECT_EQ(keeper.Lines(), want);
}

TEST(ObserverTest, ASynThatWaitedForArpLeavesWithWhatMadeIt) {
  Lab lab(1);
  SimHost& client = lab.AddHost();
  SimHost& server = lab.AddHost();
  Keeper keeper(Framing::kEthernet);
  client.pump().set_tap(keeper.tap());
  ASSERT_TRUE(client.stack().Connect(lab.now(), {server.addr(), kWeb}));
  lab.Run(100ms);
  const std::vector<std::string> want{
      "< ARP", "> ARP", "< queued output, SYN-SENT, waited for ARP",
      "> ARP", "< ARP", "> SYN-SENT -> CLOSED: the peer reset the connection",
  };
  EXPECT_EQ(keeper.Lines(), want);
}

TEST(ObserverTest, ATimerThatSendsNothingIsToldAsSilence) {
  Lab lab(1);
  SimHost& client = lab.AddHost();
  const SimHost& server = lab.AddHost();
  ASSERT_TRUE(client.stack().Connect(lab.now(), {server.addr(), kWeb}));
  lab.Run(0ms);
  Faults dead;
  dead.loss = 1000;
  lab.wire().set_faults(dead);
  ASSERT_TRUE(client.stack().Connect(lab.now(), {server.addr(), kWeb}));
  Keeper keeper(Framing::kEthernet);
  client.pump().set_tap(keeper.tap());
  lab.Run(1h);
  ASSERT_FALSE(keeper.silences.empty());
  EXPECT_EQ(keeper.silences[0], "SYN-SENT -> CLOSED");
}

TEST(ObserverTest, WhatTheLinkLayerDropsIsToldWithTheReason) {
  Lab lab(1);
  SimHost& host = lab.AddHost();
  Keeper keeper(Framing::kEthernet);
  host.pump().set_tap(keeper.tap());
  SimLink stranger(lab.wire());
  const std::vector<uint8_t> frame(60, 0x42);
  const Bytes view(frame);
  ASSERT_EQ(stranger.Transmit({&view, 1}), 1u);
  lab.Run(1ms);
  EXPECT_EQ(keeper.Lines(),
            std::vector<std::string>{"> dropped: destination MAC is another station's"});
  EXPECT_EQ(keeper.stories.at(0).frame, frame);
  EXPECT_TRUE(keeper.stories.at(0).datagram.empty());
}

// A pump on a link of bare datagrams, for bursts by hand.
class BurstLink final : public Link {
 public:
  size_t Receive(std::span<Bytes> frames) override {
    const size_t count = std::min(frames.size(), in.size());
    std::copy_n(in.begin(), count, frames.begin());
    taken = std::move(in);
    in.clear();
    return count;
  }
  size_t Transmit(std::span<const Bytes> frames) override {
    ++bursts;
    for (const Bytes frame : frames) out.emplace_back(frame.begin(), frame.end());
    return frames.size();
  }
  std::vector<Datagram> in, taken, out;
  size_t bursts = 0;
};

TcpPacket PacketOf(const Flow& flow, unsigned flags, uint16_t window) {
  TcpPacket packet;
  packet.flow = flow;
  packet.flags = flags;
  packet.window = window;
  return packet;
}

// 32 window updates arrive at once, each of which lets go more than the burst of answers
// holds together: the burst that came in is worked on in parts.
TEST(ObserverTest, ABurstThatIsWorkedOnInPartsIsToldBeforeItsAnswers) {
  SimClock clock(Instant(1'000'000'000));
  SimRng rng(1);
  Config config = SmallConfig();
  config.connections = 40;
  config.requests = 40;
  config.chunks = 2000;
  config.With(kHere, 24);
  OwnedStack stack(config, DrawSecrets(rng));
  BurstLink link;
  std::vector<uint8_t> memory(Pump::MemoryFor(config));
  Pump pump(*stack, nullptr, clock, rng, link, memory);
  Keeper keeper(Framing::kIp);
  const auto listener = stack->Listen(clock.now(), {Addr::AnyV4(), kWeb}, 40);
  ASSERT_TRUE(listener);
  std::vector<Datagram> updates;
  for (uint16_t i = 0; i < Pump::kBurst; ++i) {
    const Flow flow{kThere, kHere, Port{static_cast<uint16_t>(1000 + i)}, kWeb};
    TcpPacket syn = PacketOf(flow, kSyn, 0);
    syn.options.Mss(100);
    link.in = {syn.Seal()};
    pump.Turn();
    TcpPacket ack = PacketOf(flow, kAck, 0);
    ack.seq = 1;
    ack.ack = Read(link.out.back())->seq + 1;
    link.in = {ack.Seal()};
    ack.window = 5000;
    updates.push_back(ack.Seal());
    pump.Turn();
    const auto socket = stack->Accept(clock.now(), *listener);
    ASSERT_TRUE(socket);
    ASSERT_TRUE(stack->Write(clock.now(), *socket, Text(0, 5000)));
  }
  pump.Turn();
  link.in = updates;
  link.out.clear();
  link.bursts = 0;
  pump.set_tap(keeper.tap());
  pump.Turn();
  ASSERT_GT(link.bursts, 1u) << "the burst must be worked on in parts";
  ASSERT_EQ(keeper.stories.size(), updates.size() + link.out.size());
  for (size_t i = 0; i < keeper.stories.size(); ++i) {
    const Kept& kept = keeper.stories[i];
    const bool in = i < updates.size();
    EXPECT_EQ(kept.direction, in ? Direction::kIn : Direction::kOut);
    EXPECT_EQ(kept.frame, in ? updates[i] : link.out[i - updates.size()]);
    EXPECT_TRUE(in ? kept.comment == "ESTABLISHED: acceptable, process"
                   : kept.comment == "answer, ESTABLISHED" ||
                         kept.comment == "queued output, ESTABLISHED")
        << kept.comment;
  }
}

// I-17, seen from outside: over a bad wire, what is told is what was on the wire, and each
// datagram is told with the verdict that the counters count.
TEST(ObserverTest, EveryFrameIsToldOnceAndAgreesWithTheCounters) {
  Lab lab(7);
  SimHost& host = lab.AddHost();
  lab.AddHost();
  Faults faults;
  faults.loss = faults.duplicate = faults.reorder = faults.corrupt = 50;
  lab.wire().set_faults(faults);
  std::vector<Datagram> sent;
  lab.wire().set_watch([&](Instant, size_t station, Bytes frame, Wire::Fate) {
    if (station == host.station()) sent.emplace_back(frame.begin(), frame.end());
  });
  std::vector<uint64_t> drops(kDropCount);
  std::vector<Datagram> told;
  uint64_t delivered = 0, unexplained = 0;
  Observer observer(Framing::kEthernet);
  observer.AddSink([&](const FrameStory& story) {
    if (story.direction == Direction::kOut) {
      told.emplace_back(story.frame.begin(), story.frame.end());
      if (!story.datagram.empty() && story.record == nullptr) ++unexplained;
    } else if (story.record != nullptr) {
      const Drop drop = story.record->verdict.drop;
      drop == Drop::kNone ? ++delivered : ++drops[static_cast<size_t>(drop)];
    } else if (!story.datagram.empty()) {
      ++unexplained;
    } else if (story.link_drop != Drop::kNone) {
      ++drops[static_cast<size_t>(story.link_drop)];
    }
  });
  host.pump().set_tap(observer.tap());
  Traffic traffic(lab, {}, 7);
  for (const Instant end = lab.now() + 300s; lab.now() < end;) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
  }
  ASSERT_EQ(traffic.wrong(), "");
  EXPECT_EQ(told, sent);
  EXPECT_EQ(unexplained, 0u);
  EXPECT_EQ(delivered, host.stack().counters()[Counter::kHandfastDelivered]);
  EXPECT_GT(delivered, 1000u);
  for (size_t i = 1; i < kDropCount; ++i)
    EXPECT_EQ(drops[i], host.stack().counters()[static_cast<Drop>(i)] +
                            host.ethernet().counters().drops[i])
        << Name(static_cast<Drop>(i));
}

// Can an event, or two at once (an ACK with a FIN), lead from one state to the other?
bool IsPath(State from, State to) {
  std::set<State> reached{from};
  for (int events = 0; events < 2; ++events) {
    const std::set<State> before = reached;
    for (const Arrow& arrow : kArrows)
      if (before.count(arrow.from) > 0 && arrow.from != State::kClosed)
        reached.insert(arrow.to);
  }
  return reached.count(to) > 0;
}

// RFC 9293 figure 5. A half-open connection that ends leaves its listener.
TEST(ObserverTest, TheStatesThatAreToldFollowTheArrowsOfTheMachine) {
  Lab lab(11);
  lab.AddHost();
  lab.AddHost();
  Faults faults;
  faults.loss = faults.duplicate = faults.reorder = 50;
  lab.wire().set_faults(faults);
  std::set<std::pair<State, State>> seen;
  const auto note = [&](const TraceRecord& record) {
    if (record.before == record.after || record.after == State::kNone) return;
    seen.emplace(record.before, record.after);
    const bool back_to_listen = record.owner == Owner::kRequest &&
                                record.before == State::kSynReceived &&
                                record.after == State::kListen;
    EXPECT_TRUE(back_to_listen || IsPath(record.before, record.after))
        << Name(record.owner) << ": " << Name(record.before) << " -> " << Name(record.after);
  };
  Observer observer(Framing::kEthernet);
  observer.AddSink([&](const FrameStory& story) {
    if (story.record != nullptr) note(*story.record);
  });
  observer.AddSilenceSink([&](Instant, const TraceRecord& record) { note(record); });
  lab.host(0).pump().set_tap(observer.tap());
  TrafficOptions options;
  options.rude = 400;
  Traffic traffic(lab, options, 11);
  for (const Instant end = lab.now() + 600s; lab.now() < end;) {
    lab.Step(Earliest(end, traffic.next_event()));
    traffic.Turn();
  }
  EXPECT_GT(seen.size(), 12u);
}

}  // namespace
}  // namespace handfast
