// HF_CHECK: an invariant of the stack itself.
//
// Always on; a failure traps. It never tests what came from the wire (a segment has a
// verdict) nor what the caller of the public face gave (a call has an Errno).

#ifndef STACK_BASE_CHECK_H_
#define STACK_BASE_CHECK_H_

#define HF_CHECK(condition)             \
  do {                                  \
    if (!(condition)) __builtin_trap(); \
  } while (false)

#endif  // STACK_BASE_CHECK_H_
