#include "harness/app/daemon/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/app/daemon/words.h"
#include "harness/app/version.h"
#include "harness/tap/tap_link.h"

namespace handfast {
namespace {

// The command line as it stands there.
struct Words {
  std::string tap, tun, fd, framing, address, gateway, mac, mtu, connect, backlog,
      profile = "default", connections = "4096", sessions, pcap;
  std::vector<std::string> listen;
  bool ladder = false;
  bool quiet = false;
};

constexpr const char* kFooter = R"(
Services:
  echo               sends back what comes
  discard            reads what comes
  http               status page, /metrics for Prometheus, /bytes/N
  forward:HOST:PORT  connects to HOST:PORT by way of the kernel, and passes all on

Example (as root):
  ip tuntap add dev tap0 mode tap && ip addr add 10.0.0.1/24 dev tap0 && ip link set tap0 up
  handfastd --tap tap0 --address 10.0.0.2/24 --listen 80=http &
  curl http://10.0.0.2/

Exit status: 0 ended as asked, 1 could not be done, 2 wrong usage.)";

// As a variable of a script that was not set.
std::string NotEmpty(const std::string& text) {
  return text.empty() ? "has an empty value" : std::string();
}

void Describe(CLI::App& app, Words& words) {
  app.footer(kFooter);
  app.set_version_flag("--version", "handfastd " + std::string(kVersion));
  const auto option = [&](const char* name, std::string& value, const char* type,
                          const char* text, const char* group) {
    app.add_option(name, value, text)->type_name(type)->group(group)->check(NotEmpty);
  };
  option("--tap", words.tap, "NAME", "TAP device (Ethernet); made if it does not exist",
         "Link");
  option("--tun", words.tun, "NAME", "TUN device (bare IP); made if it does not exist", "Link");
  option("--fd", words.fd, "N", "open descriptor of a TAP, a TUN or a datagram socket", "Link");
  option("--framing", words.framing, "KIND", "of a socket: ethernet (default) or ip", "Link");
  option("--address", words.address, "A/P", "our IPv4 address and its prefix (required)",
         "Link");
  option("--gateway", words.gateway, "A", "router for peers outside the prefix", "Link");
  option("--mac", words.mac, "M", "our MAC address; default: 02:00 and the IPv4 address",
         "Link");
  option("--mtu", words.mtu, "N", "octets of a datagram; default: the device's, or 1500",
         "Link");
  app.add_option("--listen", words.listen, "serve a port; repeatable; services below")
      ->type_name("PORT=SERVICE")
      ->allow_extra_args(false)
      ->group("Work");
  option("--connect", words.connect, "A:PORT",
         "connect standard input and output to a peer; exits when both ends are done", "Work");
  option("--backlog", words.backlog, "N", "of each listener (128); each queue holds one more",
         "Limits");
  option("--sessions", words.sessions, "N",
         "connections that a listener serves at once; more wait in its accept queue", "Limits");
  option("--connections", words.connections, "N", "size of the pools (4096)", "Limits");
  option("--profile", words.profile, "NAME", "default, linux or strict", "Limits");
  option("--pcap", words.pcap, "FILE", "pcapng capture, a comment on every frame", "Watching");
  app.add_flag("--ladder", words.ladder, "at the end, draw the latest connections as ladders")
      ->group("Watching");
  app.add_flag("--quiet", words.quiet, "no ready line, no summary")->group("Watching");
}

void ReadLink(const Words& words, DaemonOptions& options) {
  const int links = !words.tap.empty() + !words.tun.empty() + !words.fd.empty();
  if (links != 1) throw Mistake("give one of --tap NAME, --tun NAME and --fd N");
  const bool tap = !words.tap.empty();
  if (words.fd.empty()) {
    options.link = tap ? DaemonOptions::LinkKind::kTap : DaemonOptions::LinkKind::kTun;
    options.device = tap ? words.tap : words.tun;
    if (!TapLink::CanName(options.device))
      throw Mistake((tap ? "--tap " : "--tun ") + options.device +
                    ": a device's name has 1 to 15 characters, no space, '/', ':' or '%'");
    if (!words.framing.empty()) throw Mistake("--framing goes with --fd only");
    return;
  }
  options.link = DaemonOptions::LinkKind::kDescriptor;
  options.fd = static_cast<int>(ReadNumber("--fd", words.fd, 0, 1'000'000));
  if (words.framing == "ethernet")
    options.framing = Framing::kEthernet;
  else if (words.framing == "ip")
    options.framing = Framing::kIp;
  else if (!words.framing.empty())
    throw Mistake("--framing " + words.framing + ": it is ethernet or ip");
}

void ReadAddresses(const Words& words, DaemonOptions& options) {
  if (words.address.empty()) throw Mistake("--address A/P is missing, as in 10.0.0.2/24");
  options.address = ReadHostAddress("--address", words.address);
  if (!words.mac.empty()) options.mac = ReadMac("--mac", words.mac);
  if (!words.mtu.empty())
    options.mtu = static_cast<uint32_t>(ReadNumber("--mtu", words.mtu, Config::kMinMtu, 65535));
  if (!words.gateway.empty()) {
    options.gateway = ReadAddr("--gateway", words.gateway);
    if (!IsPeer(options.gateway, {&options.address, 1}) ||
        !IsOnLink(options.gateway, options.address))
      throw Mistake("--gateway " + words.gateway + ": no other host of " + words.address);
  }
}

void ReadWork(const Words& words, DaemonOptions& options) {
  for (const std::string& text : words.listen) {
    const ListenOption listen = ReadListen("--listen", text);
    const auto same = [&](const ListenOption& other) { return other.port == listen.port; };
    if (std::any_of(options.listen.begin(), options.listen.end(), same))
      throw Mistake("--listen " + text + ": the port is given twice");
    options.listen.push_back(listen);
  }
  if (!words.connect.empty()) {
    options.connect = ReadPeer("--connect", words.connect);
    if (!IsPeer(options.connect->addr, {&options.address, 1}))
      throw Mistake("--connect " + words.connect + ": no address of another host");
  }
  if (options.listen.empty() != options.connect.has_value())
    throw Mistake("give --listen PORT=SERVICE or --connect A:PORT, and not both");
  if (!options.connect) return;
  if (!words.backlog.empty()) throw Mistake("--backlog goes with --listen only");
  if (!words.sessions.empty()) throw Mistake("--sessions goes with --listen only");
  if (words.fd == "0") throw Mistake("--fd 0: --connect reads what to say from there");
}

void ReadLimits(const Words& words, DaemonOptions& options) {
  if (!words.backlog.empty())
    options.backlog = static_cast<int>(ReadNumber("--backlog", words.backlog, 0, 65535));
  options.connections =
      static_cast<uint32_t>(ReadNumber("--connections", words.connections, 1, 1 << 20));
  if (!words.sessions.empty())
    options.sessions =
        static_cast<uint32_t>(ReadNumber("--sessions", words.sessions, 1, 1 << 20));
  if (words.profile == "linux")
    options.profile = Config::Linux();
  else if (words.profile == "strict")
    options.profile = Config::Strict();
  else if (words.profile != "default")
    throw Mistake("--profile " + words.profile + ": it is default, linux or strict");
}

DaemonOptions Check(const Words& words) {
  DaemonOptions options;
  ReadLink(words, options);
  ReadAddresses(words, options);
  ReadWork(words, options);
  ReadLimits(words, options);
  options.pcap = words.pcap;
  options.ladder = words.ladder;
  options.quiet = words.quiet;
  return options;
}

}  // namespace

std::variant<DaemonOptions, Refusal> ReadOptions(int argc, char** argv) {
  CLI::App app("A TCP stack of its own behind a TAP or TUN device.", "handfastd");
  Words words;
  Describe(app, words);
  try {
    app.parse(argc, argv);
    return Check(words);
  } catch (const CLI::CallForHelp&) {
    return Refusal{0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return Refusal{0, std::string(version.what()) + '\n'};
  } catch (const CLI::ExtrasError&) {
    return Refusal{2, app.remaining().front() + ": no such option; see --help"};
  } catch (const CLI::ParseError& error) {
    return Refusal{2, error.what()};
  } catch (const Mistake& mistake) {
    return Refusal{2, mistake.what()};
  }
}

}  // namespace handfast
