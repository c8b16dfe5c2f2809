// Errno and Result: how a call says no.
//
// POSIX's words with Linux's numbers, so that a caller, a script and a kernel can be
// compared without a table.

#ifndef STACK_BASE_RESULT_H_
#define STACK_BASE_RESULT_H_

#include <cstdint>

#include "stack/base/check.h"

namespace handfast {

// X(enumerator, Linux's number, POSIX's name)
#define HF_ERRNOS(X)                    \
  X(kOk, 0, "OK")                       \
  X(kAgain, 11, "EAGAIN")               \
  X(kNoMem, 12, "ENOMEM")               \
  X(kInval, 22, "EINVAL")               \
  X(kNFile, 23, "ENFILE")               \
  X(kPipe, 32, "EPIPE")                 \
  X(kBadF, 9, "EBADF")                  \
  X(kNoNet, 64, "ENONET")               \
  X(kProto, 71, "EPROTO")               \
  X(kDestAddrReq, 89, "EDESTADDRREQ")   \
  X(kNoProtoOpt, 92, "ENOPROTOOPT")     \
  X(kOpNotSupp, 95, "EOPNOTSUPP")       \
  X(kAfNoSupport, 97, "EAFNOSUPPORT")   \
  X(kAddrInUse, 98, "EADDRINUSE")       \
  X(kAddrNotAvail, 99, "EADDRNOTAVAIL") \
  X(kNetUnreach, 101, "ENETUNREACH")    \
  X(kConnAborted, 103, "ECONNABORTED")  \
  X(kConnReset, 104, "ECONNRESET")      \
  X(kNoBufs, 105, "ENOBUFS")            \
  X(kIsConn, 106, "EISCONN")            \
  X(kNotConn, 107, "ENOTCONN")          \
  X(kTimedOut, 110, "ETIMEDOUT")        \
  X(kConnRefused, 111, "ECONNREFUSED")  \
  X(kHostDown, 112, "EHOSTDOWN")        \
  X(kHostUnreach, 113, "EHOSTUNREACH")  \
  X(kAlready, 114, "EALREADY")          \
  X(kInProgress, 115, "EINPROGRESS")

enum class [[nodiscard]] Errno : uint8_t {
#define HF_ENUM(name, number, text) name = number,
  HF_ERRNOS(HF_ENUM)
#undef HF_ENUM
};

constexpr const char* Name(Errno error) {
  switch (error) {
#define HF_NAME(name, number, text) \
  case Errno::name: return text;
    HF_ERRNOS(HF_NAME)
#undef HF_NAME
  }
  return "E?";
}

// A value, or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : value_(value) {}  // NOLINT: implicit by design
  constexpr Result(Errno error) : error_(error) { HF_CHECK(error != Errno::kOk); }  // NOLINT

  constexpr explicit operator bool() const { return error_ == Errno::kOk; }
  constexpr Errno error() const { return error_; }
  // REQUIRES: there is a value.
  constexpr const T& operator*() const {
    HF_CHECK(error_ == Errno::kOk);
    return value_;
  }
  constexpr const T* operator->() const { return &**this; }

 private:
  T value_{};
  Errno error_ = Errno::kOk;
};

}  // namespace handfast

#endif  // STACK_BASE_RESULT_H_
