// Matrix: which cells of Reach there can be, and why not the others.
//
// A cell is a state in which something comes and what is made of it. The judges of
// stack/arrive/ and the roots of RFC 9293 §3.10.7 say which exist; the rest has a reason for
// each verdict.

#ifndef HARNESS_OP_MATRIX_H_
#define HARNESS_OP_MATRIX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/reach.h"

namespace handfast {

// nullptr: there is such a cell. Else why there is none.
const char* WhyNot(State state, Coming coming, Action action);

// How often each cell was reached, over many plays.
class Matrix {
 public:
  Matrix() : counts_(Reach::kCells) {}

  // What one play has reached.
  void Add(std::span<const uint8_t> cells);
  uint64_t At(State state, Coming coming, Action action) const {
    return counts_[Reach::IndexOf(state, coming, action)];
  }

  // Cells that there are, and those of them that were reached.
  struct Totals {
    size_t possible = 0, reached = 0;
    size_t moves = 0;  // from one state to another, that were seen
  };
  Totals totals() const;
  // A line for each cell that there is and that was not reached, and for each that was, though
  // there is said to be none. Empty: all is as it should be.
  std::vector<std::string> Surprises() const;

  // A line for each state and coming.
  std::string Text() const;
  // One page, which needs no other file: counts, and a reason for each empty cell.
  std::string Html() const;
  // The same for machines: each cell that there is or that was reached.
  std::string Json(size_t inputs) const;

 private:
  std::vector<uint64_t> counts_;
};

}  // namespace handfast

#endif  // HARNESS_OP_MATRIX_H_
