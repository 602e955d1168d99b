// The arena: the only owner of packet memory, of frames, and of who holds them.
#pragma once
#include <cstdint>

#include "../../abi/status.h"

namespace rxb {

enum class Pages : uint8_t { kHuge, kTransparent, kSmall };

// Frames lie in hugepages inside the shared WebAssembly memory; the tables about them lie outside it.
struct Arena {
  uint8_t *memory = nullptr;  // byte 0 of the SharedArrayBuffer
  uint64_t bytes = 0;
  WorkerBlock *blocks = nullptr;  // workersMax of them
  uint8_t *frames = nullptr;      // 2 MiB aligned
  uint32_t frame_size = 0;        // bytes, a power of two
  uint32_t frame_shift = 0;
  uint32_t frame_count = 0;
  Pages pages = Pages::kSmall;
  int memfd = -1;
  FrameState *state = nullptr;  // one per frame
  uint8_t *holder = nullptr;    // worker id + 1 while its slice holds the frame, else 0
  uint64_t frame_bytes = 0;     // mapped at `frames`: frame_count * frame_size, rounded up to a hugepage
  // the rest of the memory, unmapped pages: rings of backends whose kernel owns the frames
  uint8_t *ring_space = nullptr;
  uint64_t ring_space_bytes = 0;

  uint32_t OffsetOf(uint32_t frame) const { return static_cast<uint32_t>(frames - memory) + (frame << frame_shift); }
  // Index of the frame that holds this byte, or frame_count and more for a byte outside all frames.
  uint32_t FrameAt(uint32_t offset) const {
    uint64_t from = static_cast<uint64_t>(frames - memory);
    return offset < from ? frame_count : static_cast<uint32_t>((offset - from) >> frame_shift);
  }
};

struct ArenaRequest {
  uint8_t *memory;
  uint64_t bytes;
  uint32_t frame_count, frame_size;
  bool hugepages;  // false: don't try hugetlb pages
};

Arena *TheArena();  // null before CreateArena
// A process has one at a time. Under the control lock.
Status CreateArena(const ArenaRequest &);
// When nobody holds a frame any more; `for_good`: there can't be another one. Under the control lock.
void ReleaseArena(bool for_good);
const char *PagesName(Pages);

// A worker's slice: up to `count` free frames, as indices. Under the control lock.
uint32_t TakeFrames(uint32_t worker, uint32_t count, uint32_t *frames);
// Ends a slice. Frames that a zero-copy queue held until now rest for a while before anybody gets them.
void GiveFramesBack(uint32_t worker, bool zero_copy);
// Frames that no worker holds: those that can be had, and those that rest.
uint32_t FramesAvailable();
uint32_t FramesQuarantined();

}  // namespace rxb
