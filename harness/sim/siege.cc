#include "harness/sim/siege.h"

#include <algorithm>

#include "harness/audit.h"
#include "harness/sim/flood.h"
#include "stack/link/ethernet.h"

namespace handfast {
namespace {

constexpr Port kDoor{8080};
constexpr Duration kTick = 10ms;
// The play, from its beginning on.
constexpr Duration kAwake = 3s;
constexpr Duration kFlood = 5s;
constexpr Duration kUser = 7s;
constexpr Duration kFloodEnds = 10s;
constexpr Duration kEnd = 16s;
constexpr Duration kPatience = 200s;  // of the user in the midst of the flood
constexpr Duration kUntilAllIsOver = 1h;

class Play {
 public:
  explicit Play(const SiegeOptions& options)
      : options_(options), lab_(options.seed, options.start) {
    lab_.AddHost(options.config);
    lab_.AddHost(options.config);
    lab_.wire().set_faults(options.faults);
    if (options.prepare) options.prepare(lab_);
    flood_.emplace(lab_, 0, kDoor, options.seed);
    listener_ = *server().Listen(lab_.now(), {Addr::AnyV4(), kDoor}, options.backlog);
    result_.limit = server().Status(listener_)->backlog + 1;
  }

  SiegeResult Run() {
    for (uint32_t i = 0; i < options_.users; ++i) Come();
    event_ = "users come, the application sleeps";
    for (Duration at{}; at <= kEnd || (user_ && at <= kUser + kPatience); at += kTick) {
      Act(at);
      Pass(options_.start + at);
      if (at % 1s == 0s) Sample(at);
    }
    const Faults& faults = options_.faults;
    const bool calm = faults.loss + faults.corrupt + faults.refuse == 0;
    // On a longer way not even an answer to ARP comes in time.
    const bool near = 2 * (faults.delay_max + faults.reorder_by) <
                      EthernetConfig{}.questions * EthernetConfig{}.retry;
    if (calm && near && !result_.user_waited) result_.wrong += "the user was never accepted\n";
    CloseAll();
    result_.report = ReportOf(lab_.host(0));
    return result_;
  }

 private:
  Stack& server() { return lab_.host(0).stack(); }
  Stack& client() { return lab_.host(1).stack(); }

  void Come() {
    const auto id = client().Connect(lab_.now(), {lab_.host(0).addr(), kDoor});
    if (id) clients_.push_back(*id);
  }

  // What is in the script for this tick.
  void Act(Duration at) {
    if (at == kAwake) event_ = "the application wakes up and accepts";
    if (at == kFlood) event_ = "a flood of SYNs begins";
    if (at == kUser) {
      event_ = "in its midst a user comes";
      Come();
      if (!clients_.empty()) user_ = clients_.back();
    }
    if (at == kFloodEnds) event_ = "the flood ends";
    awake_ = at >= kAwake;
    if (at < kFlood || at >= kFloodEnds) return;
    const auto due = static_cast<uint64_t>((at - kFlood + kTick) / 1ms);
    flood_->Send(static_cast<uint32_t>(due * options_.syns_per_second / 1000 - flood_->sent()));
  }

  void Pass(Instant until) {
    do {
      lab_.Settle();
      flood_->Turn();
      if (awake_) Accept();
      Follow();
      lab_.Settle();
    } while (lab_.Step(until));
  }

  void Accept() {
    while (const auto id = server().Accept(lab_.now(), listener_)) {
      if (user_ && server().Status(*id)->flow == client().Status(*user_)->flow.Reversed()) {
        result_.user_waited = lab_.now() - (options_.start + kUser);
        event_ = "the user gets in";
        user_.reset();
      }
      if (server().Close(lab_.now(), *id) != Errno::kOk) result_.wrong += "close failed\n";
    }
  }

  // Users leave when the server has closed, or when their attempt has failed.
  void Follow() {
    const auto over = [this](SocketId id) {
      const State state = client().Status(id)->state;
      if (state != State::kCloseWait && state != State::kClosed) return false;
      if (user_ == id) user_.reset();
      return client().Close(lab_.now(), id) == Errno::kOk;
    };
    clients_.erase(std::remove_if(clients_.begin(), clients_.end(), over), clients_.end());
  }

  void Sample(Duration at) {
    const auto status = server().Status(listener_);
    const Counters& counters = server().counters();
    result_.samples.push_back({at, status->syn_queue, status->accept_queue, flood_->sent(),
                               counters[Drop::kSynQueueFull], counters[Drop::kAcceptQueueFull],
                               std::exchange(event_, "")});
    if (std::max(status->syn_queue, status->accept_queue) > result_.limit)
      result_.wrong += "a queue is longer than its limit\n";
    for (size_t i = 0; i < lab_.hosts(); ++i) result_.wrong += AuditText(lab_.host(i).stack());
    result_.audits += lab_.hosts();
  }

  void CloseAll() {
    for (const SocketId id : clients_)
      if (client().Close(lab_.now(), id) != Errno::kOk) result_.wrong += "close failed\n";
    if (server().Close(lab_.now(), listener_) != Errno::kOk)
      result_.wrong += "the listener is gone\n";
    for (const Instant end = lab_.now() + kUntilAllIsOver; !lab_.quiet();)
      if (!lab_.Step(end)) break;
    result_.end = lab_.now();
    for (size_t i = 0; i < lab_.hosts(); ++i) result_.wrong += AuditEmpty(lab_.host(i).stack());
    result_.audits += lab_.hosts();
  }

  const SiegeOptions& options_;
  Lab lab_;
  std::optional<Flood> flood_;
  ListenerId listener_;
  std::vector<SocketId> clients_;
  std::optional<SocketId> user_;  // until accepted, or gone
  bool awake_ = false;
  const char* event_ = "";
  SiegeResult result_;
};

}  // namespace

SiegeResult Siege(const SiegeOptions& options) { return Play(options).Run(); }

}  // namespace handfast
