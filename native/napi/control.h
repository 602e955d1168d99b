// The control plane as JavaScript calls it: arena, ports, workers.
#pragma once
#include <napi.h>

namespace rxb {

void ExportControl(Napi::Env env, Napi::Object exports);
// Throws the status as an RxburstError in `env`; the class comes from TypeScript (setErrorClass).
void Throw(Napi::Env env, const struct Status &status);

}  // namespace rxb
