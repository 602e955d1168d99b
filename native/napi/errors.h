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
bool HoldsNul(const Napi::Value &value);
// Exports a function that no string reaches which C would cut short: one with a NUL is refused, alone or in a list. `path` is its group and
// its name there, "ports.open"; messages call it so too.
void Export(Napi::Object exports, const char *path, Napi::Value (*function)(const Napi::CallbackInfo &));
// Exports a constant or a class, at such a path.
void ExportValue(Napi::Object exports, const char *path, Napi::Value value);

}  // namespace rxb
