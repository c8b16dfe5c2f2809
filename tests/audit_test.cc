// The audit of a state: each invariant notices what it is there for, and nothing else does.

#include "harness/audit.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "harness/world.h"
#include "stack/commit/life.h"

namespace handfast {
namespace {

// A world in which there is one of everything.
struct Busy {
  Busy();
  HandPeer Peer(uint16_t port) { return {world, kHttp, Port{port}, 1000}; }
  Tables& t() { return const_cast<Tables&>(world.stack().tables()); }
  Connection& conn(SocketId id) { return t().connections[id.slot]; }
  Connection& conn() { return conn(open); }
  Connection& child() { return t().connections[t().listeners[listener.slot].children.front()]; }
  Listener& listening() { return t().listeners[listener.slot]; }
  Request& request() { return t().requests[listening().requests.front()]; }
  Slot<TimeWait> last() {
    const Slot<TimeWait> first = t().time_wait_order.front();
    return TimeWaitList::Next(t().time_waits, first);
  }

  World world;
  ListenerId listener;
  SocketId open;     // with text unread, unsent, and beyond a gap; it is ready
  SocketId waiting;  // FIN-WAIT-2
  SocketId calling;  // SYN-SENT
};

Busy::Busy() {
  Stack& stack = world.stack();
  listener = world.Listen();
  const OptionList usual = OptionList::Usual(100);
  const auto open_one = [&](HandPeer& peer) {
    world.Take();
    EXPECT_TRUE(peer.Open(usual));
    return *stack.Accept(world.now(), listener);
  };
  for (const uint16_t port : {uint16_t{50001}, uint16_t{50002}}) {
    HandPeer peer = Peer(port);
    const SocketId id = open_one(peer);
    EXPECT_EQ(stack.Close(world.now(), id), Errno::kOk);
    world.Poll();
    peer.ack += 1;
    peer.Say(kAck | kFin);
  }
  HandPeer peer = Peer(50003);
  waiting = open_one(peer);
  EXPECT_EQ(stack.Shutdown(world.now(), waiting, ShutdownHow::kWrite), Errno::kOk);
  world.Poll();
  peer.ack += 1;
  peer.Say(kAck);
  HandPeer talker = Peer(50004);
  open = open_one(talker);
  talker.Say(kAck, Text(0, 700));
  talker.seq += 100;
  talker.Say(kAck, Text(0, 100));
  EXPECT_EQ(*stack.Write(world.now(), open, Text(0, 900)), 900u);
  world.Poll();
  world.Take();
  EXPECT_TRUE(Peer(50005).Open(usual));
  TcpPacket syn = Peer(50006).Make(kSyn);
  syn.options = usual;
  world.Inject(syn);
  calling = *stack.Connect(world.now(), {kThere, Port{9}});
  world.Poll();
}

struct Plant {
  const char* ids;  // that notice it
  const char* name;
  Depth depth;
  void (*plant)(Busy&);
};

void PrintTo(const Plant& plant, std::ostream* out) { *out << plant.name; }

void Rehash(Tables& t, Connection& conn, Slot<Connection> slot, uint32_t tag) {
  t.flows.Erase(conn.tag, Ref::Of(slot).raw);
  t.flows.Insert(tag, Ref::Of(slot).raw);
}

const Plant kQuickPlants[] = {
    {"I-05", "ATimerIsLate", Depth::kQuick,
     [](Busy& b) { b.conn().resend_at = b.world.now(); }},
    {"I-05", "ARequestHasNoTimer", Depth::kQuick,
     [](Busy& b) {
       const uint32_t id = Ref::Of(b.listening().requests.front()).raw;
       b.t().wheel.Cancel(TimerNodes{b.t()}, id);
     }},
    {"I-05", "NothingWillRepeatWhatWasSent", Depth::kQuick,
     [](Busy& b) {
       b.conn().resend_at = Instant::Never();
       Settle(b.t(), b.open.slot);
     }},
    {"I-05", "ADeadlineIsTooFarAway", Depth::kQuick,
     [](Busy& b) {
       b.conn(b.waiting).end_at = b.world.now() + 24h;
       Settle(b.t(), b.waiting.slot);
     }},
    {"I-05", "ATimerIsLostInTheWheel", Depth::kThorough,
     [](Busy& b) { b.request().timer.prev = Ref::Of(b.open.slot).raw; }},
    {"I-06", "AGaugeIsWrong", Depth::kQuick,
     [](Busy& b) { b.t().counters.Add(Counter::kTcpCurrEstab); }},
    {"I-06", "TheYoungAreMiscounted", Depth::kQuick, [](Busy& b) { ++b.listening().young; }},
    {"I-06", "AListIsBroken", Depth::kThorough,
     [](Busy& b) { b.t().time_waits[b.last()].order.prev = 7; }},
    {"I-08", "AChunkIsLost", Depth::kThorough,
     [](Busy& b) { b.t().chunks.Take(ChunkUse::kSend); }},
    {"I-08", "TextToSendTakesAll", Depth::kQuick,
     [](Busy& b) {
       for (uint32_t i = 0; i < 40; ++i) {
         b.t().chunks.Take(ChunkUse::kSend);
         b.t().chunks.Take(ChunkUse::kReceive);
       }
       for (uint32_t i = 0; i < b.t().chunks.used(); ++i)
         b.t().chunks.Reuse(i, ChunkUse::kSend);
     }},
    {"I-14", "ARequestIsForgottenUncounted", Depth::kQuick,
     [](Busy& b) { b.t().counters.Add(Counter::kHandfastRequestsOpened); }},
    {"I-15", "APassiveOpenIsCountedTwice", Depth::kQuick,
     [](Busy& b) { b.t().counters.Add(Counter::kTcpPassiveOpens); }},
    {"I-15", "AnActiveOpenWaitsToBeAccepted", Depth::kQuick,
     [](Busy& b) { b.child().Clear(Connection::kPassive); }},
    {"I-16", "AConnectionWasNeverOpened", Depth::kQuick,
     [](Busy& b) { b.t().counters.Sub(Counter::kTcpActiveOpens); }},
    {"I-17", "ADatagramVanished", Depth::kQuick,
     [](Busy& b) { b.t().counters.Add(Counter::kIpInReceives); }},
    {"I-20", "AConnectionClosesWithoutAFin", Depth::kQuick,
     [](Busy& b) { b.conn(b.waiting).Clear(Connection::kFinQueued); }},
    {"I-21", "ABacklogIsTooLong", Depth::kQuick,
     [](Busy& b) { b.listening().backlog = 1 << 20; }},
};

const Plant kTablePlants[] = {
    {"I-22", "AFlowHasTwoOwners", Depth::kQuick,
     [](Busy& b) {
       Rehash(b.t(), b.conn(), b.open.slot, b.conn(b.waiting).tag);
       b.conn().flow = b.conn(b.waiting).flow;
       b.conn().tag = b.conn(b.waiting).tag;
     }},
    {"I-22", "AnOpenConnectionHasNoFlow", Depth::kQuick,
     [](Busy& b) { b.conn().Clear(Connection::kHashed); }},
    {"I-23", "AFlowIsNotFound", Depth::kQuick,
     [](Busy& b) { Rehash(b.t(), b.conn(), b.open.slot, b.conn().tag + 1); }},
    {"I-23", "AFlowIsKeptUnderAnotherHash", Depth::kThorough,
     [](Busy& b) {
       Rehash(b.t(), b.conn(), b.open.slot, b.conn().tag + 1);
       ++b.conn().tag;
     }},
    {"I-24", "ARequestHasLostItsListener", Depth::kQuick,
     [](Busy& b) { b.request().listener = 3; }},
    {"I-24", "AConnectionThatIsOverStays", Depth::kQuick,
     [](Busy& b) { b.t().connections.Take(); }},
    {"I-23 I-24", "TheFlowTableLeadsNowhere", Depth::kThorough,
     [](Busy& b) {
       const Ref gone = Ref::Of(Slot<Connection>(15));
       b.t().flows.Replace(b.conn().tag, Ref::Of(b.open.slot).raw, gone.raw);
     }},
    {"I-25", "APeersMssIsNotKnown", Depth::kQuick, [](Busy& b) { b.conn().peer_mss = 0; }},
    {"I-25", "ARequestIsNotFilledIn", Depth::kQuick, [](Busy& b) { b.request().peer_mss = 0; }},
    {"I-26", "AReadySocketIsNotTold", Depth::kQuick, [](Busy& b) { b.conn().interest = 0; }},
    {"I-26", "AReadyListenerIsNotTold", Depth::kQuick,
     [](Busy& b) { b.listening().interest = 0; }},
    {"I-63", "ABoundSocketHoldsNoPort", Depth::kThorough,
     [](Busy& b) { b.conn().Set(Connection::kPortBound); }},
};

const Plant kConnectionPlants[] = {
    {"I-32", "SendingGoesOnBeyondSndNxt", Depth::kQuick,
     [](Busy& b) { b.conn().resend_nxt = b.conn().snd_nxt + 1; }},
    {"I-32", "MoreWasSentThanQueued", Depth::kQuick,
     [](Busy& b) { b.conn().snd_nxt = b.conn().snd_end() + 1; }},
    {"I-32", "TheRightEdgeIsTooFar", Depth::kQuick,
     [](Busy& b) { b.conn().rcv_adv = b.conn().rcv_nxt - 1; }},
    {"I-37", "TextInSequenceIsKeptBeyond", Depth::kThorough,
     [](Busy& b) { b.t().chunks[b.conn().beyond].seq = b.conn().rcv_nxt; }},
    {"I-42", "APathIsWiderThanItsLink", Depth::kQuick,
     [](Busy& b) { b.conn().path_mtu = 9000; }},
    {"I-42", "APathIsBelievedToBeNarrow", Depth::kQuick,
     [](Busy& b) { b.conn().path_mtu_hint = 575; }},
    {"I-46", "AnOpenConnectionHasNotStarted", Depth::kQuick,
     [](Busy& b) { b.conn().cwnd = 0; }},
    {"I-46", "AConnectionStartsEarly", Depth::kQuick,
     [](Busy& b) { b.conn(b.calling).cwnd = 1460; }},
    {"I-47", "AnAttemptHasReceived", Depth::kQuick,
     [](Busy& b) {
       Connection& conn = b.conn(b.calling);
       conn.interest = 0;
       conn.Set(Connection::kFinReceived);
       conn.Set(Connection::kFinKnown);
     }},
    {"I-49", "ATimeWaitLastsTooLong", Depth::kQuick,
     [](Busy& b) { b.t().time_waits[b.last()].expires = b.world.now() + 1h; }},
    {"I-51", "AConnectionWithoutAUserStaysOpen", Depth::kQuick,
     [](Busy& b) {
       b.conn().interest = 0;
       b.conn().end_at = b.world.now() + 1h;
       Settle(b.t(), b.open.slot);
       b.conn().Clear(Connection::kOwned);
     }},
    {"I-54", "AnOptionIsOnThatIsNotOffered", Depth::kQuick,
     [](Busy& b) { b.t().config.policy.sack_permitted = false; }},
    {"I-69", "ASynAckIsRepeatedForEver", Depth::kQuick,
     [](Busy& b) {
       b.request().timeouts = 100;
       --b.listening().young;
     }},
};

class AuditTest : public testing::TestWithParam<Plant> {};

// Each is seen at the depth that it needs.
TEST_P(AuditTest, NoticesWhatIsWrong) {
  const Plant& plant = GetParam();
  Busy busy;
  ASSERT_EQ(AuditText(busy.world.stack()), "");
  plant.plant(busy);
  EXPECT_EQ(Audit(busy.world.stack(), Depth::kThorough).Ids(), plant.ids)
      << AuditText(busy.world.stack());
  const std::string quick = Audit(busy.world.stack(), Depth::kQuick).Ids();
  if (plant.depth == Depth::kQuick) {
    EXPECT_EQ(quick, plant.ids);
  }
}

constexpr auto kNameOf = [](const auto& plant) { return std::string(plant.param.name); };

INSTANTIATE_TEST_SUITE_P(Quick, AuditTest, testing::ValuesIn(kQuickPlants), kNameOf);
INSTANTIATE_TEST_SUITE_P(Tables, AuditTest, testing::ValuesIn(kTablePlants), kNameOf);
INSTANTIATE_TEST_SUITE_P(Connections, AuditTest, testing::ValuesIn(kConnectionPlants), kNameOf);

TEST(AuditRowsTest, EachNumberHasAnExceptionThatIsNoticed) {
  std::string planted = "I-29";  // below
  for (const std::span<const Plant> some :
       {std::span<const Plant>(kQuickPlants), std::span<const Plant>(kTablePlants),
        std::span<const Plant>(kConnectionPlants)})
    for (const Plant& plant : some) planted.append(" ").append(plant.ids);
  for (const Invariant& row : Invariants())
    EXPECT_NE(planted.find(row.id), std::string::npos) << row.id << " " << row.sentence;
}

// A cell far from the home of its tag is too far to be found, as well.
TEST(AuditRowsTest, AFlowFarFromItsHomeIsNoticed) {
  Config config = SmallConfig();
  config.connections = 2000;
  World world(config);
  ASSERT_TRUE(world.stack().Connect(world.now(), {kThere, Port{9}}));
  Ehash& flows = const_cast<Tables&>(world.stack().tables()).flows;
  for (uint32_t at = 0; at < flows.buckets(); ++at)
    if (flows.bucket(at).refs[0] != Ehash::kNoRef)
      const_cast<Ehash::Bucket&>(flows.bucket(at)).tags[0] -= flows.buckets() / 2;
  EXPECT_EQ(Audit(world.stack()).Ids(), "I-23 I-29");
}

TEST(AuditRowsTest, WhatIsLeftAtTheEndIsNoticed) {
  Busy busy;
  EXPECT_NE(AuditEmpty(busy.world.stack()), "");
  World world;
  EXPECT_EQ(AuditEmpty(world.stack()), "");
}

TEST(AuditRowsTest, AListenerThatIsLeftAtTheEndIsNoticed) {
  World world;
  const ListenerId listener = world.Listen();
  EXPECT_EQ(AuditQuiet(world.stack()), "");
  EXPECT_EQ(AuditEmpty(world.stack()), "I-08: listeners left is 1, not 0\n");
  ASSERT_EQ(world.stack().Close(world.now(), listener), Errno::kOk);
  EXPECT_EQ(AuditEmpty(world.stack()), "");
}

}  // namespace
}  // namespace handfast
