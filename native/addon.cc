// The unity root: every native file of the core, the state of one environment, and what it exports.
#include <napi.h>

#include "backend.h"
#include "layout.h"
#include "steer/bpf.h"

static Napi::Object Init(Napi::Env, Napi::Object exports) { return exports; }
NODE_API_MODULE(rxburst, Init)
