#include "harness/app/daemon/daemon.h"

#include <netdb.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "harness/app/daemon/echo.h"
#include "harness/app/daemon/forward.h"
#include "harness/app/daemon/notify.h"
#include "harness/app/daemon/words.h"
#include "harness/show.h"

namespace handfast {
namespace {

std::unique_ptr<TapLink> OpenLink(const DaemonOptions& options) {
  if (options.link == DaemonOptions::LinkKind::kDescriptor) {
    TapLink::Opened opened = TapLink::Adopt(options.fd, options.framing);
    if (!opened.link) throw Mistake("--fd: " + opened.why);
    return std::move(opened.link);
  }
  const bool tap = options.link == DaemonOptions::LinkKind::kTap;
  TapLink::Opened opened =
      TapLink::Open(options.device, tap ? Framing::kEthernet : Framing::kIp);
  if (!opened.link) throw Failure(opened.why);
  return std::move(opened.link);
}

Config ConfigOf(const DaemonOptions& options, const TapLink& link) {
  Config config = options.profile;
  config.With(options.address.addr, options.address.prefix_bits);
  const uint32_t mtu = options.mtu.value_or(link.DeviceMtu().value_or(config.mtu));
  config.mtu = std::clamp(mtu, Config::kMinMtu, 65535u);
  config.listeners = static_cast<uint32_t>(std::max<size_t>(options.listen.size(), 1));
  config.requests = config.connections = config.time_waits = options.connections;
  config.chunks = std::max(2 * options.connections, 256u);
  config.somaxconn = std::max(config.somaxconn, static_cast<uint32_t>(options.backlog));
  return config;
}

// Unless told otherwise a station has the same address whenever it comes back, so that its
// neighbours need not learn a new one.
Mac DefaultMac(Addr addr) {
  const uint32_t v4 = addr.v4();
  return Mac{{2, 0, static_cast<uint8_t>(v4 >> 24), static_cast<uint8_t>(v4 >> 16),
              static_cast<uint8_t>(v4 >> 8), static_cast<uint8_t>(v4)}};
}

std::optional<Ethernet> EthernetOf(const DaemonOptions& options, const TapLink& link) {
  if (link.framing() == Framing::kIp) {
    if (options.mac) throw Mistake("--mac: a link of bare IP has no MAC addresses");
    if (!options.gateway.is_any()) throw Mistake("--gateway: a link of bare IP needs none");
    return std::nullopt;
  }
  const bool reached = !options.connect || !options.gateway.is_any() ||
                       IsOnLink(options.connect->addr, options.address);
  if (!reached)
    throw Mistake("--connect " + Show(*options.connect) +
                  ": outside of --address, and there is no --gateway");
  EthernetConfig config;
  config.mac = options.mac.value_or(DefaultMac(options.address.addr));
  config.local = options.address;
  config.gateway = options.gateway;
  if (link.DeviceMac() == config.mac)
    throw Mistake("--mac: the kernel's side of " + link.name() + " has this address");
  return Ethernet(config);
}

sockaddr_in Resolve(const ListenOption& listen) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(listen.host.c_str(), nullptr, &hints, &found);
  if (error != 0)
    throw Failure("--listen " + listen.text + ": cannot resolve " + listen.host + ": " +
                  gai_strerror(error));
  sockaddr_in target{};
  std::memcpy(&target, found->ai_addr, sizeof target);
  freeaddrinfo(found);
  target.sin_port = htons(static_cast<uint16_t>(listen.host_port));
  return target;
}

// As many descriptors as there may be forwarded connections.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int OpenSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  for (const int failure : {SIGPIPE, SIGXFSZ}) std::signal(failure, SIG_IGN);  // errno tells
  const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) throw Failure(std::string("cannot watch for signals: ") + std::strerror(errno));
  return fd;
}

}  // namespace

Daemon::Daemon(const DaemonOptions& options)
    : options_(options),
      link_(OpenLink(options)),
      link_name_(link_->name().empty() ? "fd " + std::to_string(options.fd) : link_->name()),
      stack_(ConfigOf(options, *link_), DrawSecrets(rng_)),
      ethernet_(EthernetOf(options, *link_)),
      memory_(Pump::MemoryFor(stack_->config())),
      pump_(*stack_, ethernet_ ? &*ethernet_ : nullptr, clock_, rng_, *link_, memory_),
      recorder_(options, link_->framing(), link_name_, clock_.Now()),
      server_(*stack_, options.sessions),
      signals_(OpenSignals()),
      started_(clock_.Now()) {
  const std::string plain = "text/plain; charset=utf-8";
  site_ = {{"/", "text/html; charset=utf-8", [this] { return StatusPage(Look()); }},
           {"/metrics", "text/plain; version=0.0.4; charset=utf-8",
            [this] { return Metrics(Look()); }},
           {"/connections", plain, [this] { return Connections(*stack_); }}};
  recorder_.Attach(pump_);
  poller_.Watch(link_->fd(), POLLIN);
  poller_.Watch(signals_, POLLIN);
}

Daemon::~Daemon() { close(signals_); }

Overview Daemon::Look() const {
  return {*stack_, ethernet_ ? &*ethernet_ : nullptr, server_, link_name_,
          pump_.now() > started_ ? pump_.now() - started_ : Duration{}};
}

Server::Factory Daemon::FactoryOf(const ListenOption& listen) {
  switch (listen.service) {
    case Service::kEcho:
      return [this](Instant, SocketId id) { return std::make_unique<Echo>(*stack_, id); };
    case Service::kDiscard:
      return [this](Instant, SocketId id) { return std::make_unique<Discard>(*stack_, id); };
    case Service::kHttp:
      return [this](Instant now, SocketId id) {
        return std::make_unique<Http>(now, *stack_, id, site_);
      };
    case Service::kForward: break;
  }
  RaiseDescriptorLimit();
  return [this, target = Resolve(listen)](Instant now, SocketId id) {
    return std::make_unique<Forward>(now, *stack_, id, poller_, target);
  };
}

void Daemon::Listen() {
  for (const ListenOption& listen : options_.listen) {
    const std::string service = listen.text.substr(listen.text.find('=') + 1);
    const Errno error = server_.Listen(clock_.Now(), {options_.address.addr, listen.port},
                                       options_.backlog, service, FactoryOf(listen));
    if (error != Errno::kOk) throw Failure("--listen " + listen.text + ": " + Name(error));
  }
}

void Daemon::Connect() {
  if (!options_.connect) return;
  const Result<SocketId> id = stack_->Connect(clock_.Now(), *options_.connect);
  if (!id) throw Failure("connect " + Show(*options_.connect) + ": " + Name(id.error()));
  server_.Add(std::make_unique<Netcat>(*stack_, *id, poller_, outcome_));
}

std::string Daemon::ReadyLine() const {
  const Config& config = stack_->config();
  std::string line = "ready: " + Show(options_.address.addr) + '/' +
                     std::to_string(options_.address.prefix_bits) + " on " + link_name_ +
                     ", mtu " + std::to_string(config.mtu);
  for (const ListenOption& listen : options_.listen) line += ", " + listen.text;
  return line;
}

int Daemon::Run() {
  Listen();
  Connect();
  const bool reports = !options_.quiet && !options_.connect;
  if (reports) {
    std::printf("%s\n", ReadyLine().c_str());
    std::fflush(stdout);
  }
  NotifySystemd("READY=1");
  const Ending ending = Loop();
  Stop();
  std::fputs(recorder_.Ladders().c_str(), options_.connect ? stderr : stdout);
  if (reports) std::fputs(Summary(Look()).c_str(), stdout);
  return Report(ending);
}

Daemon::Ending Daemon::Loop() {
  Ending ending = Ending::kNone;
  while (ending == Ending::kNone) {
    pump_.Turn();
    server_.Serve(pump_.now());
    recorder_.Flush();
    if (link_->error() != 0) ending = Ending::kLinkGone;
    if (outcome_.over) ending = Ending::kConnectOver;
    if (ending != Ending::kNone) break;
    const Instant deadline = Earliest(pump_.next_deadline(), server_.next_deadline());
    for (const Poller::Ready& ready : poller_.Wait(clock_, deadline)) {
      if (ready.fd == signals_) ending = Ending::kSignal;
      server_.OnHost(pump_.now(), ready);
    }
  }
  return ending;
}

// All peers learn that it is over.
void Daemon::Stop() {
  constexpr int kMostTurns = 10'000;
  NotifySystemd("STOPPING=1");
  server_.Abort(clock_.Now());
  for (int turn = 0; turn < kMostTurns && pump_.next_deadline() <= clock_.Now(); ++turn)
    pump_.Turn();
  recorder_.Flush();
}

int Daemon::Report(Ending ending) {
  if (ending == Ending::kLinkGone) {
    std::fprintf(stderr, "handfastd: %s is gone (%s)\n", link_name_.c_str(),
                 strerrorname_np(link_->error()));
    return 1;
  }
  if (!options_.connect) return 0;
  if (ending == Ending::kSignal) outcome_.error = "interrupted";
  if (outcome_.error.empty()) return 0;
  std::fprintf(stderr, "handfastd: %s %s: %s\n",
               outcome_.connected ? "connection to" : "connect",
               Show(*options_.connect).c_str(), outcome_.error.c_str());
  return 1;
}

}  // namespace handfast
