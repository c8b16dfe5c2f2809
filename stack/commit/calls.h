// The user's calls, carried out. Handles are resolved and times are set already.

#ifndef STACK_COMMIT_CALLS_H_
#define STACK_COMMIT_CALLS_H_

#include "stack/base/result.h"
#include "stack/base/slot.h"
#include "stack/base/units.h"
#include "stack/tables.h"

namespace handfast {

Result<Slot<Connection>> OpenSocket(Tables& t);
Errno BindSocket(Tables& t, Slot<Connection> slot, Endpoint local);
Result<Slot<Listener>> ListenOn(Tables& t, Slot<Connection> slot, int backlog);
void SetListenerOptions(Tables& t, Slot<Listener> slot, const SocketOptions& options);
// Without a socket before.
Result<Slot<Listener>> OpenListener(Tables& t, Endpoint local, int backlog);
Result<Slot<Connection>> AcceptFrom(Tables& t, Slot<Listener> slot);
Errno ConnectTo(Tables& t, Slot<Connection> slot, Endpoint peer);
Result<Slot<Connection>> OpenConnection(Tables& t, Endpoint peer);
Result<uint32_t> ReadFrom(Tables& t, Slot<Connection> slot, MutableBytes out);
Result<uint32_t> WriteTo(Tables& t, Slot<Connection> slot, Bytes text);
// Both halves of shutdown().
Errno ShutRead(Tables& t, Slot<Connection> slot);
Errno ShutWrite(Tables& t, Slot<Connection> slot);
void CloseSocket(Tables& t, Slot<Connection> slot);
void AbortSocket(Tables& t, Slot<Connection> slot);
void CloseListener(Tables& t, Slot<Listener> slot);
void SetSocketOptions(Tables& t, Slot<Connection> slot, const SocketOptions& options);
Errno TakeErrorOf(Tables& t, Slot<Connection> slot);

}  // namespace handfast

#endif  // STACK_COMMIT_CALLS_H_
