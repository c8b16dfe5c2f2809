// Requests of HTTP/1.x, right and wrong (RFC 9112).

#include "harness/app/daemon/http_request.h"

#include <gtest/gtest.h>

#include <string>

namespace handfast {
namespace {

using Progress = HttpRequest::Progress;

const std::string kHost = "\r\nHost: x\r\n\r\n";

HttpStatus StatusOf(const std::string& octets) {
  const HttpRequest request = ReadRequest(octets);
  EXPECT_EQ(request.progress, Progress::kDone) << octets.substr(0, 80);
  return request.status;
}

TEST(HttpRequestTest, IsDoneWithItsEmptyLineAndNotBefore) {
  const std::string whole = "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n";
  for (size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(ReadRequest(whole.substr(0, size)).progress, Progress::kMore) << size;
  const std::string and_more = whole + "more";
  const HttpRequest request = ReadRequest(and_more);
  EXPECT_EQ(request.progress, Progress::kDone);
  EXPECT_EQ(request.status, HttpStatus::kOk);
  EXPECT_EQ(request.path, "/metrics");
  EXPECT_FALSE(request.head_only);
}

TEST(HttpRequestTest, ATargetMayHaveAQueryOrAHost) {
  const std::pair<const char*, const char*> targets[] = {
      {"/", "/"},
      {"/a?b=/c", "/a"},
      {"http://h:80/a/b", "/a/b"},
      {"HTTP://h?q=/x", "/"},
      {"http://h", "/"},
      {"a", "400"},
      {"*", "400"},
      {"/a b", "400"},
      {"/\x7f", "400"},
  };
  for (const auto& [target, path] : targets) {
    const std::string octets = "GET " + std::string(target) + " HTTP/1.1" + kHost;
    const HttpRequest request = ReadRequest(octets);
    if (std::string(path) == "400")
      EXPECT_EQ(request.status, HttpStatus::kBadRequest) << target;
    else
      EXPECT_EQ(request.path, path) << target;
  }
}

TEST(HttpRequestTest, MethodsAreGetAndHead) {
  const std::string head = "HEAD / HTTP/1.1" + kHost;
  EXPECT_TRUE(ReadRequest(head).head_only);
  for (const char* method : {"POST", "get", "DELETE", "x-y!"})
    EXPECT_EQ(StatusOf(std::string(method) + " / HTTP/1.1" + kHost),
              HttpStatus::kMethodNotAllowed);
  EXPECT_EQ(StatusOf("G(T / HTTP/1.1" + kHost), HttpStatus::kBadRequest);
}

// RFC 9112 §3.2: one Host, which HTTP/1.0 may leave out.
TEST(HttpRequestTest, OneHostIsNamed) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), HttpStatus::kBadRequest);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nhOsT: x\r\nHost: x\r\n\r\n"), HttpStatus::kBadRequest);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\n\r\n"), HttpStatus::kOk);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n"), HttpStatus::kBadRequest);
}

TEST(HttpRequestTest, WhatIsNoRequestIsBad) {
  for (const char* octets :
       {"hello\r\n\r\n", "GET /\r\n\r\n", " GET / HTTP/1.1\r\n\r\n", "GET / HTTP/11\r\n\r\n",
        "GET / http/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"})
    EXPECT_EQ(StatusOf(octets), HttpStatus::kBadRequest) << octets;
  EXPECT_EQ(StatusOf("GET / HTTP/2.0\r\n"), HttpStatus::kVersionNotSupported);
  EXPECT_EQ(StatusOf(std::string("GET /\0 HTTP/1.1\r\n", 18)), HttpStatus::kBadRequest);
}

// RFC 9112 §2.2: LF alone ends a line, and empty lines may stand before the request.
TEST(HttpRequestTest, SomeSlacknessIsAllowed) {
  EXPECT_EQ(StatusOf("\r\n\nGET / HTTP/1.1\nHost: x\n\n"), HttpStatus::kOk);
}

TEST(HttpRequestTest, LengthsAreBounded) {
  const std::string longest = "GET /" + std::string(HttpRequest::kLongestTarget - 1, 'a');
  EXPECT_EQ(StatusOf(longest + " HTTP/1.1" + kHost), HttpStatus::kOk);
  EXPECT_EQ(StatusOf(longest + "a HTTP/1.1" + kHost), HttpStatus::kUriTooLong);
  EXPECT_EQ(StatusOf(longest + std::string(100, 'a')), HttpStatus::kUriTooLong);
  const std::string fields = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  const std::string rest(HttpRequest::kLongestHead - fields.size(), 'a');
  EXPECT_EQ(ReadRequest(fields + rest).progress, Progress::kMore);
  EXPECT_EQ(StatusOf(fields + rest + "a"), HttpStatus::kHeadTooLarge);
  EXPECT_EQ(StatusOf(std::string(HttpRequest::kLongestHead + 1, '\n')),
            HttpStatus::kHeadTooLarge);
}

}  // namespace
}  // namespace handfast
