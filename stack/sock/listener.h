// Listener: a socket in LISTEN, with its SYN queue and its accept queue.

#ifndef STACK_SOCK_LISTENER_H_
#define STACK_SOCK_LISTENER_H_

#include <array>
#include <cstdint>

#include "stack/base/units.h"
#include "stack/sock/connection.h"
#include "stack/sock/request.h"
#include "stack/sock/socket_options.h"
#include "stack/table/list.h"
#include "stack/table/pool.h"

namespace handfast {

using SynQueue = List<Request, &Request::siblings>;
using AcceptQueue = List<Connection, &Connection::queue>;

struct Listener {
  SlotHead head;
  Addr addr;  // "any" takes all of ours
  Port port{};
  uint8_t interest = 0;  // ReadyBit
  uint8_t ready_in = 0;  // which of the two ready lists
  uint32_t chain = 0;    // slot + 1 of the next in its port bucket
  uint32_t backlog = 0;
  uint32_t young = 0;  // requests whose SYN-ACK timer has not expired yet
  SynQueue requests;
  AcceptQueue children;
  ListLink ready;
  uint64_t token = 0;
  SocketOptions options;
  // Of a SYN-ACK, by the options: without and with timestamps, which take their part of a
  // segment; and the shift of all later ones.
  std::array<uint16_t, 2> windows{};
  uint8_t rcv_scale = 0;
  uint8_t reserved[3] = {};

  // Each queue holds backlog + 1 (Linux: sk_acceptq_is_full and
  // inet_csk_reqsk_queue_is_full compare with "greater than").
  bool syn_queue_full() const { return requests.size() > backlog; }
  bool accept_queue_full() const { return children.size() > backlog; }
};

}  // namespace handfast

#endif  // STACK_SOCK_LISTENER_H_
