// Stack: TCP connection setup, and what follows it, as a value.
//
// All state of a stack lies in one block of memory that its owner gives; nothing in it is a
// pointer, nothing is allocated, and nothing outside is touched. Time is an argument. What
// is unpredictable follows from the Secrets. So the same config, secrets, calls and
// datagrams give the same bytes, and a copy of the block goes the way of the original.
//
// The owner gives datagrams to Input and lets time pass with Expire; both write the answers
// into a TxBurst. What a call wants to send waits at its flow for the next Expire;
// next_deadline() is now while something waits. (stack/pump.h does all that for one link.)
//
// Calls answer with an Errno. A call that fails changes nothing. A handle whose object is
// gone answers EBADF, for ever.
//
// One stack belongs to one thread at a time.

#ifndef STACK_STACK_H_
#define STACK_STACK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/commit/life.h"
#include "stack/config.h"
#include "stack/counters.h"
#include "stack/tables.h"
#include "stack/trace.h"
#include "stack/tx.h"

namespace handfast {

using SocketId = Handle<Connection>;
using ListenerId = Handle<Listener>;

enum class ShutdownHow : uint8_t { kRead, kWrite, kBoth };

// Something is ready: a listener, or a socket.
struct Ready {
  uint8_t bits = 0;  // ReadyBit
  ListenerId listener;
  SocketId socket;  // set unless the listener is
};

struct SocketStatus {
  State state = State::kClosed;
  Flow flow;
  Errno error = Errno::kOk;  // pending
  Errno soft_error = Errno::kOk;
  Negotiated negotiated;
  uint32_t unread = 0;  // octets
  uint32_t unsent = 0;
  uint32_t unacknowledged = 0;
  uint32_t send_mss = 0;
  uint32_t cwnd = 0;
  uint32_t send_window = 0;
  uint32_t receive_window = 0;
  Duration srtt{};  // 0: not measured yet
  Duration rto{};
  uint8_t timeouts = 0;  // in a row
};

struct ListenerStatus {
  Endpoint local;
  uint32_t backlog = 0;  // each queue holds one more
  uint32_t syn_queue = 0;
  uint32_t accept_queue = 0;
};

class Stack {
 public:
  // Makes a stack in a block of config.Bytes() octets, aligned to kTablesAlignment. EINVAL:
  // config.Invalid() names a field, or the alignment is wrong. ENOMEM: the block is small.
  static Result<Stack*> Make(std::span<std::byte> block, const Config& config,
                             const Secrets& secrets);
  // A copy in another block; errors as above.
  Result<Stack*> CopyTo(std::span<std::byte> block) const;

  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  size_t bytes() const { return t_.config.Bytes(); }
  // Equality and hash of all state, bit for bit.
  friend bool operator==(const Stack& a, const Stack& b);
  uint64_t Hash() const;

  // --- Time and datagrams.

  // Takes IP datagrams as they came from the link. How many were consumed: all, unless `tx`
  // filled up; give the rest again once it was emptied. `tx` must have room for a datagram
  // of the MTU, or nothing is consumed. A `now` before an earlier one counts as that one.
  size_t Input(Instant now, std::span<const Bytes> datagrams, TxBurst& tx,
               Trace* trace = nullptr);
  // Does what is due at `now`: timers, then output of calls. What finds no room in `tx`
  // stays due.
  void Expire(Instant now, TxBurst& tx, Trace* trace = nullptr);
  // When Expire has something to do: to the millisecond, `now` while output waits, never.
  Instant next_deadline() const;
  // Fresh entropy for ephemeral ports; every ten seconds where connect() is used.
  void Rekey(SipKey entropy);
  // The link found no way to the peer of a datagram of ours, as when nobody answers ARP.
  // Counts as an ICMP error "host unreachable" about it (Linux: ipv4_link_failure): an
  // attempt to connect may fail of it, others remember it.
  void NoteUnreachable(Instant now, Bytes datagram, Trace* trace = nullptr);
  // The link did not take so many datagrams. They are lost, as on the wire.
  void NoteRefused(uint64_t datagrams) {
    t_.counters.Add(Counter::kHandfastTxRefused, datagrams);
  }

  // --- Sockets. All take `now` first. EBADF, of all: no such socket or listener.

  // A socket, in CLOSED. ENFILE: all sockets are in use.
  Result<SocketId> Socket(Instant now);
  // Port 0 asks for a free one of Config::ephemeral. EINVAL, EAFNOSUPPORT, EADDRNOTAVAIL as
  // in stack/call/bind.h; EADDRINUSE: another holds the port, or none is free.
  Errno Bind(Instant now, SocketId id, Endpoint local);
  // The socket becomes a listener; its id is void then. Unbound sockets get a port. EINVAL:
  // it is or was connected. ENFILE: all listeners are in use. EADDRINUSE: no port is free.
  Result<ListenerId> Listen(Instant now, SocketId id, int backlog);
  // A new backlog; queues keep what they hold.
  Errno SetBacklog(Instant now, ListenerId id, int backlog);
  // The connection that was completed first. EAGAIN: there is none.
  Result<SocketId> Accept(Instant now, ListenerId id);
  // Starts to connect; kWritable tells that it is decided, TakeError how. Errors as in
  // stack/call/connect.h; EADDRNOTAVAIL: no port is free for this peer, or none of our
  // addresses can be the source.
  Errno Connect(Instant now, SocketId id, Endpoint peer);

  // Socket, Bind and Listen in one, though it takes no socket; Socket and Connect in one.
  Result<ListenerId> Listen(Instant now, Endpoint local, int backlog);
  Result<SocketId> Connect(Instant now, Endpoint peer);

  // How many octets; 0 is the end, where `out` has room. EAGAIN: none yet. ENOTCONN. A
  // pending error, once.
  Result<uint32_t> Read(Instant now, SocketId id, MutableBytes out);
  // How many octets were taken, at least 1 if any were given. EAGAIN: the buffer is full, or
  // the socket is connecting. ENOBUFS: all chunks are in use. EPIPE: sending was shut.
  // ENOTCONN. A pending error, once.
  Result<uint32_t> Write(Instant now, SocketId id, Bytes text);
  // ENOTCONN: there is no peer. EINVAL: `how` is none of the three.
  Errno Shutdown(Instant now, SocketId id, ShutdownHow how);
  // Gives the id back. What is queued is still sent, then a FIN; a RST instead if text was
  // not read, or by SocketOptions::linger.
  Errno Close(Instant now, SocketId id);
  // Gives the id back; a RST tells the peer.
  Errno Abort(Instant now, SocketId id);
  // Half-open connections are forgotten, those not accepted yet are reset.
  Errno Close(Instant now, ListenerId id);

  // The pending error, or else the advice of ICMP, and takes it (POSIX: SO_ERROR). kOk:
  // there is none.
  Errno TakeError(Instant now, SocketId id);
  // EINVAL: a value is out of range; nothing is changed.
  Errno SetOptions(Instant now, SocketId id, const SocketOptions& options);
  Errno SetOptions(Instant now, ListenerId id, const SocketOptions& options);

  // --- Events: a level-triggered list that cannot overflow.

  // Which ReadyBits are told of. New sockets: all but kWritable and kAdvised.
  Errno SetInterest(SocketId id, uint8_t ready_bits);
  Errno SetInterest(ListenerId id, uint8_t ready_bits);
  // The next that is ready. nullopt ends a round; each is told at most once in a round, and
  // again in the next one if it is ready still.
  std::optional<Ready> NextEvent();
  bool has_events() const;

  // --- Looking.

  Result<SocketStatus> Status(SocketId id) const;
  Result<ListenerStatus> Status(ListenerId id) const;
  Result<SocketOptions> GetOptions(SocketId id) const;
  Result<SocketOptions> GetOptions(ListenerId id) const;
  const Counters& counters() const { return t_.counters; }
  const Config& config() const { return t_.config; }
  const Tables& tables() const { return t_; }

 private:
  Stack(const Config& config, const Secrets& secrets) : t_(config, secrets) {}
  void SetNow(Instant now);
  // Runs a call at `now`. One that fails leaves not even a trace of the time.
  template <typename Call>
  auto At(Instant now, Call&& call);
  // The slot of a socket that the user holds; none when the handle is void.
  Slot<Connection> Own(SocketId id) const;

  Tables t_;
};

}  // namespace handfast

#endif  // STACK_STACK_H_
