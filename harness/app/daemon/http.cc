#include "harness/app/daemon/http.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace handfast {
namespace {

constexpr size_t kLine = 16;
constexpr size_t kPart = 16 << 10;  // of /bytes, made at once
constexpr int kRounds = 8;          // until others have their turn
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

const char* Reason(HttpStatus status) {
  switch (status) {
    case HttpStatus::kOk: return "OK";
    case HttpStatus::kBadRequest: return "Bad Request";
    case HttpStatus::kNotFound: return "Not Found";
    case HttpStatus::kMethodNotAllowed: return "Method Not Allowed";
    case HttpStatus::kUriTooLong: return "URI Too Long";
    case HttpStatus::kHeadTooLarge: return "Request Header Fields Too Large";
    case HttpStatus::kVersionNotSupported: return "HTTP Version Not Supported";
  }
  return "";
}

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view AsText(Bytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

Bytes AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string NumberedLines(uint64_t from, uint64_t to) {
  std::string lines;
  for (uint64_t at = from / kLine * kLine; at < to; at += kLine) {
    char line[32];
    std::snprintf(line, sizeof line, "%015llu\n", static_cast<unsigned long long>(at));
    lines.append(line, kLine);
  }
  return lines.substr(from % kLine, to - from);
}

Http::Http(Instant now, Stack& stack, SocketId id, const HttpSite& site)
    : Session(stack, id), site_(site) {
  GiveUpAt(now + kPatience);
  Want(kReadable);
}

void Http::Work(Instant now) {
  switch (stage_) {
    case Stage::kRequest: return ReadRequestHead(now);
    case Stage::kResponse: return Send(now);
    case Stage::kEnd: return AwaitEnd(now);
  }
}

void Http::ReadRequestHead(Instant now) {
  switch (Read(now, pending_)) {
    case Moved::kSome: break;
    case Moved::kNothing: return;
    case Moved::kEnd: return Close(now);
    case Moved::kFailed: return;
  }
  request_.append(AsText(pending_.octets()));
  pending_.Drop(pending_.octets().size());
  const HttpRequest request = ReadRequest(request_);
  if (request.progress == HttpRequest::Progress::kDone) Answer(now, request);
}

void Http::Answer(Instant now, const HttpRequest& request) {
  constexpr std::string_view kBytes = "/bytes/";
  head_only_ = request.head_only;
  HttpStatus status = request.status;
  if (status == HttpStatus::kOk) {
    for (const HttpPage& page : site_)
      if (request.path == page.path) return Respond(now, status, page.type, page.text());
    status = HttpStatus::kNotFound;
    if (request.path.substr(0, kBytes.size()) == kBytes) {
      const std::optional<uint64_t> count = Number(request.path.substr(kBytes.size()));
      if (count && *count <= kMostBytes) {
        end_ = *count;
        return Respond(now, HttpStatus::kOk, kPlain, "");
      }
      status = HttpStatus::kBadRequest;
    }
  }
  Respond(now, status, kPlain,
          std::to_string(static_cast<int>(status)) + ' ' + Reason(status) + '\n');
}

void Http::Respond(Instant now, HttpStatus status, std::string_view type,
                   const std::string& body) {
  response_ = "HTTP/1.1 " + std::to_string(static_cast<int>(status)) + ' ' + Reason(status);
  response_ += "\r\nContent-Type: " + std::string(type);
  response_ += "\r\nContent-Length: " + std::to_string(body.size() + end_);
  if (status == HttpStatus::kMethodNotAllowed) response_ += "\r\nAllow: GET, HEAD";
  response_ += "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  if (head_only_)
    end_ = 0;
  else
    response_ += body;
  request_.clear();
  stage_ = Stage::kResponse;
  Extend(now);
  Send(now);
}

void Http::Send(Instant now) {
  for (int round = 0; round < kRounds; ++round) {
    if (response_.empty() && position_ < end_) {
      const uint64_t to = std::min(end_, position_ + kPart);
      response_ = NumberedLines(position_, to);
      position_ = to;
    }
    if (response_.empty()) {
      static_cast<void>(stack_.Shutdown(now, id_, ShutdownHow::kWrite));
      stage_ = Stage::kEnd;
      return AwaitEnd(now);
    }
    const Result<uint32_t> taken = Write(now, AsBytes(response_));
    if (!taken) return;
    if (*taken > 0) Extend(now);
    response_.erase(0, *taken);
    if (!response_.empty()) break;
  }
  Want(kWritable);
}

void Http::Extend(Instant now) {
  GiveUpAt(now + kPatience);
  queued_ = UINT32_MAX;
}

// As long as the peer takes something it may be slow.
void Http::Overdue(Instant now) {
  const Result<SocketStatus> status = stack_.Status(id_);
  const uint32_t queued = status ? status->unsent + status->unacknowledged : 0;
  if (stage_ == Stage::kRequest || queued >= std::exchange(queued_, queued)) return Abort(now);
  GiveUpAt(now + kPatience);
}

// Reads on until the peer has ended, too: text that nobody reads would reset the connection,
// and the response might be lost (RFC 9112 §9.6).
void Http::AwaitEnd(Instant now) {
  for (int round = 0; round < kRounds; ++round) {
    switch (Read(now, pending_)) {
      case Moved::kSome: pending_.Drop(pending_.octets().size()); break;
      case Moved::kNothing: return Want(kReadable);
      case Moved::kEnd: return Close(now);
      case Moved::kFailed: return;
    }
  }
  Want(kReadable);
}

}  // namespace handfast
