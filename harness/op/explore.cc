#include "harness/op/explore.h"

#include <numeric>
#include <unordered_set>
#include <utility>

#include "harness/abstract.h"

namespace handfast {
namespace {

using Way = std::vector<uint8_t>;  // letters, from the beginning on

uint64_t StateOf(const Play& play) {
  uint64_t hash = AbstractHash(play.stack());
  for (uint8_t fd = 0; fd < Op::kFds; ++fd) {
    const Descriptor& d = play.descriptor(fd);
    const auto status = play.stack().Status(d.socket);
    hash = hash * 31 + static_cast<uint64_t>(d.kind) * 2 + (d.held ? 1 : 0);
    if (status) hash = hash * 31 + AbstractHash(play.stack(), status->flow);
  }
  return hash;
}

class Explorer {
 public:
  Explorer(const Alphabet& alphabet, const ExploreOptions& options)
      : alphabet_(alphabet), options_(options), root_(options.setup) {
    root_.Do(alphabet.beginning);
  }

  Explored Run() {
    seen_.insert(StateOf(root_));
    found_.states.push_back(1);
    std::vector<Way> frontier{Way{}};
    for (uint32_t depth = 1; depth <= options_.depth && !frontier.empty(); ++depth) {
      std::vector<Way> next;
      uint64_t done = 0;
      for (const Way& way : frontier) {
        if (options_.progress) options_.progress(depth, done++, frontier.size());
        if (!Extend(way, next)) return std::move(found_);
      }
      found_.states.push_back(next.size());
      frontier = std::move(next);
    }
    return std::move(found_);
  }

 private:
  // Goes one step on from the end of a way, in all directions. False if something is wrong.
  bool Extend(const Way& way, std::vector<Way>& next) {
    Play here = root_;
    here.set_audits(Play::Audits::kNone);  // this far all was right
    for (const uint8_t letter : way) here.Do(alphabet_.letters[letter].op);
    here.set_audits(Play::Audits::kEachOp);
    for (uint8_t letter = 0; letter < alphabet_.letters.size(); ++letter) {
      Play there = here;
      there.Do(alphabet_.letters[letter].op);
      ++found_.steps;
      const bool fresh = there.wrong().empty() && seen_.insert(StateOf(there)).second;
      if (!there.wrong().empty() || fresh) {
        Way longer = way;
        longer.push_back(letter);
        if (const std::string wrong = WrongOfState(there); !wrong.empty())
          return Tell(longer, wrong);
        if (fresh) next.push_back(std::move(longer));
      }
    }
    return true;
  }

  std::string WrongOfState(const Play& play) const {
    if (!play.wrong().empty()) return play.wrong();
    if (options_.law)
      if (std::string broken = options_.law(play); !broken.empty()) return broken;
    Play end = play;  // from every state, there is an end
    end.Finish();
    return end.wrong();
  }

  bool Tell(const Way& way, const std::string& wrong) {
    found_.wrong = wrong;
    found_.scenario = alphabet_.beginning;
    for (const uint8_t letter : way) {
      found_.way += std::string(alphabet_.letters[letter].name) + "\n";
      found_.scenario.push_back(alphabet_.letters[letter].op);
    }
    return false;
  }

  const Alphabet& alphabet_;
  const ExploreOptions& options_;
  Play root_;
  std::unordered_set<uint64_t> seen_;
  Explored found_;
};

}  // namespace

uint64_t Explored::all() const {
  return std::accumulate(states.begin(), states.end(), uint64_t{0});
}

Explored Explore(const Alphabet& alphabet, const ExploreOptions& options) {
  return Explorer(alphabet, options).Run();
}

}  // namespace handfast
