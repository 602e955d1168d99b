// The DPDK backend's unity root: a module of its own, because DPDK's inlines freeze one ABI into whoever includes them.
#include "../netdev.cc"
#include "../steer/filter.cc"
#include "../steer/graph.cc"
#include "../steer/metadata.cc"
#include "../steer/program.cc"
#include "../steer/rule_graph.cc"
#include "../steer/translate.cc"
#include "../steer/vet.cc"
#include "burst.cc"
#include "describe.cc"
#include "device.cc"
#include "eal.cc"
#include "filter.cc"
#include "log.cc"
#include "pool.cc"
#include "port.cc"
#include "rings.cc"
#include "rss.cc"

// What the core looks up after dlopen() (native/module.cc).
extern "C" __attribute__((visibility("default"))) const rxb::Backend *rxburst_backend() { return &rxb::dpdk::kDpdkBackend; }
