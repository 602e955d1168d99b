// The DPDK backend's unity root: a module of its own, because DPDK's inlines freeze one ABI into whoever includes them.
#include "burst.cc"
#include "describe.cc"
#include "device.cc"
#include "eal.cc"
#include "log.cc"
#include "pool.cc"
#include "port.cc"
#include "rings.cc"
#include "rss.cc"

// What the core looks up after dlopen() (native/module.cc).
extern "C" __attribute__((visibility("default"))) const rxb::Backend *rxburst_backend() { return &rxb::dpdk::kDpdkBackend; }
