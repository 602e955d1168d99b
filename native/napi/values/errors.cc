// How a Status becomes an RxburstError, and what every exported function does before its own work.
#include "errors.h"

#include <cstring>
#include <string>

#include "../../abi/layout.h"
#include "../../abi/status.h"
#include "arguments.h"
#include "exports.h"

namespace rxb {

namespace {

const char *ErrorName(int code) {
  switch (code) {
#define X(id, name, meaning) \
  case id:                   \
    return name;
    RXB_ERRORS(X)
#undef X
  }
  return "ERR_SYSTEM";
}

Napi::Value SetErrorClass(const Napi::CallbackInfo &info) {
  Arguments in(info, "system.setErrorClass");
  const Napi::Function error_class = in.Function(0, "the class of errors");
  if (!in.ok()) return in.Throw();
  info.Env().GetInstanceData<Environment>()->error_class = Napi::Persistent(error_class);
  return info.Env().Undefined();
}

}  // namespace

void Throw(Napi::Env env, const Status &status) {
  auto *environment = env.GetInstanceData<Environment>();
  if (environment->error_class.IsEmpty()) {
    Napi::Error::New(env, status.message).ThrowAsJavaScriptException();
    return;
  }
  // By the C interface: its C++ wrapper ends the process when it can't make the error, as in a thread that is being
  // terminated.
  napi_value words[2], error;
  if (napi_create_string_utf8(env, ErrorName(status.code), NAPI_AUTO_LENGTH, &words[0]) == napi_ok &&
      napi_create_string_utf8(env, status.message, NAPI_AUTO_LENGTH, &words[1]) == napi_ok &&
      napi_new_instance(env, environment->error_class.Value(), 2, words, &error) == napi_ok)
    napi_throw(env, error);
}

// Finds or makes the group, and the group in it; a path without one is a key of the object itself.
void ExportValue(Napi::Object exports, const char *path, Napi::Value value) {
  const char *dot = strchr(path, '.');
  if (!dot) return exports.Set(path, value), void();
  const std::string name(path, dot);
  if (!exports.Has(name)) exports.Set(name, Napi::Object::New(exports.Env()));
  ExportValue(exports.Get(name).As<Napi::Object>(), dot + 1, value);
}

void Export(Napi::Object exports, const char *path, Napi::Value (*function)(const Napi::CallbackInfo &)) {
  ExportValue(exports, path, Napi::Function::New(exports.Env(), function, path));
}

void ExportErrors(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  Export(exports, "system.setErrorClass", SetErrorClass);
}

}  // namespace rxb
