// What the broker's calls from JavaScript have in common.
#pragma once
#include <napi.h>

#include "../../abi/status.h"
#include "../values/errors.h"

namespace rxb::broker {

inline Napi::Value Failed(const Napi::CallbackInfo &info, const Status &status) {
  Throw(info.Env(), status);
  return info.Env().Undefined();
}

}  // namespace rxb::broker
