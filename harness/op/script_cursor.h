// Cursor: a line of a script, read from left to right. The first thing that is not as it
// should be is remembered, and nothing after it counts.

#ifndef HARNESS_OP_SCRIPT_CURSOR_H_
#define HARNESS_OP_SCRIPT_CURSOR_H_

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/op/cat.h"

namespace handfast {

class Cursor {
 public:
  explicit Cursor(std::string_view line) : line_(line) {}

  bool failed() const { return !expected_.empty(); }
  size_t column() const { return at_ + 1; }
  // "column 7: expected this, found that".
  std::string Complaint() const {
    return Cat("column ", std::to_string(wrong_ + 1), ": expected ", expected_, ", found ",
               Found());
  }

  void Fail(std::string expected) {
    if (failed()) return;
    expected_ = std::move(expected);
    wrong_ = at_;
  }
  // The same, of what was just read, which began at `column`.
  void FailAt(size_t column, std::string expected) {
    if (failed()) return;
    Fail(std::move(expected));
    wrong_ = column - 1;
  }

  void SkipBlanks() {
    while (at_ < line_.size() && std::isspace(static_cast<unsigned char>(line_[at_])) != 0)
      ++at_;
  }
  bool AtEnd() {
    SkipBlanks();
    return at_ == line_.size();
  }
  char next() const { return at_ < line_.size() ? line_[at_] : '\0'; }

  // Takes what stands next if it is this: a whole word, or one sign.
  bool Take(std::string_view token) {
    if (failed()) return false;
    SkipBlanks();
    if (line_.substr(at_, token.size()) != token) return false;
    const size_t end = at_ + token.size();
    if (IsLetter(token.back()) && end < line_.size() && IsLetter(line_[end])) return false;
    at_ = end;
    return true;
  }
  void Need(std::string_view token) {
    if (!Take(token)) Fail(Cat("'", token, "'"));
  }

  // Letters, digits, and what joins them in names of counters and states; may be empty.
  std::string_view Word() {
    SkipBlanks();
    const size_t from = at_;
    while (at_ < line_.size() &&
           (IsLetter(line_[at_]) || line_[at_] == '.' || line_[at_] == '-'))
      ++at_;
    return line_.substr(from, at_ - from);
  }
  // Which of these words stands here.
  template <typename Words>
  uint8_t OneOf(const Words& words) {
    SkipBlanks();
    std::string names;
    for (size_t i = 0; i < words.size(); ++i) {
      if (Take(words[i])) return static_cast<uint8_t>(i);
      names.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i]);
    }
    Fail(std::move(names));
    return 0;
  }

  int64_t Number(int64_t least, int64_t most) {
    SkipBlanks();
    const size_t from = at_;
    const bool minus = next() == '-';
    if (minus || next() == '+') ++at_;
    int64_t number = 0;
    size_t digits = 0;
    for (; std::isdigit(static_cast<unsigned char>(next())) != 0 && digits < 12;
         ++digits, ++at_)
      number = 10 * number + (next() - '0');
    if (minus) number = -number;
    if (digits > 0 && number >= least && number <= most) return number;
    FailAt(from + 1,
           Cat("a number from ", std::to_string(least), " to ", std::to_string(most)));
    return 0;
  }
  // Seconds with three decimals at most, as milliseconds.
  int64_t Seconds(int64_t most) {
    SkipBlanks();
    const size_t from = at_;
    int64_t ms = 0;
    size_t digits = 0, decimals = 0;
    const auto digit = [&] { return std::isdigit(static_cast<unsigned char>(next())) != 0; };
    for (; digit() && digits < 9; ++digits, ++at_) ms = 10 * ms + (next() - '0');
    if (next() == '.') {
      ++at_;
      for (; digit() && decimals < 3; ++decimals, ++at_) ms = 10 * ms + (next() - '0');
    }
    for (size_t i = decimals; i < 3; ++i) ms *= 10;
    if (digits + decimals > 0 && !digit() && ms <= most) return ms;
    FailAt(from + 1, Cat("seconds, to the millisecond, up to ", std::to_string(most / 1000)));
    return 0;
  }
  void SkipPast(char last) {
    const size_t found = line_.find(last, at_);
    if (found == std::string_view::npos) return Fail(std::string("'") + last + "'");
    at_ = found + 1;
  }
  // All that is left, without blanks at its ends.
  std::string_view Rest() {
    SkipBlanks();
    std::string_view rest = line_.substr(at_);
    while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.back())) != 0)
      rest.remove_suffix(1);
    at_ = line_.size();
    return rest;
  }

 private:
  static bool IsLetter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }
  std::string Found() const {
    Cursor here(line_);
    here.at_ = wrong_;
    if (here.AtEnd()) return "the end of the line";
    const std::string_view word = here.Word();
    return Cat("'", word.empty() ? line_.substr(here.at_, 1) : word, "'");
  }

  std::string_view line_;
  size_t at_ = 0;
  size_t wrong_ = 0;
  std::string expected_;
};

}  // namespace handfast

#endif  // HARNESS_OP_SCRIPT_CURSOR_H_
