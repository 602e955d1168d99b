// A compiled filter as JavaScript holds it: an object that only native code looks into.
#pragma once
#include <memory>

#include "../../filter/compile.h"
#include "arguments.h"

namespace rxb {

using SharedFilter = std::shared_ptr<const steer::Filter>;

Napi::Value WrapFilter(Napi::Env, steer::Filter);

// The filter in such an object. Anything else is ERR_BAD_ARGUMENT, and the answer is null.
SharedFilter FilterOf(Arguments *, const Napi::Value &);

}  // namespace rxb
