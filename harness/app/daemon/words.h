// Words of a command line, read and checked. Whoever is wrong is told which option it was,
// and what is allowed.

#ifndef HARNESS_APP_DAEMON_WORDS_H_
#define HARNESS_APP_DAEMON_WORDS_H_

#include <cstdint>
#include <stdexcept>
#include <string>

#include "harness/app/daemon/options.h"
#include "stack/base/units.h"
#include "stack/wire/address.h"
#include "stack/wire/ethernet.h"

namespace handfast {

// A mistake of the user; what() is a sentence for him.
class Mistake : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

// All throw Mistake. `option` is for its sentence.
int64_t ReadNumber(const std::string& option, const std::string& text, int64_t least,
                   int64_t most);
Addr ReadAddr(const std::string& option, const std::string& text);              // "10.0.0.1"
LocalAddr ReadHostAddress(const std::string& option, const std::string& text);  // "10.0.0.2/24"
Endpoint ReadPeer(const std::string& option, const std::string& text);          // "10.0.0.1:80"
Mac ReadMac(const std::string& option, const std::string& text);  // "02:00:00:00:00:01"
ListenOption ReadListen(const std::string& option, const std::string& text);  // "80=http"

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_WORDS_H_
