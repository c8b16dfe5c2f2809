#include "harness/step_audit.h"

#include <algorithm>
#include <cstring>

#include "stack/commit/flows.h"

namespace handfast {
namespace {

std::vector<StepInvariant> Sorted() {
  const auto before = [](const StepInvariant& a, const StepInvariant& b) {
    return std::strcmp(a.id, b.id) < 0;
  };
  std::vector<StepInvariant> rows;
  for (const std::span<const StepInvariant> some :
       {InputInvariants(), VerdictInvariants(), OutputInvariants(), ChangeInvariants(),
        CallInvariants()})
    for (const StepInvariant& row : some)
      rows.insert(std::upper_bound(rows.begin(), rows.end(), row, before), row);
  return rows;
}

// Memory of one call only, so all audits of a thread share it.
std::span<const Reading> ReadAll(const TxBurst& out) {
  static thread_local std::vector<Reading> readings;
  readings.clear();
  for (size_t i = 0; i < out.size(); ++i) readings.push_back(ReadDatagram(out[i]));
  return readings;
}

void AskOfStep(const Step& step, void (*StepInvariant::*check)(const Step&, Report&),
               Findings& findings) {
  for (const StepInvariant& row : StepInvariants()) {
    if (row.*check == nullptr) continue;
    Report report(findings, row.id);
    (row.*check)(step, report);
  }
}

void AskOfOutput(const Step& step, Findings& findings) {
  for (const TraceRecord& record : step.records)
    for (uint32_t i = 0; i < record.tx_count; ++i)
      for (const StepInvariant& row : StepInvariants()) {
        if (row.output == nullptr) continue;
        Report report(findings, row.id);
        row.output(step, record, step.out[record.tx_first + i], report);
      }
}

void AskOfConnections(const Step& step, Findings& findings) {
  ForEach(step.before.connections, [&](Slot<Connection> slot, const Connection& before) {
    const Pool<Connection>& pool = step.after.connections;
    const bool there = pool.live(slot) && pool[slot].head.generation == before.head.generation;
    const Connection* const after = there ? &pool[slot] : nullptr;
    if (there && SameBytes(before, *after)) return;
    for (const StepInvariant& row : StepInvariants()) {
      if (row.connection == nullptr) continue;
      Report report(findings, row.id);
      row.connection(step, slot, before, after, report);
    }
  });
}

}  // namespace

std::span<const StepInvariant> StepInvariants() {
  static const std::vector<StepInvariant> rows = Sorted();
  return rows;
}

void StepAudit::Restart(const Stack& stack) {
  sent_.Clear();
  ledger_.Restart(stack);
  Note(stack);
}

void StepAudit::OnInput(const Stack& stack, Bytes datagram, const TraceRecord& record,
                        const TxBurst& out) {
  Step step(Step::Kind::kInput, before_, stack);
  step.records = {&record, 1};
  step.out = ReadAll(out);
  step.burst = &out;
  step.in = ReadDatagram(datagram);
  if (step.in.tcp) {
    const Flow flow = step.in.flow.Reversed();
    const uint32_t tag = step.after.TagOf(flow);
    step.owner_before = FindFlow(step.before, tag, flow);
    step.owner_after = FindFlow(step.after, tag, flow);
  }
  AskOfStep(step, &StepInvariant::input, findings_);
  Look(step);
}

void StepAudit::OnExpire(const Stack& stack, const Trace& trace, const TxBurst& out) {
  Step step(Step::Kind::kExpire, before_, stack);
  if (trace.lost() == 0) step.records = trace.records();
  step.out = ReadAll(out);
  step.burst = &out;
  AskOfStep(step, &StepInvariant::expire, findings_);
  Look(step);
}

void StepAudit::OnCall(const Stack& stack, const Answered& call) {
  Step step(Step::Kind::kCall, before_, stack);
  step.call = &call;
  AskOfStep(step, &StepInvariant::call, findings_);
  Look(step);
}

void StepAudit::Look(const Step& step) {
  AskOfOutput(step, findings_);
  AskOfConnections(step, findings_);
  ledger_.OnStep(step, findings_);
  for (const TraceRecord& record : step.records)
    for (uint32_t i = 0; i < record.tx_count; ++i)
      sent_.OnOutput(step, record, step.out[record.tx_first + i], findings_);
}

}  // namespace handfast
