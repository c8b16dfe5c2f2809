// Cat: parts of text after one another.

#ifndef HARNESS_OP_CAT_H_
#define HARNESS_OP_CAT_H_

#include <string>

namespace handfast {

// Parts are whatever a string appends: strings, views and literals.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  (out.append(parts), ...);
  return out;
}

}  // namespace handfast

#endif  // HARNESS_OP_CAT_H_
