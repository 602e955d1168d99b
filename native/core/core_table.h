// What a module built apart from the addon may call in it: the benchmark's loops in C. The addon exports one C
// function, rxburst_core(), which gives this table.
#pragma once
#include "memory/arena.h"
#include "worker/worker.h"

namespace rxb {

constexpr uint32_t kCoreAbi = 1;  // raised when a function of the table changes; structs are compared by their sizes

struct CoreTable {
  uint32_t abi, layout, worker_bytes, slot_bytes, arena_bytes;
  Worker *(*current)();  // the worker that this thread runs, or null
  void (*turn)(Worker *);
  Arena *(*arena)();
};

// Whether the table was built from the same sources as whoever asks.
inline bool IsOurs(const CoreTable &t) {
  return t.abi == kCoreAbi && t.layout == LayoutNumber() && t.worker_bytes == sizeof(Worker) &&
         t.slot_bytes == sizeof(Slot) && t.arena_bytes == sizeof(Arena);
}

}  // namespace rxb
