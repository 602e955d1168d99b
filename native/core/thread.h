// Pins and names the calling thread; says which CPUs there are.
#pragma once
#include <pthread.h>
#include <sched.h>

#include <cstdio>

#include "../abi/status.h"

namespace rxb {

inline Status PinThread(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus) == 0) return {};
  cpu_set_t allowed;
  sched_getaffinity(getpid(), sizeof allowed, &allowed);
  return Fail(kBadArgument, "CPU %d can't be used: this process may run on %d CPUs. `taskset -p %d` shows which.", cpu,
              CPU_COUNT(&allowed), getpid());
}

// What top -H and perf show.
inline void NameThread(uint32_t worker) {
  char name[16];
  snprintf(name, sizeof name, "rxburst-%u", worker);
  pthread_setname_np(pthread_self(), name);
}

}  // namespace rxb
