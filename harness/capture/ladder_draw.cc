// Ladder::Draw: rows to lines of text.
//
//   time       left margin  │ zone                                       │ right margin
//
// A margin is there where a stack tells of its side.

#include <algorithm>
#include <cstdio>

#include "harness/capture/ladder.h"
#include "harness/show.h"

namespace handfast {
namespace {

using Lines = std::vector<std::string>;

constexpr size_t kTime = 10;         // columns
constexpr size_t kZone = 42;         // between the rails
constexpr size_t kMarginOfOne = 40;  // where one side tells
constexpr size_t kMarginOfTwo = 21;
constexpr size_t kAroundLabel = 7;  // of an arrow, at least

struct Glyphs {
  const char* rail;
  const char* line;
  const char* dot;
  const char* head[2];  // by the side that it points at
  const char* cross;
  const char* to;
  const char* more;
};
constexpr Glyphs kUnicodeGlyphs{"│", "─", "┄", {"◄", "►"}, "╳", "→", "⋮"};
constexpr Glyphs kAsciiGlyphs{"|", "-", ".", {"<", ">"}, "x", "->", ":"};

// Columns of UTF-8 text whose characters take one each.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string Repeat(const char* glyph, size_t count) {
  std::string text;
  while (count-- > 0) text += glyph;
  return text;
}

std::string Gap(size_t width, const std::string& text) {
  const size_t used = Width(text);
  return std::string(width > used ? width - used : 0, ' ');
}
std::string AtLeft(const std::string& text, size_t width) { return text + Gap(width, text); }
std::string AtRight(const std::string& text, size_t width) { return Gap(width, text) + text; }

// Joins parts by blanks into lines of at most `width`; a longer part has a line of its own.
Lines Fill(const std::vector<std::string>& parts, size_t width) {
  Lines lines;
  for (const std::string& part : parts) {
    if (lines.empty() || Width(lines.back()) + 1 + Width(part) > width)
      lines.push_back(part);
    else
      lines.back() += " " + part;
  }
  return lines;
}

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text)
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// An arrow from left to right or back: what comes after the label, seen from its tail.
class Arrow {
 public:
  Arrow(const Glyphs& glyphs, const LadderRow& row, Ladder::View view)
      : glyphs_(glyphs), row_(row), view_(view) {}

  std::string Draw(const std::string& label) const {
    const size_t rest = kZone - 4 - Width(label);
    const bool arrival = row_.shape == LadderRow::Shape::kArrival;
    Lines pieces{Repeat(arrival ? glyphs_.dot : glyphs_.line, 2), " " + label + " "};
    if (row_.shape == LadderRow::Shape::kDeparture) {
      pieces.push_back(Repeat(glyphs_.line, 2));
      pieces.push_back(Repeat(glyphs_.dot, rest - 2));
    } else if (IsLost()) {
      pieces.push_back(Repeat(glyphs_.line, 2));
      pieces.emplace_back(glyphs_.cross);
      pieces.emplace_back(rest - 3, ' ');
    } else {
      pieces.push_back(Repeat(glyphs_.line, rest - 1));
      const bool dropped = row_.end == LadderRow::End::kDropped;
      pieces.emplace_back(dropped ? glyphs_.cross : glyphs_.head[1 - row_.from]);
    }
    if (row_.from == 1) std::reverse(pieces.begin(), pieces.end());
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    return text;
  }

 private:
  bool IsLost() const {
    return view_ == Ladder::View::kBothSides && row_.end == LadderRow::End::kUnknown;
  }

  const Glyphs& glyphs_;
  const LadderRow& row_;
  Ladder::View view_;
};

class Canvas {
 public:
  Canvas(const LadderFlow& flow, Ladder::View view, const Glyphs& glyphs)
      : flow_(flow), view_(view), glyphs_(glyphs) {
    const bool two = view == Ladder::View::kBothSides;
    for (const Side side : {Side{0}, Side{1}})
      margin_[side] = two ? kMarginOfTwo : flow.ends[side].ours ? kMarginOfOne : 0;
  }

  std::string Draw() const {
    std::string text = Title() + Heading();
    for (const LadderRow& row : flow_.first) text += Row(row);
    const uint64_t kept = flow_.first.size() + flow_.last.size();
    if (flow_.rows > kept) text += Omission(flow_.rows - kept);
    for (const LadderRow& row : flow_.last) text += Row(row);
    return text;
  }

 private:
  std::string Isn(Side side) const {
    const LadderEnd& end = flow_.ends[side];
    return end.isn_seen ? std::to_string(end.isn->raw()) : "unknown";
  }

  std::string Title() const {
    char at[32];
    std::snprintf(at, sizeof at, "%.6f", static_cast<double>(flow_.begin.ns()) / 1e9);
    return Show(flow_.ends[0].endpoint) + " " + glyphs_.to + " " +
           Show(flow_.ends[1].endpoint) + ", at " + at + " s, ISN " + Isn(0) + " and " +
           Isn(1) + "\n";
  }

  std::string Name(Side side) const {
    const bool here = view_ == Ladder::View::kOneSide && flow_.ends[side].ours;
    return Show(flow_.ends[side].endpoint) + (here ? " (here)" : "");
  }

  std::string Heading() const {
    const std::string left = Name(0), right = Name(1);
    const size_t gap = kZone + 2 - std::min(kZone + 1, Width(left) + Width(right));
    return Line("time, s", "", left + std::string(gap, ' ') + right, "");
  }

  std::string Line(const std::string& time, const std::string& left, const std::string& zone,
                   const std::string& right) const {
    std::string line = AtRight(time, kTime) + " ";
    if (margin_[0] > 0) line += AtRight(left, margin_[0]) + " ";
    line += zone;
    if (margin_[1] > 0) line += " " + right;
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }

  Lines Margin(const LadderRow& row, Side side) const {
    Lines lines;
    for (const std::string& note : row.notes[side])
      for (const std::string& line : Fill(Words(note), margin_[side]))
        lines.push_back(Replace(line, "→", glyphs_.to));
    return lines;
  }

  Lines Zone(const LadderRow& row) const {
    const std::string blank(kZone, ' ');
    if (row.shape == LadderRow::Shape::kSilence) return {blank};
    Lines texts = Fill(row.label, kZone - kAroundLabel);
    Lines lines{Arrow(glyphs_, row, view_).Draw(texts.front())};
    texts.erase(texts.begin());
    for (const std::string& line : Fill(row.options, kZone - 6)) texts.push_back(line);
    for (const std::string& text : texts)
      lines.push_back(row.from == 0 ? AtLeft("   " + text, kZone)
                                    : AtRight(text + "   ", kZone));
    return lines;
  }

  std::string Row(const LadderRow& row) const {
    char time[32];
    std::snprintf(time, sizeof time, "%.6f",
                  static_cast<double>((row.at - flow_.begin).count()) / 1e9);
    const Lines zone = Zone(row);
    const std::array<Lines, 2> margins{Margin(row, 0), Margin(row, 1)};
    const size_t height = std::max({zone.size(), margins[0].size(), margins[1].size()});
    const auto at = [](const Lines& lines, size_t i) {
      return i < lines.size() ? lines[i] : std::string();
    };
    std::string text;
    for (size_t i = 0; i < height; ++i)
      text += Line(i == 0 ? time : "", at(margins[0], i),
                   glyphs_.rail + AtLeft(at(zone, i), kZone) + glyphs_.rail, at(margins[1], i));
    return text;
  }

  std::string Omission(uint64_t rows) const {
    const std::string text =
        std::string(glyphs_.more) + " " + std::to_string(rows) + " more " + glyphs_.more;
    const std::string half((kZone - std::min(kZone, Width(text))) / 2, ' ');
    return Line("", "", glyphs_.rail + AtLeft(half + text, kZone) + glyphs_.rail, "");
  }

  const LadderFlow& flow_;
  Ladder::View view_;
  const Glyphs& glyphs_;
  std::array<size_t, 2> margin_{};
};

}  // namespace

std::string Ladder::Draw(const LadderFlow& flow, Drawing drawing) const {
  const Glyphs& glyphs = drawing == Drawing::kUnicode ? kUnicodeGlyphs : kAsciiGlyphs;
  return Canvas(flow, options_.view, glyphs).Draw();
}

}  // namespace handfast
