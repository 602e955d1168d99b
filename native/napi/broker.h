// What the broker's calls from JavaScript have in common.
#pragma once
#include <napi.h>

#include "../abi/status.h"
#include "control.h"

namespace rxb::broker {

inline Napi::Value Failed(const Napi::CallbackInfo &info, const Status &status) {
  Throw(info.Env(), status);
  return info.Env().Undefined();
}

inline int Whole(const Napi::Value &value) { return value.IsNumber() ? value.As<Napi::Number>().Int32Value() : -1; }

}  // namespace rxb::broker
