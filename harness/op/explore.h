// Explore: every sequence of a few ops, up to a length, from one beginning. States that
// were seen before, but for what AbstractHash leaves out, are not gone into again.
//
// Breadth first, so what is found is found on a shortest way.

#ifndef HARNESS_OP_EXPLORE_H_
#define HARNESS_OP_EXPLORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/op/play.h"

namespace handfast {

struct Letter {
  const char* name;
  Op op;
};

// What may happen in an exploration, and what has happened before it.
struct Alphabet {
  const char* name;
  Scenario beginning;
  std::vector<Letter> letters;
};

// "passive": a listener and two strangers. "active": a socket of ours that connects.
// "closing": an open connection, and both ends of it.
const std::vector<Alphabet>& Alphabets();

struct ExploreOptions {
  uint8_t setup = 3;
  uint32_t depth = 5;
  // What must hold of each state besides the audits, as a sentence of what does not.
  std::function<std::string(const Play&)> law;
  std::function<void(uint32_t depth, uint64_t states, uint64_t of)> progress;
};

struct Explored {
  std::vector<uint64_t> states;  // seen first at each depth, from 0 on
  uint64_t steps = 0;
  std::string wrong;  // "" if nothing was
  std::string way;    // to it: the names of its letters, one a line
  Scenario scenario;  // the same, with its beginning
  uint64_t all() const;
};

Explored Explore(const Alphabet& alphabet, const ExploreOptions& options);

}  // namespace handfast

#endif  // HARNESS_OP_EXPLORE_H_
