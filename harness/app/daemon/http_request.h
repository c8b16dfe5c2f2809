// ReadRequest: the head of an HTTP/1.x request (RFC 9112), bounded and without state.

#ifndef HARNESS_APP_DAEMON_HTTP_REQUEST_H_
#define HARNESS_APP_DAEMON_HTTP_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace handfast {

enum class HttpStatus : uint16_t {
  kOk = 200,
  kBadRequest = 400,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kUriTooLong = 414,
  kHeadTooLarge = 431,
  kVersionNotSupported = 505,
};

struct HttpRequest {
  static constexpr size_t kLongestTarget = 2048;
  static constexpr size_t kLongestHead = 8192;

  enum class Progress : uint8_t {
    kMore,  // is to come
    kDone,
  };

  Progress progress = Progress::kMore;
  HttpStatus status = HttpStatus::kOk;  // otherwise: what is wrong with it
  bool head_only = false;               // HEAD
  std::string_view path;                // of the target, without its query
};

// What the octets that have come so far say.
HttpRequest ReadRequest(std::string_view octets);

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_HTTP_REQUEST_H_
