// First fit over the arena's spare addresses. Seldom called: when a queue is bound and unbound.
#include "ring_space.h"

#include <sys/mman.h>

#include <map>
#include <mutex>

#include "arena.h"

namespace rxb {

namespace {

std::mutex spare_lock;                    // queues are bound on their workers' threads
std::map<uint64_t, uint64_t> spare_lent;  // where a piece begins, where it ends: bytes from Arena::spare
constexpr uint64_t kSparePage = 4096;

}  // namespace

uint8_t *TakeSpare(uint64_t bytes) {
  std::lock_guard<std::mutex> lock(spare_lock);
  bytes = (bytes + kSparePage - 1) / kSparePage * kSparePage;
  uint64_t at = 0;
  for (auto [from, to] : spare_lent) {
    if (from - at >= bytes) break;
    at = to;
  }
  if (at + bytes > TheArena()->spare_bytes) return nullptr;
  spare_lent[at] = at + bytes;
  return TheArena()->spare + at;
}

void GiveSpareBack(uint8_t *piece, uint64_t bytes) {
  mmap(piece, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  std::lock_guard<std::mutex> lock(spare_lock);
  spare_lent.erase(static_cast<uint64_t>(piece - TheArena()->spare));
}

}  // namespace rxb
