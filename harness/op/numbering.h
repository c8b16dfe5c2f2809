// Numbering: where the numbers of each flow began, so that segments can be written relative
// to that. It learns from the stack that is watched, and remembers when a flow is over.

#ifndef HARNESS_OP_NUMBERING_H_
#define HARNESS_OP_NUMBERING_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "harness/packet.h"
#include "stack/stack.h"

namespace handfast {

class Numbering {
 public:
  // Each segment once, in order, right after the stack has seen or sent it; as
  // harness/notation.h writes it.
  std::string ShowIn(const Stack& stack, const Seen& seen);
  std::string ShowOut(const Stack& stack, const Seen& seen);

 private:
  struct End {
    std::optional<uint32_t> isn;
    std::optional<uint32_t> ts;     // the first TSval
    std::optional<uint32_t> ts_of;  // the ISN that it came with
  };
  struct Ends {
    End ours, peers;
    bool alive = false;  // the stack says so
  };

  Ends& Know(const Stack& stack, const Flow& flow);
  static std::string Show(const Seen& seen, End& from, const End& to);

  std::map<std::tuple<uint32_t, Port, Port>, Ends> flows_;
};

}  // namespace handfast

#endif  // HARNESS_OP_NUMBERING_H_
