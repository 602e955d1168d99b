// The DPDK backend's unity root: a module of its own, because DPDK's inlines freeze one ABI into whoever includes them.
// clang-format off
#include "../nic/netdev.cc"
#include "../nic/watch.cc"
#include "../nic/qdisc.cc"
#include "../filter/validate.cc"
#include "../filter/compile.cc"
#include "../filter/graph/graph.cc"
#include "../filter/graph/rule_graph.cc"
#include "../filter/emit/emit_cbpf.cc"
#include "../filter/fragments.cc"
#include "../filter/emit/assembler.cc"
#include "../filter/emit/value_emitter.cc"
#include "../filter/emit/emit_ebpf.cc"
#include "../offload/flow_match.cc"
#include "../xdp/rules.cc"
// clang-format on
#include "device/books.cc"
#include "device/describe.cc"
#include "device/device.cc"
#include "device/life.cc"
#include "device/open.cc"
#include "device/rings.cc"
#include "device/rss.cc"
#include "eal/eal.cc"
#include "eal/log.cc"
#include "eal/pci.cc"
#include "flow/filter.cc"
#include "flow/flow.cc"
#include "flow/flow_pattern.cc"
#include "flow/nic_flow.cc"
#include "flow/rte_flow_offload.cc"
#include "port.cc"
#include "queue/burst.cc"
#include "queue/pool.cc"

// What the core looks up after dlopen() (native/core/module.cc).
extern "C" __attribute__((visibility("default"))) const rxb::Backend *rxburst_backend() {
  return &rxb::dpdk::kDpdkBackend;
}
extern "C" __attribute__((visibility("default"))) uint32_t rxburst_pcap_compiles() {
  return rxb::steer::PcapCompiles();
}
