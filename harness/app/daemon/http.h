// Http: the daemon's pages, one request a connection (RFC 9112).
//
//     /             its state, for people
//     /metrics      the same in Prometheus' text format
//     /connections  one line each, as ss shows them
//     /bytes/N      N octets: lines of 16, each its own position in decimal

#ifndef HARNESS_APP_DAEMON_HTTP_H_
#define HARNESS_APP_DAEMON_HTTP_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/daemon/http_request.h"
#include "harness/app/daemon/session.h"

namespace handfast {

// What is shown, beside /bytes.
struct HttpPage {
  std::string path;
  std::string type;
  std::function<std::string()> text;  // asked for at each request
};
using HttpSite = std::vector<HttpPage>;

class Http final : public Session {
 public:
  static constexpr uint64_t kMostBytes = 1'000'000'000'000;
  // Within so long a request must be complete; then, each time, some text acknowledged.
  static constexpr Duration kPatience = 30s;

  // REQUIRES: `site` outlives this.
  Http(Instant now, Stack& stack, SocketId id, const HttpSite& site);

 private:
  enum class Stage : uint8_t { kRequest, kResponse, kEnd };

  void Work(Instant now) override;
  void Overdue(Instant now) override;
  void Extend(Instant now);
  void ReadRequestHead(Instant now);
  void Answer(Instant now, const HttpRequest& request);
  // The body is `body`, then the lines of /bytes up to end_.
  void Respond(Instant now, HttpStatus status, std::string_view type, const std::string& body);
  void Send(Instant now);
  void AwaitEnd(Instant now);

  const HttpSite& site_;
  Stage stage_ = Stage::kRequest;
  bool head_only_ = false;
  Pending pending_;
  std::string request_;
  std::string response_;   // what is left of it, but for
  uint64_t position_ = 0;  // the lines of /bytes from here
  uint64_t end_ = 0;       // to here
  uint32_t queued_ = 0;    // octets that were on their way when it was last overdue
};

// Octets [from, to) of /bytes.
std::string NumberedLines(uint64_t from, uint64_t to);

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_HTTP_H_
