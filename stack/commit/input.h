// A burst of datagrams, delivered to whom they belong.

#ifndef STACK_COMMIT_INPUT_H_
#define STACK_COMMIT_INPUT_H_

#include <span>

#include "stack/tables.h"
#include "stack/trace.h"
#include "stack/tx.h"

namespace handfast {

// How many of the datagrams were consumed; less than all when the burst of answers is full.
size_t InputBurst(Tables& t, std::span<const Bytes> datagrams, TxBurst& tx, Trace* trace);

// The link could not deliver a datagram that was sent; as if an ICMP error "host
// unreachable" quoted it.
void NoteUnreachable(Tables& t, Bytes datagram, Trace* trace);

}  // namespace handfast

#endif  // STACK_COMMIT_INPUT_H_
