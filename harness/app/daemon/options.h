// DaemonOptions: the command line of handfastd, checked.

#ifndef HARNESS_APP_DAEMON_OPTIONS_H_
#define HARNESS_APP_DAEMON_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/framing.h"
#include "stack/base/units.h"
#include "stack/config.h"
#include "stack/wire/address.h"
#include "stack/wire/ethernet.h"

namespace handfast {

enum class Service : uint8_t { kEcho, kDiscard, kHttp, kForward };

struct ListenOption {
  std::string text;  // "80=forward:10.0.0.2:8080", for messages
  Port port{};
  Service service = Service::kEcho;
  std::string host;  // to which kForward leads
  Port host_port{};
};

struct DaemonOptions {
  enum class LinkKind : uint8_t { kTap, kTun, kDescriptor };

  LinkKind link = LinkKind::kTap;
  std::string device;
  int fd = -1;
  std::optional<Framing> framing;  // of a descriptor
  LocalAddr address;
  Addr gateway;  // none: "::"
  std::optional<Mac> mac;
  std::optional<uint32_t> mtu;
  std::vector<ListenOption> listen;
  std::optional<Endpoint> connect;
  int backlog = 128;
  Config profile;
  uint32_t connections = 4096;
  uint32_t sessions = 0;  // an entrance serves at once; 0: as many as come
  std::string pcap;
  bool ladder = false;
  bool quiet = false;
};

// What to print instead of running, and the exit status: 0 for --help, 2 for a mistake.
struct Refusal {
  int status = 2;
  std::string text;
};

std::variant<DaemonOptions, Refusal> ReadOptions(int argc, char** argv);

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_OPTIONS_H_
