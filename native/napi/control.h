// The control plane as JavaScript calls it: arena, ports, workers.
#pragma once
#include <napi.h>

namespace rxb {

void ExportControl(Napi::Env env, Napi::Object exports);
// Exports a function that no string reaches which C would cut short: one with a NUL is refused, alone or in a list.
void Export(Napi::Object exports, const char *name, Napi::Value (*function)(const Napi::CallbackInfo &));
bool HoldsNul(const Napi::Value &value);
// Throws the status as an RxburstError in `env`; the class comes from TypeScript (setErrorClass).
void Throw(Napi::Env env, const struct Status &status);

}  // namespace rxb
