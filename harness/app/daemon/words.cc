#include "harness/app/daemon/words.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>
#include <utility>

#include "stack/config.h"

namespace handfast {
namespace {

[[noreturn]] void Complain(const std::string& option, const std::string& text,
                           const std::string& what) {
  throw Mistake(option + ' ' + text + ": " + what);
}

std::optional<int64_t> Number(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Addr> NumericAddr(const std::string& text) {
  in_addr addr{};
  if (inet_pton(AF_INET, text.c_str(), &addr) != 1) return std::nullopt;
  return Addr::V4(ntohl(addr.s_addr));
}

std::optional<Port> PortIn(const std::string& text) {
  const std::optional<int64_t> port = Number(text);
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  return Port{static_cast<uint16_t>(*port)};
}

// Six pairs of hexadecimal digits, and colons between them.
std::optional<Mac> MacIn(const std::string& text) {
  Mac mac;
  if (text.size() != 3 * mac.octets.size() - 1) return std::nullopt;
  for (size_t i = 0; i < mac.octets.size(); ++i) {
    const char* const pair = &text[3 * i];
    const auto [end, error] = std::from_chars(pair, pair + 2, mac.octets[i], 16);
    if (error != std::errc{} || end != pair + 2) return std::nullopt;
    if (i + 1 < mac.octets.size() && *end != ':') return std::nullopt;
  }
  return mac;
}

// Before the last of these characters, and behind it.
std::optional<std::pair<std::string, std::string>> SplitAtLast(const std::string& text,
                                                               char c) {
  const size_t at = text.rfind(c);
  if (at == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

}  // namespace

int64_t ReadNumber(const std::string& option, const std::string& text, int64_t least,
                   int64_t most) {
  const std::optional<int64_t> number = Number(text);
  if (!number || *number < least || *number > most)
    Complain(option, text,
             "allowed is " + std::to_string(least) + " to " + std::to_string(most));
  return *number;
}

Addr ReadAddr(const std::string& option, const std::string& text) {
  const std::optional<Addr> addr = NumericAddr(text);
  if (!addr) Complain(option, text, "not an IPv4 address, as 10.0.0.1 is");
  return *addr;
}

LocalAddr ReadHostAddress(const std::string& option, const std::string& text) {
  const auto parts = SplitAtLast(text, '/');
  const std::optional<Addr> addr = parts ? NumericAddr(parts->first) : std::nullopt;
  if (!addr) Complain(option, text, "not an IPv4 address with a prefix, as 10.0.0.2/24 is");
  const std::optional<int64_t> prefix = Number(parts->second);
  if (!prefix || *prefix < 1 || *prefix > 32)
    Complain(option, text, "the prefix has 1 to 32 bits");
  const LocalAddr local{*addr, static_cast<uint32_t>(*prefix)};
  if (Config::Default().With(local.addr, local.prefix_bits).Invalid() != nullptr)
    Complain(option, text, "cannot be the address of a host");
  return local;
}

Endpoint ReadPeer(const std::string& option, const std::string& text) {
  const auto parts = SplitAtLast(text, ':');
  const std::optional<Addr> addr = parts ? NumericAddr(parts->first) : std::nullopt;
  if (!addr) Complain(option, text, "not an IPv4 address and a port, as 10.0.0.1:80 is");
  const std::optional<Port> port = PortIn(parts->second);
  if (!port) Complain(option, text, "a port is 1 to 65535");
  return {*addr, *port};
}

Mac ReadMac(const std::string& option, const std::string& text) {
  const std::optional<Mac> mac = MacIn(text);
  if (!mac) Complain(option, text, "not a MAC address, as 02:00:00:00:00:01 is");
  if (mac->is_group() || *mac == Mac{})
    Complain(option, text, "no station can have this address");
  return *mac;
}

ListenOption ReadListen(const std::string& option, const std::string& text) {
  ListenOption listen;
  listen.text = text;
  const size_t equals = text.find('=');
  if (equals == std::string::npos) Complain(option, text, "not PORT=SERVICE, as 80=http is");
  const std::optional<Port> port = PortIn(text.substr(0, equals));
  if (!port) Complain(option, text, "a port is 1 to 65535");
  listen.port = *port;
  const std::string service = text.substr(equals + 1);
  if (service == "echo")
    listen.service = Service::kEcho;
  else if (service == "discard")
    listen.service = Service::kDiscard;
  else if (service == "http")
    listen.service = Service::kHttp;
  else if (service.substr(0, 8) == "forward:") {
    listen.service = Service::kForward;
    const auto target = SplitAtLast(service.substr(8), ':');
    const std::optional<Port> host_port = target ? PortIn(target->second) : std::nullopt;
    if (!host_port || target->first.empty())
      Complain(option, text, "not forward:HOST:PORT with a port of 1 to 65535");
    listen.host = target->first;
    listen.host_port = *host_port;
  } else {
    Complain(option, text, "services are echo, discard, http and forward:HOST:PORT");
  }
  return listen;
}

}  // namespace handfast
