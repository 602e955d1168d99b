// The unity root: every native file of the core, and what it exports to each environment that loads it.
#include <napi.h>

// In the order in which they build on each other.
// clang-format off
#include "core/arena.cc"
#include "core/pool.cc"
#include "core/ring_space.cc"
#include "core/module.cc"
#include "core/registry.cc"
#include "core/transmit.cc"
#include "core/verdicts.cc"
#include "core/owned_frames.cc"
#include "core/turn.cc"
#include "core/worker.cc"
#include "core/lost.cc"
#include "core/audit.cc"
#include "bpf/btf.cc"
#include "nic/netdev.cc"
#include "nic/watch.cc"
#include "nic/ethtool.cc"
#include "nic/features.cc"
#include "nic/qdisc.cc"
#include "filter/validate.cc"
#include "filter/compile.cc"
#include "filter/graph.cc"
#include "filter/rule_graph.cc"
#include "filter/assembler.cc"
#include "filter/value_emitter.cc"
#include "filter/emit_ebpf.cc"
#include "filter/emit_cbpf.cc"
#include "filter/fragments.cc"
#include "filter/emit_ntuple.cc"
#include "xdp/metadata.cc"
#include "xdp/metadata_plan.cc"
#include "xdp/program.cc"
#include "xdp/pass.cc"
#include "xdp/generator.cc"
#include "xdp/classify.cc"
#include "grant/plugin_socket.cc"
#include "backends/loop.cc"
#include "backends/packet_socket.cc"
#include "backends/socket.cc"
#include "backends/packet_mmap.cc"
#include "backends/af_xdp/checksum.cc"
#include "backends/af_xdp/columns.cc"
#include "backends/af_xdp/receive.cc"
#include "backends/af_xdp/transmit.cc"
#include "backends/af_xdp/broker.cc"
#include "backends/af_xdp/socket.cc"
#include "backends/af_xdp/program.cc"
#include "backends/af_xdp/attach.cc"
#include "backends/af_xdp/open.cc"
#include "backends/af_xdp/lost.cc"
#include "backends/af_xdp/backend.cc"
#include "napi/arguments.cc"
#include "napi/descriptors.cc"
#include "napi/control.cc"
#include "napi/steering.cc"
#include "napi/nic.cc"
#include "napi/generator.cc"
#include "napi/classify.cc"
#include "napi/plugin_socket.cc"
#include "napi/broker_socket.cc"
#include "napi/broker.cc"
#include "bench/c_loop.cc"
#include "bench/xdp_drop.cc"
#include "bench/udp.cc"
// clang-format on

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  rxb::ExportControl(env, exports);
  rxb::ExportBench(env, exports);
  rxb::ExportClassify(env, exports);
  rxb::ExportFlood(env, exports);
  rxb::ExportDoor(env, exports);
  rxb::ExportBroker(env, exports);
  rxb::ExportNic(env, exports);
  rxb::ExportSteer(env, exports);
  return exports;
}
NODE_API_MODULE(rxburst, Init)
