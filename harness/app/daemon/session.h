// Session: one connection of the stack in the hands of a service.
//
// It is told when its socket, or a descriptor of the host that it works with, is ready, and
// when its deadline has come. It asks for exactly those events that it can make use of, and
// keeps a bounded number of octets.

#ifndef HARNESS_APP_DAEMON_SESSION_H_
#define HARNESS_APP_DAEMON_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/stack.h"

namespace handfast {

// Octets that were read and wait to be written.
class Pending {
 public:
  static constexpr size_t kCapacity = 16 << 10;

  bool empty() const { return begin_ == end_; }
  Bytes octets() const { return {memory_.get() + begin_, end_ - begin_}; }
  // Where to read to. REQUIRES: empty().
  MutableBytes Room();
  void Fill(size_t octets) { end_ = octets; }
  void Drop(size_t octets) { begin_ += octets; }

 private:
  std::unique_ptr<uint8_t[]> memory_;  // once it was needed
  size_t begin_ = 0;
  size_t end_ = 0;
};

class Session {
 public:
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void OnSocket(Instant now);
  // A descriptor that was watched with token() is ready; `events` are poll's.
  virtual void OnHost(Instant /*now*/, int /*fd*/, short /*events*/) {}
  void OnDeadline(Instant now);
  // The peer is to learn that nobody is left (RST); so is the host.
  virtual void Abort(Instant now);

  // Names the session for as long as it lives; never 0.
  uint64_t token() const { return uint64_t{id_.generation} << 32 | id_.slot.index(); }
  // Over: the id was given back, the host's descriptors are closed.
  bool done() const { return done_; }
  Instant deadline() const { return Earliest(retry_at_, give_up_at_); }
  uint64_t octets_in() const { return octets_in_; }
  uint64_t octets_out() const { return octets_out_; }

 protected:
  Session(Stack& stack, SocketId id) : stack_(stack), id_(id) {}

  // The socket is ready for what was wanted, or it is time to try again.
  virtual void Work(Instant now) = 0;
  // The time of GiveUpAt() has come.
  virtual void Overdue(Instant now) { Abort(now); }
  // The connection has failed.
  virtual void Fail(Instant now, Errno error);

  enum class Moved : uint8_t { kSome, kNothing, kEnd, kFailed };

  // Reads into an empty buffer; kEnd: the peer has sent its FIN. kFailed: Fail() was called.
  Moved Read(Instant now, Pending& pending);
  // Writes what the stack takes. How many octets; on failure Fail() was called.
  Result<uint32_t> Write(Instant now, Bytes octets);
  // Which events Work() is called for.
  void Want(uint8_t ready_bits);
  // Gives the id back; what was written is still sent.
  void Close(Instant now);
  void GiveUpAt(Instant at) { give_up_at_ = at; }

  Stack& stack_;
  const SocketId id_;

 private:
  bool done_ = false;
  uint8_t wanted_ = 0;
  Instant retry_at_ = Instant::Never();
  Instant give_up_at_ = Instant::Never();
  uint64_t octets_in_ = 0;
  uint64_t octets_out_ = 0;
};

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_SESSION_H_
