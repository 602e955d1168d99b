// First fit over the arena's ring space, addresses behind the frames. Seldom called: when a queue is bound and unbound.
#include "ring_space.h"

#include <sys/mman.h>

#include <map>
#include <mutex>

#include "arena.h"

namespace rxb {

namespace {

std::mutex ring_space_lock;                    // queues are bound on their workers' threads
std::map<uint64_t, uint64_t> ring_space_lent;  // where a piece begins, where it ends: bytes from Arena::ring_space
constexpr uint64_t kRingSpacePage = 4096;

}  // namespace

uint8_t *TakeRingSpace(uint64_t bytes) {
  std::lock_guard<std::mutex> lock(ring_space_lock);
  bytes = (bytes + kRingSpacePage - 1) / kRingSpacePage * kRingSpacePage;
  uint64_t at = 0;
  for (auto [from, to] : ring_space_lent) {
    if (from - at >= bytes) break;
    at = to;
  }
  if (at + bytes > TheArena()->ring_space_bytes) return nullptr;
  ring_space_lent[at] = at + bytes;
  return TheArena()->ring_space + at;
}

void GiveRingSpaceBack(uint8_t *piece, uint64_t bytes) {
  mmap(piece, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  std::lock_guard<std::mutex> lock(ring_space_lock);
  ring_space_lent.erase(static_cast<uint64_t>(piece - TheArena()->ring_space));
}

}  // namespace rxb
