// The unity root: every native file of the core, and what it exports to each environment that loads it.
#include <napi.h>

// In the order in which they build on each other.
// clang-format off
#include "arena.cc"
#include "audit.cc"
#include "backends/af_xdp.cc"
#include "backends/loop.cc"
#include "backends/packet_mmap.cc"
#include "backends/packet_socket.cc"
#include "backends/socket.cc"
#include "control.cc"
#include "module.cc"
#include "bench/c_loop.cc"
#include "bench/xdp_drop.cc"
#include "bench/udp.cc"
#include "netdev.cc"
#include "pool.cc"
#include "registry.cc"
#include "spare.cc"
#include "steer/btf.cc"
#include "steer/classic.cc"
#include "steer/classify.cc"
#include "steer/door.cc"
#include "steer/door_exports.cc"
#include "steer/ethtool.cc"
#include "steer/exports.cc"
#include "steer/features.cc"
#include "steer/filter.cc"
#include "steer/flood.cc"
#include "steer/graph.cc"
#include "steer/ingress.cc"
#include "steer/inject.cc"
#include "steer/metadata.cc"
#include "steer/metadata_plan.cc"
#include "steer/nic_exports.cc"
#include "steer/nic_rules.cc"
#include "steer/program.cc"
#include "steer/rule_graph.cc"
#include "steer/translate.cc"
#include "steer/vet.cc"
#include "turn.cc"
#include "worker.cc"
// clang-format on

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  rxb::ExportControl(env, exports);
  rxb::ExportBench(env, exports);
  rxb::ExportClassify(env, exports);
  rxb::ExportFlood(env, exports);
  rxb::ExportDoor(env, exports);
  rxb::ExportNic(env, exports);
  rxb::ExportSteer(env, exports);
  return exports;
}
NODE_API_MODULE(rxburst, Init)
