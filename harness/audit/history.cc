#include "harness/audit/history.h"

#include <algorithm>

#include "stack/commit/flows.h"

namespace handfast {

void SentText::OnOutput(const Step& step, const TraceRecord& record, const Reading& out,
                        Findings& findings) {
  if (!out.tcp || out.text.empty()) return;
  const Tables& t = step.after;
  const Ref ref = FindFlow(t, t.TagOf(record.flow), record.flow);
  if (ref.owner() != Owner::kConnection) return;
  const Connection& conn = t.connections[Slot<Connection>(ref.index())];
  if (flows_.size() <= ref.index()) flows_.resize(ref.index() + 1);
  Sent& sent = flows_[ref.index()];
  const uint32_t acked = conn.snd_una.raw() - sent.first;
  if (sent.generation != conn.head.generation || acked > sent.text.size()) {
    sent = {conn.head.generation, conn.snd_una.raw(), {}};
  } else {
    sent.text.erase(sent.text.begin(), sent.text.begin() + acked);
    sent.first += acked;
  }
  const uint32_t at = out.seq - sent.first;
  if (at > sent.text.size()) return;  // a gap: it was not watched from the beginning
  const size_t again = std::min(sent.text.size() - at, out.text.size());
  const Bytes more = out.text.subspan(again);
  if (!std::equal(out.text.begin(), more.begin(), sent.text.data() + at))
    findings.Add(kId, "a segment has other text than before at " + std::to_string(out.seq));
  sent.text.insert(sent.text.end(), more.begin(), more.end());
}

Ledger::Account* Ledger::Find(const Addr& addr) {
  for (size_t i = 0; i < size_; ++i)
    if (accounts_[i].addr == addr.v4()) return &accounts_[i];
  return nullptr;
}

Ledger::Account& Ledger::Open(const Addr& addr) {
  if (Account* const known = Find(addr)) return *known;
  Account& account = size_ < kMost ? accounts_[size_++] : accounts_[next_++ % kMost];
  account = {};
  account.addr = addr.v4();
  return account;
}

void Ledger::Restart(const Stack& stack) {
  size_ = next_ = 0;
  ForEach(stack.tables().requests,
          [&](Slot<Request>, const Request& req) { Open(req.flow.peer).proven = true; });
}

void Ledger::Pay(const Step& step, const TraceRecord& record, Findings& findings) {
  const bool proves = record.verdict.action == Action::kEstablish;
  if (record.owner == Owner::kConnection || proves) return;
  const uint32_t each = std::max<uint32_t>(3, 1 + step.after.config.policy.synack_retries);
  for (uint32_t i = 0; i < record.tx_count; ++i) {
    const Reading& out = step.out[record.tx_first + i];
    Account* const account = Find(out.destination);
    if (account == nullptr || account->proven) continue;
    account->datagrams_out += 1;
    account->octets_out += out.length;
    if (account->datagrams_out > each * account->datagrams_in ||
        account->octets_out > each * (account->octets_in + 20 * account->datagrams_in)) {
      findings.Add(kId, "more than the answers to what came was sent to one address");
      account->proven = true;  // once is enough
    }
  }
}

void Ledger::OnStep(const Step& step, Findings& findings) {
  if (step.kind == Step::Kind::kInput && step.in.source.is_v4() && step.in.length > 0) {
    Account& account = Open(step.in.source);
    account.datagrams_in += 1;
    account.octets_in += step.in.length;
    if (step.action() == Action::kEstablish) account.proven = true;
  }
  for (const TraceRecord& record : step.records) Pay(step, record, findings);
}

}  // namespace handfast
