// The audit of a step: what changed, calls, and time. Each invariant notices what it is there
// for, and nothing else does.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "harness/audit/forgery.h"

namespace handfast {

void PrintTo(const ForgedStep& step, std::ostream* out) { *out << step.name; }

namespace {

const ForgedStep kChanges[] = {
    {"I-08", "TextIsKeptInTooManyPieces", State::kEstablished,
     [](Forgery& f) {  // incident 56
       TcpPacket beyond = f.Make(kAck | kPsh, 10);
       beyond.seq += 100;
       f.In(beyond);
       f.conn().options.receive_buffer = 256;
       f.conn().beyond_count = 17;
       f.JudgeInput();
     }},
    {"I-15", "AChildLeavesTheAcceptQueueByItself", State::kSynReceived,
     [](Forgery& f) {
       f.In(f.Make(kAck));
       f.In(f.Make(kAck | kPsh, 1));
       f.t().connections[f.listening().children.front()].Clear(Connection::kInAcceptQueue);
       f.JudgeInput();
     }},
    {"I-16", "AResetIsNotCounted", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kRst));
       f.t().counters.Sub(Counter::kTcpEstabResets);
       f.JudgeInput();
     }},
    {"I-27", "AnothersSegmentChangesAConnection", State::kEstablished,
     [](Forgery& f) {
       TcpPacket stray = f.Make(kAck);
       stray.flow.local_port = Port{40001};
       f.In(stray);
       f.conn().cwnd += 1;
       f.JudgeInput();
     }},
    {"I-32", "RcvNxtMovesBack", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck | kPsh, 10));
       f.conn().rcv_nxt = f.conn().rcv_nxt - 11;
       f.JudgeInput();
     }},
    {"I-38", "TheRightEdgeMovesBack", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck | kPsh, 10));
       f.conn().rcv_adv = f.conn().rcv_adv - 1;
       f.JudgeInput();
     }},
    {"I-40", "AnIssChanges", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck | kPsh, 10));
       f.conn().iss += 1;
       f.JudgeInput();
     }},
    {"I-43", "AStateIsLeftWhereNoArrowLeads", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck | kPsh, 10));
       f.records[0].after = State::kCloseWait;
       f.JudgeInput();
     }},
    {"I-43", "TimeLeadsWhereNoArrowLeads", State::kEstablished,
     [](Forgery& f) {
       const Trace trace = f.Expire();
       f.conn().state = State::kCloseWait;
       f.JudgeExpire(trace);
     }},
    {"I-46", "AnAgreementChanges", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck | kPsh, 10));
       f.conn().snd_scale += 1;
       f.JudgeInput();
     }},
    {"I-49", "ATimeWaitEndsEarly", State::kTimeWait,
     [](Forgery& f) {
       const Trace trace = f.Expire();
       ReleaseTimeWait(f.t(), f.t().time_wait_order.front());
       f.JudgeExpire(trace);
     }},
    {"I-49", "ATimeWaitIsProlonged", State::kTimeWait,
     [](Forgery& f) {
       const Trace trace = f.Expire();
       f.time_wait().expires = f.time_wait().expires + 1ms;
       f.JudgeExpire(trace);
     }},
    {"I-04", "OutputStays", State::kEstablished,
     [](Forgery& f) {
       const Trace trace = f.Expire();
       WantOutput(f.t(), f.scene.socket.slot);
       f.JudgeExpire(trace);
     }},
    {"I-72", "ATimeoutDoesNotDouble", State::kEstablished,
     [](Forgery& f) {
       f.Write();
       f.JudgeExpire(f.Expire());
       const Trace trace = f.Expire(5s);
       f.conn().rto_us /= 2;
       f.JudgeExpire(trace);
     }},
    {"I-12", "AFailureLeavesATrace", State::kEstablished,
     [](Forgery& f) {
       f.audit.Note(f.stack());
       f.conn().cwnd += 1;
       f.audit.OnCall(f.stack(), {Errno::kAgain, f.scene.socket, {}});
     }},
    {"I-19", "ASocketIsClosedWithTextUnread", State::kEstablished,
     [](Forgery& f) {  // incident 85
       f.In(f.Make(kAck | kPsh, 10));
       f.JudgeInput();
       f.audit.Note(f.stack());
       f.conn().Clear(Connection::kOwned);
       f.conn().state = State::kFinWait1;
       f.audit.OnCall(f.stack(), {Errno::kOk, f.scene.socket, {}});
     }},
    {"I-24", "AVoidHandleIsTaken", State::kEstablished,
     [](Forgery& f) {
       f.audit.Note(f.stack());
       f.audit.OnCall(f.stack(), {Errno::kOk, SocketId{f.scene.socket.slot, 77}, {}});
     }},
    {"I-24", "AListenersHandleIsDenied", State::kListen,
     [](Forgery& f) {
       f.audit.Note(f.stack());
       f.audit.OnCall(f.stack(), {Errno::kBadF, {}, f.scene.listener});
     }},
};

class StepAuditChangeTest : public testing::TestWithParam<ForgedStep> {};

TEST_P(StepAuditChangeTest, NoticesWhatIsWrong) {
  Forgery forgery(GetParam().state);
  GetParam().forge(forgery);
  EXPECT_EQ(forgery.Ids(), GetParam().ids) << forgery.audit.findings().Text();
}

constexpr auto kNameOf = [](const auto& step) { return std::string(step.param.name); };

INSTANTIATE_TEST_SUITE_P(Changes, StepAuditChangeTest, testing::ValuesIn(kChanges), kNameOf);

TEST(StepAuditChangeRowsTest, EachNumberHasAnExceptionThatIsNoticed) {
  std::string forged;
  for (const ForgedStep& step : kChanges) forged.append(step.ids).append(" ");
  for (const std::span<const StepInvariant> rows : {ChangeInvariants(), CallInvariants()})
    for (const StepInvariant& row : rows)
      EXPECT_NE(forged.find(row.id), std::string::npos) << row.id << " " << row.sentence;
}

}  // namespace
}  // namespace handfast
