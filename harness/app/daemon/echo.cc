#include "harness/app/daemon/echo.h"

namespace handfast {
namespace {

constexpr int kRounds = 8;  // until others have their turn

}  // namespace

void Echo::Work(Instant now) {
  for (int round = 0; round < kRounds; ++round) {
    if (pending_.empty()) {
      switch (Read(now, pending_)) {
        case Moved::kSome: break;
        case Moved::kNothing: return Want(kReadable);
        case Moved::kEnd: return Close(now);
        case Moved::kFailed: return;
      }
    }
    const Result<uint32_t> taken = Write(now, pending_.octets());
    if (!taken) return;
    pending_.Drop(*taken);
    if (!pending_.empty()) return Want(kWritable);
  }
  Want(kReadable);
}

void Discard::Work(Instant now) {
  for (int round = 0; round < kRounds; ++round) {
    switch (Read(now, pending_)) {
      case Moved::kSome: pending_.Drop(pending_.octets().size()); break;
      case Moved::kNothing: return;
      case Moved::kEnd: return Close(now);
      case Moved::kFailed: return;
    }
  }
}

}  // namespace handfast
