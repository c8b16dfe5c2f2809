// JsonWriter: text for machines, written from left to right.

#ifndef HARNESS_JSON_H_
#define HARNESS_JSON_H_

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace handfast {

class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Begin('{', '}'); }
  JsonWriter& BeginArray() { return Begin('[', ']'); }
  JsonWriter& End() {
    text_ += ends_.back();
    ends_.pop_back();
    first_ = false;
    return *this;
  }
  // REQUIRES: an object has begun, and has not ended; a value follows.
  JsonWriter& Key(std::string_view name) {
    Separate();
    Quote(name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  JsonWriter& Value(std::string_view text) {
    Separate();
    Quote(text);
    return *this;
  }
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(const std::string& text) { return Value(std::string_view(text)); }
  JsonWriter& Value(std::same_as<bool> auto value) { return Raw(value ? "true" : "false"); }
  JsonWriter& Value(std::unsigned_integral auto value)
    requires(!std::same_as<decltype(value), bool>)
  {
    return Raw(std::to_string(value));
  }
  // A finite number.
  JsonWriter& Value(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return Raw(text);
  }
  template <typename T>
  JsonWriter& Field(std::string_view name, const T& value) {
    return Key(name).Value(value);
  }

  const std::string& text() const { return text_; }

 private:
  JsonWriter& Begin(char begin, char end) {
    Separate();
    text_ += begin;
    ends_.push_back(end);
    first_ = true;
    return *this;
  }
  JsonWriter& Raw(std::string_view text) {
    Separate();
    text_ += text;
    return *this;
  }
  void Separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  void Quote(std::string_view text) {
    text_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') text_ += '\\';
      if (static_cast<unsigned char>(c) >= 0x20) {
        text_ += c;
        continue;
      }
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      text_ += escape;
    }
    text_ += '"';
  }

  std::string text_;
  std::vector<char> ends_;
  bool first_ = true;
};

}  // namespace handfast

#endif  // HARNESS_JSON_H_
