// Finding: an exception to an invariant, with its number. Nothing is allocated while there
// is none.

#ifndef HARNESS_AUDIT_FINDING_H_
#define HARNESS_AUDIT_FINDING_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace handfast {

struct Finding {
  const char* id;  // "I-22"
  std::string what;
};

class Findings {
 public:
  bool empty() const { return all_.empty(); }
  const std::vector<Finding>& all() const { return all_; }
  void Add(const char* id, std::string what) { all_.push_back({id, std::move(what)}); }
  void Clear() { all_.clear(); }

  // One line for each.
  std::string Text() const {
    std::string text;
    for (const Finding& finding : all_)
      text.append(finding.id).append(": ").append(finding.what).append("\n");
    return text;
  }

  // The numbers, each once, in order: "I-05 I-22".
  std::string Ids() const {
    std::set<std::string> ids;
    for (const Finding& finding : all_) ids.insert(finding.id);
    std::string text;
    for (const std::string& id : ids) text.append(text.empty() ? "" : " ").append(id);
    return text;
  }

 private:
  std::vector<Finding> all_;
};

// Findings of one invariant.
class Report {
 public:
  static constexpr uint32_t kNoNumber = ~uint32_t{0};

  Report(Findings& findings, const char* id) : findings_(findings), id_(id) {}

  // `what` begins with a noun that the number belongs to: "connection" 3 "...".
  void Fail(const char* noun, uint32_t number, const char* what) {
    findings_.Add(id_, Named(noun, number) + " " + what);
  }
  void Fail(const char* what) { findings_.Add(id_, what); }

  void Equal(uint64_t is, uint64_t want, const char* noun, uint32_t number = kNoNumber) {
    if (is != want)
      findings_.Add(id_, Named(noun, number) + " is " + std::to_string(is) + ", not " +
                             std::to_string(want));
  }

 private:
  static std::string Named(const char* noun, uint32_t number) {
    return number == kNoNumber ? noun : std::string(noun) + " " + std::to_string(number);
  }

  Findings& findings_;
  const char* id_;
};

}  // namespace handfast

#endif  // HARNESS_AUDIT_FINDING_H_
