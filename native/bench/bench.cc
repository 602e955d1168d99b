// The unity root of the benchmark's own module, build/Release/rxburst_bench.so: contestants in C, which the addon that
// ships does without. It is a Node module by another ending: node-gyp-build and prebuildify take a file for the addon
// that ends in .node.
#include <napi.h>

// In the order in which they build on each other.
// clang-format off
#include "../nic/netdev.cc"
#include "../flows/table.cc"
#include "../flows/life.cc"
#include "../napi/values/errors.cc"
#include "../napi/values/arguments.cc"
#include "core.cc"
#include "c_loop.cc"
#include "stamp.cc"
#include "flow_loop.cc"
#include "xdp_drop.cc"
#include "udp.cc"
// clang-format on

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  rxb::ExportErrors(env, exports);
  rxb::ExportCore(env, exports);
  rxb::ExportCLoop(env, exports);
  rxb::ExportStamp(env, exports);
  rxb::ExportFlowLoop(env, exports);
  rxb::ExportXdpDrop(env, exports);
  rxb::ExportUdp(env, exports);
  return exports;
}
NODE_API_MODULE(rxburst_bench, Init)
