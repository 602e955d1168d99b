// Maps the arena's pages into the shared WebAssembly memory and hands its frames to workers.
#include "arena.h"

#include <linux/memfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#ifndef MADV_COLLAPSE  // since Linux 6.1; libc's headers may be older
#define MADV_COLLAPSE 25
#endif

namespace rxb {

namespace {

constexpr uint64_t kHugePage = 2 << 20;
// How long a frame rests after its worker has closed the zero-copy queue that held it: the driver lets go in deferred
// work (xp_release_deferred), after two RCU grace periods. In copy mode the kernel lets go inside close().
constexpr uint64_t kQuarantineNs = 250'000'000;

Arena arena;
bool created = false;
bool unfit = false;                       // a library that can't change the memory it knows was told of the last arena
std::vector<uint64_t> quarantined_until;  // per frame, CLOCK_MONOTONIC ns; 0: at once

uint64_t RoundUp(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

uint64_t NowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return uint64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

// A file, so that a fork shares the pages instead of copying them; -1 when these pages can't be had.
int MapFile(uint8_t *at, uint64_t bytes, unsigned flags) {
  int fd = memfd_create("rxburst", MFD_CLOEXEC | flags);
  if (fd < 0) return -1;
  if (!ftruncate(fd, bytes) &&
      mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0) != MAP_FAILED)
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// Tries 2 MiB pages, then transparent ones, then 4 KiB; which it got is reported.
Status MapPages(uint8_t *at, uint64_t bytes, bool try_huge) {
  if (try_huge && (arena.memfd = MapFile(at, bytes, MFD_HUGETLB | MFD_HUGE_2MB)) >= 0) {
    arena.pages = Pages::kHuge;
  } else if ((arena.memfd = MapFile(at, bytes, 0)) >= 0) {
    arena.pages = madvise(at, bytes, MADV_COLLAPSE) == 0 ? Pages::kTransparent : Pages::kSmall;
  } else {
    if (errno == EMFILE || errno == ENFILE) return FailErrno("making a file for packet memory");
    return Fail(kNoMemory, "there is no memory of %llu MiB for packets: %s. Ask for fewer frames.",
                (unsigned long long)bytes >> 20, strerror(errno));
  }
  madvise(at, bytes, MADV_DONTFORK);
  madvise(at, bytes, MADV_DONTDUMP);
  return {};
}

}  // namespace

Arena *TheArena() { return created ? &arena : nullptr; }

const char *PagesName(Pages pages) {
  return pages == Pages::kHuge ? "2M" : pages == Pages::kTransparent ? "thp" : "4K";
}

Status CreateArena(const ArenaRequest &request) {
  if (created)
    return Fail(kArenaExists,
                "a process has one arena, and it belongs to the thread that opened the first port: call open() and "
                "run() in that thread");
  if (unfit)
    return Fail(kArenaExists,
                "the thread that had the arena has ended, and DPDK takes no other: open dpdk: ports in a thread that "
                "lives, or start a new "
                "process");
  uintptr_t first =
      reinterpret_cast<uintptr_t>(request.memory) + k_wasmFirstSlice + uint64_t(k_workersMax) * k_wasmSliceBytes;
  uint8_t *base = reinterpret_cast<uint8_t *>(RoundUp(first, kHugePage));  // V8 aligns its memories to 64 KiB only
  uint64_t control = RoundUp(sizeof(WorkerBlock) * k_workersMax, kHugePage);
  uint64_t frame_bytes = RoundUp(uint64_t(request.frame_count) * request.frame_size, kHugePage);
  if (base + control + frame_bytes > request.memory + request.bytes)
    return Fail(kBadArgument, "the memory of %llu bytes is too small for %u frames", (unsigned long long)request.bytes,
                request.frame_count);
  arena.memory = request.memory;
  arena.bytes = request.bytes;
  RXB_TRY(MapPages(base, control + frame_bytes, request.hugepages));
  arena.blocks = reinterpret_cast<WorkerBlock *>(base);
  arena.frames = base + control;
  arena.frame_size = request.frame_size;
  arena.frame_shift = static_cast<uint32_t>(__builtin_ctz(request.frame_size));
  arena.frame_count = request.frame_count;
  arena.frame_bytes = frame_bytes;
  arena.ring_space = arena.frames + frame_bytes;
  arena.ring_space_bytes = request.memory + request.bytes - arena.ring_space;
  arena.state = static_cast<FrameState *>(calloc(request.frame_count, 1));
  arena.holder = static_cast<uint8_t *>(calloc(request.frame_count, 1));
  if (!arena.state || !arena.holder) {
    created = true;  // as far as it has come
    ReleaseArena(false);
    return Fail(kNoMemory, "there is no memory for the table of %u frames. Ask for fewer frames.", request.frame_count);
  }
  quarantined_until.assign(request.frame_count, 0);
  created = true;
  return {};
}

// Whoever still has a view of the memory reads zeros from now on.
void ReleaseArena(bool for_good) {
  if (!created) return;
  auto *base = reinterpret_cast<uint8_t *>(arena.blocks);
  mmap(base, arena.frames + arena.frame_bytes - base, PROT_READ | PROT_WRITE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  close(arena.memfd);
  free(arena.state);
  free(arena.holder);
  arena = {};
  created = false;
  unfit = for_good;
}

uint32_t TakeFrames(uint32_t worker, uint32_t count, uint32_t *frames) {
  uint64_t now = NowNs();
  uint32_t taken = 0;
  for (uint32_t i = 0; i < arena.frame_count && taken < count; i++) {
    if (arena.holder[i] || quarantined_until[i] > now) continue;
    arena.holder[i] = static_cast<uint8_t>(worker + 1);
    arena.state[i] = kFree;
    frames[taken++] = i;
  }
  return taken;
}

void GiveFramesBack(uint32_t worker, bool zero_copy) {
  uint64_t until = zero_copy ? NowNs() + kQuarantineNs : 0;
  for (uint32_t i = 0; i < arena.frame_count; i++) {
    if (arena.holder[i] != worker + 1) continue;
    FrameState state = WithoutSlot(arena.state[i]);
    quarantined_until[i] = state == kPosted || state == kQueued ? until : 0;
    arena.state[i] = kFree;
    arena.holder[i] = 0;
  }
}

static uint32_t CountUnheld(bool quarantined) {
  uint64_t now = NowNs();
  uint32_t n = 0;
  for (uint32_t i = 0; i < arena.frame_count; i++) n += !arena.holder[i] && (quarantined_until[i] > now) == quarantined;
  return n;
}

uint32_t FramesAvailable() { return CountUnheld(false); }
uint32_t FramesQuarantined() { return CountUnheld(true); }

}  // namespace rxb
