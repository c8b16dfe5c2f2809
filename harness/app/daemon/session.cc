#include "harness/app/daemon/session.h"

namespace handfast {
namespace {

// After this the pool of chunks, which was empty, may have some again.
constexpr Duration kRetry = 10ms;

}  // namespace

MutableBytes Pending::Room() {
  if (!memory_) memory_.reset(new uint8_t[kCapacity]);
  begin_ = end_ = 0;
  return {memory_.get(), kCapacity};
}

void Session::OnSocket(Instant now) {
  const Result<SocketStatus> status = stack_.Status(id_);
  if (status && status->error != Errno::kOk) return Fail(now, stack_.TakeError(now, id_));
  Work(now);
}

void Session::OnDeadline(Instant now) {
  if (give_up_at_ <= now) return Overdue(now);
  if (retry_at_ > now) return;
  retry_at_ = Instant::Never();
  Want(wanted_);
  OnSocket(now);
}

void Session::Abort(Instant now) {
  if (done_) return;
  static_cast<void>(stack_.Abort(now, id_));
  done_ = true;
}

void Session::Close(Instant now) {
  static_cast<void>(stack_.Close(now, id_));
  done_ = true;
}

void Session::Fail(Instant now, Errno) { Close(now); }

Session::Moved Session::Read(Instant now, Pending& pending) {
  const Result<uint32_t> count = stack_.Read(now, id_, pending.Room());
  if (!count && count.error() == Errno::kAgain) return Moved::kNothing;
  if (!count) {
    Fail(now, count.error());
    return Moved::kFailed;
  }
  pending.Fill(*count);
  octets_in_ += *count;
  return *count == 0 ? Moved::kEnd : Moved::kSome;
}

Result<uint32_t> Session::Write(Instant now, Bytes octets) {
  const Result<uint32_t> count = stack_.Write(now, id_, octets);
  if (count) {
    octets_out_ += *count;
    return count;
  }
  if (count.error() == Errno::kAgain) return uint32_t{0};
  if (count.error() == Errno::kNoBufs) {
    retry_at_ = now + kRetry;
    return uint32_t{0};
  }
  Fail(now, count.error());
  return count;
}

void Session::Want(uint8_t ready_bits) {
  wanted_ = ready_bits;
  // Room in the buffer is of no use while there are no chunks to fill it with.
  const bool starved = !retry_at_.never();
  const unsigned bits = ready_bits & (starved ? ~unsigned{kWritable} : ~0u);
  static_cast<void>(stack_.SetInterest(id_, static_cast<uint8_t>(bits | kErrored)));
}

}  // namespace handfast
