// Status: how every native function reports failure; a code and a message, plain data across modules.
#pragma once
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "layout.h"

namespace rxb {

struct Status {
  int code = kOk;
  char message[768] = "";
  explicit operator bool() const { return code == kOk; }
};

// A failed Status. The message says what was wanted, what was found, and the command that mends it.
__attribute__((format(printf, 2, 3))) inline Status Fail(ErrorCode code, const char *format, ...) {
  Status status;
  status.code = code;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(status.message, sizeof status.message, format, arguments);
  va_end(arguments);
  return status;
}

// A failed system call whose errno has no better translation.
inline Status FailErrno(const char *what, int error = errno) {
  if (error == EPERM || error == EACCES)
    return Fail(kNoCapability, "%s: %s. Run as root, or give the process CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF.", what,
                strerror(error));
  if (error == EMFILE || error == ENFILE)
    return Fail(kNoDescriptors, "%s: %s. `ulimit -n` shows the limit and raises it.", what, strerror(error));
  return Fail(kSystem, "%s: %s (errno %d)", what, strerror(error), error);
}

#define RXB_TRY(expression)                                    \
  do {                                                         \
    if (auto status_ = (expression); !status_) return status_; \
  } while (0)

}  // namespace rxb
