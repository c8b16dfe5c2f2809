#include "harness/show.h"

#include <arpa/inet.h>

#include <array>

#include "stack/wire/be.h"

namespace handfast {

std::string Show(const Addr& addr) {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < 4; ++i) StoreBe32(&bytes[4 * i], addr.words[i]);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = addr.is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &bytes[12] : bytes.data(), text.data(), text.size());
  return text.data();
}

std::string Show(const Endpoint& endpoint) {
  const std::string port = std::to_string(static_cast<uint16_t>(endpoint.port));
  const std::string addr = Show(endpoint.addr);
  return endpoint.addr.is_v4() ? addr + ":" + port : "[" + addr + "]:" + port;
}

}  // namespace handfast
