#include "harness/app/daemon/http_request.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace handfast {
namespace {

HttpRequest Wrong(HttpStatus status) {
  HttpRequest request;
  request.progress = HttpRequest::Progress::kDone;
  request.status = status;
  return request;
}

// Takes a line, without its CRLF or LF. nullopt: it has no end yet.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool IsToken(std::string_view text) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
               std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// "/a?b" and "http://host/a?b" both mean "/a".
std::string_view PathOf(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (!EqualsIgnoringCase(target.substr(0, 7), "http://")) return target;
  const size_t slash = target.find('/', 7);
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

HttpRequest ReadRequestLine(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Wrong(HttpStatus::kBadRequest);
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || target.empty() || !IsPrintable(target))
    return Wrong(HttpStatus::kBadRequest);
  const bool http = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                    std::isdigit(static_cast<unsigned char>(version[5])) != 0 &&
                    version[6] == '.' &&
                    std::isdigit(static_cast<unsigned char>(version[7])) != 0;
  if (!http) return Wrong(HttpStatus::kBadRequest);
  if (version[5] != '1') return Wrong(HttpStatus::kVersionNotSupported);
  if (target.size() > HttpRequest::kLongestTarget) return Wrong(HttpStatus::kUriTooLong);
  HttpRequest request;
  request.head_only = method == "HEAD";
  request.path = PathOf(target);
  if (request.path.empty() || request.path.front() != '/')
    return Wrong(HttpStatus::kBadRequest);
  if (method != "GET" && method != "HEAD") request.status = HttpStatus::kMethodNotAllowed;
  return request;
}

// How many Host fields there are; -1: a field is malformed. nullopt: they have no end yet.
std::optional<int> CountHosts(std::string_view text) {
  int hosts = 0;
  for (;;) {
    const std::optional<std::string_view> line = TakeLine(text);
    if (!line) return std::nullopt;
    if (line->empty()) return hosts;
    const size_t colon = line->find(':');
    if (colon == std::string_view::npos || !IsToken(line->substr(0, colon))) return -1;
    if (EqualsIgnoringCase(line->substr(0, colon), "host")) ++hosts;
  }
}

}  // namespace

HttpRequest ReadRequest(std::string_view octets) {
  const bool too_large = octets.size() > HttpRequest::kLongestHead;
  // An empty line before the request is to be ignored (RFC 9112 §2.2).
  while (octets.substr(0, 1) == "\n" || octets.substr(0, 2) == "\r\n")
    octets.remove_prefix(octets.front() == '\n' ? 1 : 2);
  std::string_view rest = octets;
  const std::optional<std::string_view> line = TakeLine(rest);
  if (!line) {
    if (too_large) return Wrong(HttpStatus::kHeadTooLarge);
    if (octets.size() > HttpRequest::kLongestTarget + 64) return Wrong(HttpStatus::kUriTooLong);
    return HttpRequest{};
  }
  HttpRequest request = ReadRequestLine(*line);
  if (request.progress == HttpRequest::Progress::kDone) return request;
  const std::optional<int> hosts = CountHosts(rest);
  if (!hosts) return too_large ? Wrong(HttpStatus::kHeadTooLarge) : HttpRequest{};
  // One Host, which HTTP/1.0 may leave out (RFC 9112 §3.2).
  const bool may_lack = line->substr(line->size() - 3) == "1.0";
  if (*hosts != 1 && !(*hosts == 0 && may_lack)) return Wrong(HttpStatus::kBadRequest);
  request.progress = HttpRequest::Progress::kDone;
  return request;
}

}  // namespace handfast
