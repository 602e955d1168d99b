// DPDK's environment: started once per process, on a thread of its own, where all of the control plane then runs.
#pragma once
#include <functional>

#include "../status.h"

namespace rxb::dpdk {

struct EalRequest {
  const char *options;  // EAL's own, as on its command line; may be null
  bool physical;        // the device that is wanted first is not a virtual one
  bool physical_iova;   // and it can only take physical addresses
};

// Starts EAL if it isn't running. A second start with other options is refused.
Status StartEal(const EalRequest &);
bool EalHasPci();

// Runs a function on EAL's thread and waits for it. EAL pins whoever starts it, and some drivers start threads that inherit
// their maker's CPUs, so no thread of Node's does this work.
void OnEalThread(const std::function<void()> &);

// Makes the calling thread known to DPDK, without which mempools have no cache for it. Counted per thread.
Status EnterThread();
void LeaveThread();

// Descriptors that DPDK leaves open to children get FD_CLOEXEC; `before` as OpenDescriptors() gave it: those open to children
// then, not all, because a driver that closes one of its own and opens another gets the same number.
struct Descriptors {
  uint64_t bits[64];  // the first 4096
};
Descriptors OpenDescriptors();
void CloseOnExec(const Descriptors &before);

}  // namespace rxb::dpdk
