// Errors that JavaScript sees, and the export of functions that throw them.
#pragma once
#include <napi.h>

namespace rxb {

// What one environment (the main thread or a worker) keeps.
struct Environment {
  Napi::FunctionReference error_class;
  Napi::Reference<Napi::Value> memory;  // of the arena that was made here: it stays where it is
};

// Throws the status as an RxburstError in `env`; the class comes from TypeScript (setErrorClass).
void Throw(Napi::Env env, const struct Status &status);
// Exports a function. `path` is its group and its name there, "ports.open"; messages call it so too. It reads what it
// is given by Arguments or Fields, which refuse whatever would do harm.
void Export(Napi::Object exports, const char *path, Napi::Value (*function)(const Napi::CallbackInfo &));
// Exports a constant or a class, at such a path.
void ExportValue(Napi::Object exports, const char *path, Napi::Value value);

}  // namespace rxb
