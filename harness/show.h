// Show: the stack's values as people write them.

#ifndef HARNESS_SHOW_H_
#define HARNESS_SHOW_H_

#include <string>

#include "stack/base/units.h"

namespace handfast {

std::string Show(const Addr& addr);          // "10.0.0.1", "2001:db8::1"
std::string Show(const Endpoint& endpoint);  // "10.0.0.1:80", "[2001:db8::1]:80"

}  // namespace handfast

#endif  // HARNESS_SHOW_H_
