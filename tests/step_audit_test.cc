// The audit of a step: what came in, and what went out. Each invariant notices what it is there
// for, and nothing else does.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "harness/audit/forgery.h"

namespace handfast {

void PrintTo(const ForgedStep& step, std::ostream* out) { *out << step.name; }

namespace {

const ForgedStep kInputs[] = {
    {"I-09", "ADropLeavesATrace", State::kEstablished,
     [](Forgery& f) {
       TcpPacket rst = f.Make(kRst);
       rst.seq += 1 << 30;
       f.In(rst);
       f.conn().cwnd += 1;
       f.JudgeInput();
     }},
    {"I-10 I-11", "AResetIsAnsweredByResets", State::kListen,
     [](Forgery& f) {
       f.In(f.Make(kRst));
       f.Out(f.Ours(kRst));
       f.Out(f.Ours(kRst));
       f.JudgeInput();
     }},
    {"I-11", "ABadDatagramIsAnswered", State::kListen,
     [](Forgery& f) {
       TcpPacket syn = f.Make(kSyn);
       syn.bad_checksum = true;
       f.In(syn);
       f.Out(f.Ours(kRst));
       f.JudgeInput();
     }},
    {"I-13", "ASynIsRefusedUncounted", State::kSynReceived,
     [](Forgery& f) {
       f.listening().backlog = 0;
       TcpPacket more = f.Make(kSyn);
       more.flow.local_port = Port{40001};
       f.In(more);
       f.t().counters.Sub(Counter::kTcpExtListenDrops);
       f.JudgeInput();
     }},
    {"I-17", "ADatagramIsNotCounted", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck));
       f.t().counters.Add(Counter::kIpInReceives);
       f.JudgeInput();
     }},
    {"I-18", "ACompletedRequestHasOtherNumbers", State::kSynReceived,
     [](Forgery& f) {
       f.In(f.Make(kAck));
       f.t().connections[f.listening().children.front()].irs += 1;
       f.JudgeInput();
     }},
    {"I-21", "AFullQueueTakesASyn", State::kSynReceived,
     [](Forgery& f) {
       TcpPacket more = f.Make(kSyn);
       more.flow.local_port = Port{40001};
       f.In(more);
       f.listening().backlog = 0;
       f.JudgeInput();
     }},
    {"I-36 I-60", "WhatIsFarAwayIsAccepted", State::kEstablished,
     [](Forgery& f) {
       TcpPacket far = f.Make(kAck);
       far.seq -= 1000;
       f.In(f.Make(kAck));
       f.datagram = far.Seal();
       f.JudgeInput();
     }},
    {"I-36 I-60", "AnAckOfNothingIsAccepted", State::kEstablished,
     [](Forgery& f) {
       TcpPacket early = f.Make(kAck);
       early.ack += 1;
       f.In(f.Make(kAck));
       f.datagram = early.Seal();
       f.JudgeInput();
     }},
    {"I-44", "ARequestIsCompletedByAWrongAck", State::kSynReceived,
     [](Forgery& f) {
       TcpPacket wrong = f.Make(kAck);
       wrong.ack += 1;
       f.In(f.Make(kAck));
       f.datagram = wrong.Seal();
       f.JudgeInput();
     }},
    {"I-45", "AnAttemptSucceedsByAWrongAck", State::kSynSent,
     [](Forgery& f) {
       TcpPacket wrong = f.Make(kSyn | kAck);
       wrong.ack += 1;
       f.In(f.Make(kSyn | kAck));
       f.datagram = wrong.Seal();
       f.JudgeInput();
     }},
    {"I-48 I-60", "AnInexactResetCounts", State::kEstablished,
     [](Forgery& f) {
       TcpPacket inexact = f.Make(kRst);
       inexact.seq += 1;
       f.In(f.Make(kRst));
       f.datagram = inexact.Seal();
       f.JudgeInput();
     }},
    {"I-48", "AnInexactResetEndsTimeWait", State::kTimeWait,
     [](Forgery& f) {
       TcpPacket inexact = f.Make(kRst);
       inexact.seq += 1;
       f.In(f.Make(kRst));
       f.datagram = inexact.Seal();
       f.JudgeInput();
     }},
    {"I-70", "AnAnswerIsNotNoted", State::kEstablished,
     [](Forgery& f) {
       TcpPacket old = f.Make(kAck);
       old.seq -= 1000;
       f.In(old);
       f.conn().answered_at = Instant::Never();
       f.JudgeInput();
     }},
    {"I-82", "IcmpChangesAWindow", State::kEstablished,
     [](Forgery& f) {
       f.Write();
       f.scene.world.Poll();
       const Datagram sent = f.scene.world.Take()[0];
       f.In(IcmpErrorAbout(sent, kThere, 3, 1));
       f.conn().snd_wnd += 1;
       f.JudgeInput();
     }},
    {"I-41", "AWindowIsScaledTwice", State::kEstablished,
     [](Forgery& f) {  // incident 9
       f.In(f.Make(kAck));
       f.conn().snd_wnd *= 2;
       f.JudgeInput();
     }},
    {"I-46", "ARepeatedSynAckTimesTheHandshake", State::kSynReceived,
     [](Forgery& f) {  // incident 122
       f.JudgeExpire(f.Expire(1s));
       f.In(f.Make(kAck));
       f.t().connections[f.listening().children.front()].negotiated.Clear(
           Negotiated::kTimestamps);
       f.JudgeInput();
     }},
    {"I-60", "AnAckOfWhatWasNeverSentIsAccepted", State::kEstablished,
     [](Forgery& f) {  // incident 66
       f.In(f.Make(kAck | kPsh, 10));
       TcpPacket ghost = f.Make(kAck | kPsh, 10);
       ghost.ack -= 1000;
       f.datagram = ghost.Seal();
       f.JudgeInput();
     }},
    {"I-60", "ATimestampFromBeyondTheGapIsTaken", State::kEstablished,
     [](Forgery& f) {  // incident 80
       TcpPacket beyond = f.Make(kAck | kPsh, 10);
       beyond.seq += 100;
       f.In(beyond);
       f.conn().ts_recent += 1000;
       f.JudgeInput();
     }},
};

const ForgedStep kOutputs[] = {
    {"I-07", "ASegmentIsInvalid", State::kListen,
     [](Forgery& f) {
       f.In(f.Make(kSyn));
       TcpPacket bad = f.First();
       bad.urgent = 1;
       f.Instead(bad);
       f.JudgeInput();
     }},
    {"I-17", "ADatagramLeavesUncounted", State::kListen,
     [](Forgery& f) {
       f.In(f.Make(kSyn));
       f.t().counters.Add(Counter::kIpOutRequests);
       f.JudgeInput();
     }},
    {"I-38", "ASegmentTakesBackTheWindow", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kAck | kFin));
       TcpPacket small = f.First();
       small.window = 1;
       f.Instead(small);
       f.JudgeInput();
     }},
    {"I-39", "TextLeavesBeyondTheWindow", State::kEstablished,
     [](Forgery& f) {
       f.Write();
       const Trace trace = f.Expire();
       f.conn().snd_wnd = 9;
       f.JudgeExpire(trace);
     }},
    {"I-40", "TextIsSentAgainAsAnother", State::kEstablished,
     [](Forgery& f) {
       f.Write();
       f.JudgeExpire(f.Expire());
       const Trace trace = f.Expire(5s);
       TcpPacket other = f.First();
       other.text[3] ^= 1;
       f.Instead(other);
       f.JudgeExpire(trace);
     }},
    {"I-40", "ASynAckHasAnotherNumber", State::kSynReceived,
     [](Forgery& f) {
       const Trace trace = f.Expire(2s);
       TcpPacket other = f.First();
       other.seq += 1;
       f.Instead(other);
       f.JudgeExpire(trace);
     }},
    {"I-55", "AChallengeHasAnotherNumber", State::kEstablished,
     [](Forgery& f) {
       f.In(f.Make(kSyn));
       TcpPacket other = f.First();
       other.seq += 1;
       f.Instead(other);
       f.JudgeInput();
     }},
    {"I-68", "AnAnswerIsLong", State::kListen,
     [](Forgery& f) {
       f.In(f.Make(kAck));
       TcpPacket longer = f.First();
       longer.options.Nop(32);
       f.Instead(longer);
       f.JudgeInput();
     }},
    {"I-69", "ASynAckIsSentForNobody", State::kListen,
     [](Forgery& f) {
       f.In(f.Make(kAck));
       TcpPacket synack = f.First();
       synack.flags = kSyn | kAck;
       synack.ack = 1;
       f.Instead(synack);
       f.JudgeInput();
     }},
    {"I-67", "AStrangerIsFlooded", State::kSynReceived,
     [](Forgery& f) {
       f.audit = StepAudit(World().stack());  // who knows nothing of the request
       f.scene.peer.seq -= 1;
       f.In(f.Make(kSyn));
       f.JudgeInput();
       const Trace trace = f.Expire(2s);
       const TcpPacket synack = f.First();
       for (int i = 0; i < 3; ++i) f.Out(synack);
       f.JudgeExpire(trace);
     }},
};

class StepAuditTest : public testing::TestWithParam<ForgedStep> {};

TEST_P(StepAuditTest, NoticesWhatIsWrong) {
  Forgery forgery(GetParam().state);
  GetParam().forge(forgery);
  EXPECT_EQ(forgery.Ids(), GetParam().ids) << forgery.audit.findings().Text();
}

constexpr auto kNameOf = [](const auto& step) { return std::string(step.param.name); };

INSTANTIATE_TEST_SUITE_P(Inputs, StepAuditTest, testing::ValuesIn(kInputs), kNameOf);
INSTANTIATE_TEST_SUITE_P(Outputs, StepAuditTest, testing::ValuesIn(kOutputs), kNameOf);

TEST(StepAuditRowsTest, EachNumberHasAnExceptionThatIsNoticed) {
  std::string forged;
  for (const ForgedStep& step : kInputs) forged.append(step.ids).append(" ");
  for (const ForgedStep& step : kOutputs) forged.append(step.ids).append(" ");
  for (const std::span<const StepInvariant> rows :
       {InputInvariants(), VerdictInvariants(), OutputInvariants()})
    for (const StepInvariant& row : rows)
      EXPECT_NE(forged.find(row.id), std::string::npos) << row.id << " " << row.sentence;
  EXPECT_NE(forged.find(Ledger::kId), std::string::npos);
  EXPECT_NE(forged.find(SentText::kId), std::string::npos);
}

}  // namespace
}  // namespace handfast
