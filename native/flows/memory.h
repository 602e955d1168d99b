// Memory of tables: pages of this process alone, large ones where the kernel has them, outside the arena.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

#include "../abi/status.h"

namespace rxb {

// Null when there is no such room. Zeros; `touch`: all of it is taken from the machine now, so that no packet waits for
// a page.
inline void *TakePages(uint64_t bytes, bool touch) {
  void *at =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (touch ? 0 : MAP_NORESERVE), -1, 0);
  if (at == MAP_FAILED) return nullptr;
  madvise(at, bytes, MADV_HUGEPAGE);
  if (touch)
    for (uint64_t i = 0; i < bytes; i += 4096) static_cast<volatile uint8_t *>(at)[i] = 0;
  return at;
}
inline void GivePages(void *at, uint64_t bytes) {
  if (at) munmap(at, bytes);
}

// Bytes that the machine can give without taking them from anybody; a table that is touched beyond would end the
// process.
inline uint64_t BytesAvailable() {
  unsigned long long kib = 0;
  char line[128];
  FILE *file = fopen("/proc/meminfo", "re");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1) break;
  if (file) fclose(file);
  return kib * 1024;
}

}  // namespace rxb
