// Somebody else's program: a stack of his own, on no link at all.

#include <cstdio>

#include "harness/owned_stack.h"

int main() {
  using namespace handfast;
  Config config = Config::Default();
  config.With(Addr::V4(192, 0, 2, 1), 24);
  OwnedStack stack(config, Secrets{{1, 2}});
  const Instant now(1);
  const auto listener = stack->Listen(now, {Addr::AnyV4(), Port{80}}, 5);
  if (!listener) return 1;
  const OwnedStack copy = stack;
  if (!(copy == stack)) return 1;
  if (stack->Close(now, *listener) != Errno::kOk || copy == stack) return 1;
  std::printf("consumer: %zu octets, closed once, still open in the copy\n", stack->bytes());
  return 0;
}
