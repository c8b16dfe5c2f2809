// Somebody else's daemon, twice: two stacks that shake hands over a pair of sockets. With
// TapLink::Open("tap0", Framing::kEthernet) and an Ethernet beside the stack it would be the
// kernel that answers.

#include <sys/socket.h>

#include <cstdio>
#include <vector>

#include "harness/owned_stack.h"
#include "harness/tap/os_clock.h"
#include "harness/tap/os_rng.h"
#include "harness/tap/poller.h"
#include "harness/tap/tap_link.h"
#include "stack/pump.h"

using namespace handfast;

struct Host {
  Host(Addr addr, int fd)
      : link(TapLink::Adopt(fd, Framing::kIp).link),
        stack(Config::Default().With(addr, 24), DrawSecrets(rng)),
        memory(Pump::MemoryFor(stack->config())),
        pump(*stack, nullptr, clock, rng, *link, memory) {
    poller.Watch(link->fd(), POLLIN);
  }

  void Turn() {
    pump.Turn();
    poller.Wait(clock, Earliest(pump.next_deadline(), clock.Now() + 10ms));
  }

  OsClock clock;
  OsRng rng;
  Poller poller;
  std::unique_ptr<TapLink> link;
  OwnedStack stack;
  std::vector<uint8_t> memory;
  Pump pump;
};

int main() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) return 1;
  Host client(Addr::V4(10, 0, 0, 1), fds[0]);
  Host server(Addr::V4(10, 0, 0, 2), fds[1]);
  const auto listener = server.stack->Listen(server.clock.Now(), {Addr::AnyV4(), Port{80}}, 5);
  const auto socket =
      client.stack->Connect(client.clock.Now(), {Addr::V4(10, 0, 0, 2), Port{80}});
  if (!listener || !socket) return 1;
  for (int turn = 0; turn < 500; ++turn) {
    client.Turn();
    server.Turn();
    if (!server.stack->Accept(server.pump.now(), *listener)) continue;
    std::printf("consumer: a handshake over sockets\n");
    return client.stack->Status(*socket)->state == State::kEstablished ? 0 : 1;
  }
  return 1;
}
