// What the benchmark needs in C: contestants of its own, so that nobody needs a compiler to run it.
#pragma once
#include <napi.h>

namespace rxb {

void ExportBench(Napi::Env env, Napi::Object exports);

}  // namespace rxb
