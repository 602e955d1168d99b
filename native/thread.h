// Pins the calling thread; says which CPUs there are.
#pragma once
#include <sched.h>

#include "status.h"

namespace rxb {

inline Status PinThread(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus) == 0) return {};
  cpu_set_t allowed;
  sched_getaffinity(getpid(), sizeof allowed, &allowed);
  return Fail(kBadArgument, "CPU %d can't be had: this process may run on %d CPUs. `taskset -p %d` shows which.", cpu, CPU_COUNT(&allowed),
              getpid());
}

}  // namespace rxb
