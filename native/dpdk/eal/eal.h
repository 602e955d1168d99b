// DPDK's environment: started once per process, on a thread of its own, where all of the control plane then runs.
#pragma once
#include <bitset>
#include <functional>

#include "../../abi/status.h"

namespace rxb::dpdk {

struct EalRequest {
  const char *options;  // EAL's own, as on its command line; may be null
  bool physical;        // the device that is wanted first is not a virtual one
  bool physical_iova;   // and it can only take physical addresses
};

// Starts EAL if it isn't running. A second start with other options is refused.
Status StartEal(const EalRequest &);
bool EalHasPci();

// Runs a function on EAL's thread and waits for it. EAL pins whoever starts it, and some drivers start threads that
// inherit their maker's CPUs, so no thread of Node's does this work.
void OnEalThread(const std::function<void()> &);

// Makes the calling thread known to DPDK, without which mempools have no cache for it. Counted per thread.
Status EnterThread();
void LeaveThread();

// DPDK leaves descriptors open to children. Those that it opens while this lives get FD_CLOEXEC at its end. It
// remembers which were open to children before, not which were open: a driver that closes one of its own and opens
// another gets the same number.
class ClosedOnExec {
 public:
  ClosedOnExec();
  ~ClosedOnExec();

 private:
  static constexpr int kMax = 4096;
  using Set = std::bitset<kMax>;
  static Set OpenToChildren();
  const Set before;
};

}  // namespace rxb::dpdk
