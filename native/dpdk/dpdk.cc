// The DPDK backend's unity root: a module of its own, because DPDK's inlines freeze one ABI into whoever includes them.
// clang-format off
#include "../nic/netdev.cc"
#include "../nic/watch.cc"
#include "../nic/qdisc.cc"
#include "../filter/validate.cc"
#include "../filter/compile.cc"
#include "../filter/graph.cc"
#include "../filter/rule_graph.cc"
#include "../filter/emit_cbpf.cc"
#include "../filter/fragments.cc"
#include "../filter/assembler.cc"
#include "../filter/value_emitter.cc"
#include "../filter/emit_ebpf.cc"
#include "../filter/emit_ntuple.cc"
#include "../xdp/metadata.cc"
#include "../xdp/program.cc"
// clang-format on
#include "burst.cc"
#include "describe.cc"
#include "device.cc"
#include "eal.cc"
#include "filter.cc"
#include "flow.cc"
#include "flow_pattern.cc"
#include "log.cc"
#include "pci.cc"
#include "pool.cc"
#include "port.cc"
#include "rings.cc"
#include "rss.cc"

// What the core looks up after dlopen() (native/core/module.cc).
extern "C" __attribute__((visibility("default"))) const rxb::Backend *rxburst_backend() { return &rxb::dpdk::kDpdkBackend; }
