// The core pool's five functions.
#include "pool.h"

#include <cstdlib>
#include <cstring>

namespace rxb {

namespace {

constexpr uint8_t kPoison = 0xdb;

struct CorePool : Pool {
  uint32_t count;
  uint32_t stack[];  // free frames; the last one in comes out first, while it is still in the cache
};

uint32_t CoreAlloc(Pool *base, uint64_t *handles, uint32_t n) {
  auto *pool = static_cast<CorePool *>(base);
  if (n > pool->count) n = pool->count;
  for (uint32_t i = 0; i < n; i++) handles[i] = pool->stack[--pool->count];
  return n;
}

void CoreFree(Pool *base, const uint64_t *handles, uint32_t n) {
  auto *pool = static_cast<CorePool *>(base);
  Arena *arena = TheArena();
  for (uint32_t i = 0; i < n; i++) {
    auto frame = static_cast<uint32_t>(handles[i]);
    arena->state[frame] = kFree;
    pool->stack[pool->count++] = frame;
    if (pool->poison) memset(arena->memory + arena->OffsetOf(frame), kPoison, arena->frame_size);
  }
}

uint32_t CoreFrameOf(const Pool *, uint64_t handle) { return static_cast<uint32_t>(handle); }
uint64_t CoreHandleOf(const Pool *, uint32_t frame) { return frame; }
void CoreCount(const Pool *pool, PoolCounts *counts) { counts->free = static_cast<const CorePool *>(pool)->count; }
void CoreDestroy(Pool *pool) { free(pool); }

const PoolOps kCorePoolOps = {CoreAlloc, CoreFree, CoreFrameOf, CoreHandleOf, CoreCount, CoreDestroy};

}  // namespace

Pool *MakeCorePool(const uint32_t *frames, uint32_t count, bool poison) {
  auto *pool = static_cast<CorePool *>(malloc(sizeof(CorePool) + sizeof(uint32_t) * count));
  if (!pool) return nullptr;
  pool->ops = &kCorePoolOps;
  pool->frames = pool->count = count;
  pool->poison = poison;
  pool->core = pool->tracks_states = true;
  memcpy(pool->stack, frames, sizeof(uint32_t) * count);
  return pool;
}

}  // namespace rxb
