// A failed Status as a JavaScript error that carries its stable code.
#pragma once
#include <napi.h>

#include "status.h"

namespace rxb {

inline Napi::Error ErrorOf(Napi::Env env, const Status &status) {
  static constexpr const char *kNames[] = {"",
#define X(code, name, meaning) name,
                                           RXB_ERRORS(X)
#undef X
  };
  Napi::Error error = Napi::Error::New(env, status.message);
  error.Set("code", kNames[status.code]);
  return error;
}

}  // namespace rxb
