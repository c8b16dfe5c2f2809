// Daemon: a stack behind a TAP or TUN device, with its services, from the options to the
// exit status.

#ifndef HARNESS_APP_DAEMON_DAEMON_H_
#define HARNESS_APP_DAEMON_DAEMON_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/daemon/http.h"
#include "harness/app/daemon/netcat.h"
#include "harness/app/daemon/options.h"
#include "harness/app/daemon/overview.h"
#include "harness/app/daemon/recorder.h"
#include "harness/app/daemon/server.h"
#include "harness/owned_stack.h"
#include "harness/tap/os_clock.h"
#include "harness/tap/os_rng.h"
#include "harness/tap/poller.h"
#include "harness/tap/tap_link.h"
#include "stack/link/ethernet.h"
#include "stack/pump.h"

namespace handfast {

class Daemon {
 public:
  // Opens the link. Throws Mistake where the options do not fit it, Failure where it cannot
  // be had.
  explicit Daemon(const DaemonOptions& options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Until SIGTERM or SIGINT, or the end of --connect. The exit status.
  int Run();

 private:
  enum class Ending : uint8_t { kNone, kSignal, kLinkGone, kConnectOver };

  void Listen();
  void Connect();
  Server::Factory FactoryOf(const ListenOption& listen);
  Ending Loop();
  void Stop();
  int Report(Ending ending);
  std::string ReadyLine() const;
  Overview Look() const;

  DaemonOptions options_;
  OsClock clock_;
  OsRng rng_;
  Poller poller_;
  std::unique_ptr<TapLink> link_;
  std::string link_name_;
  OwnedStack stack_;
  std::optional<Ethernet> ethernet_;
  std::vector<uint8_t> memory_;
  Pump pump_;
  Recorder recorder_;
  Server server_;
  HttpSite site_;
  Netcat::Outcome outcome_;
  int signals_;
  Instant started_;
};

// Why the daemon cannot run; what() is a sentence that says what to do.
class Failure : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_DAEMON_H_
