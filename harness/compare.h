// Compare: whether two stacks are alike, bit for bit, or but for what a law leaves out.

#ifndef HARNESS_COMPARE_H_
#define HARNESS_COMPARE_H_

#include <string>

#include "harness/owned_stack.h"
#include "stack/stack.h"

namespace handfast {

// All state but the counters. What a drop leaves behind (I-09).
bool SameButCounters(const Stack& a, const Stack& b);

// A call that must fail so, and change nothing (I-12): "", or what is wrong.
template <typename Call>
std::string WrongRefusal(Stack& stack, Errno want, Call&& call) {
  const OwnedStack before(stack);
  const Errno is = call(stack);
  if (is != want) return std::string(Name(is)) + " instead of " + Name(want);
  return stack == *before ? "" : "a failing call changes something";
}

template <typename T>
Errno ErrorOf(const Result<T>& result) {
  return result ? Errno::kOk : result.error();
}

}  // namespace handfast

#endif  // HARNESS_COMPARE_H_
