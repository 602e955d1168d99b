// Makes mempools over frames of the arena; a frame's handle is its mbuf's address.
#include "pool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <vector>

#include "../eal/eal.h"

namespace rxb::dpdk {

namespace {

constexpr uint8_t kPoison = 0xdb;
constexpr uint32_t kCacheLine = 64;
// Frames are a power of two apart, so packets that all begin at the same place in theirs share few sets of the L1 cache
// and push each other out. Splitting mbufs from frames lets each begin elsewhere: measured on net_null, 53 -> 87 Mpps.
constexpr uint32_t kColours = 16;
constexpr useconds_t kReturnPollUs = 1000;
constexpr int kReturnPolls = 200;

bool frames_registered;
std::vector<uint64_t> page_iova;  // PA mode: per 2 MiB page of the frame region
constexpr uint64_t kHugePage = 2 << 20;

struct SplitLayout {
  const Arena *arena;
  const uint32_t *frames;
  MbufPool *pool;
  uint32_t colours;
};

// A bare header whose buffer lies in the arena; without the external flag, so that freeing it is the fast path.
void InitSplit(rte_mempool *mempool, void *layout, void *object, unsigned index) {
  auto &l = *static_cast<SplitLayout *>(layout);
  auto *m = static_cast<rte_mbuf *>(object);
  memset(static_cast<void *>(m), 0, sizeof *m);
  uint32_t frame = l.frames[index];
  // frames of one 4 KiB page differ anyhow
  uint32_t skew = frame * l.arena->frame_size / 4096 % l.colours * kCacheLine;
  m->buf_addr = l.arena->memory + l.arena->OffsetOf(frame) + skew;
  rte_mbuf_iova_set(m, IovaOf(l.arena, m->buf_addr));
  m->buf_len = static_cast<uint16_t>(l.arena->frame_size - skew);
  m->data_off = RTE_PKTMBUF_HEADROOM;
  m->pool = mempool;
  m->nb_segs = 1;
  m->port = RTE_MBUF_PORT_INVALID;
  rte_mbuf_refcnt_set(m, 1);
  l.pool->mbuf_of[frame] = m;
}

void NoteExternal(rte_mempool *, void *pool_, void *object, unsigned) {
  auto *pool = static_cast<MbufPool *>(pool_);
  auto *m = static_cast<rte_mbuf *>(object);
  auto offset = static_cast<uint32_t>(static_cast<uint8_t *>(m->buf_addr) - pool->arena->memory);
  pool->mbuf_of[pool->arena->FrameAt(offset)] = m;
}

uint32_t CacheSize(uint32_t count) {
  uint32_t most = count / 4;  // what lies in the cache is missing from nobody, but two threads may have one
  return most < RTE_MEMPOOL_CACHE_MAX_SIZE ? most : RTE_MEMPOOL_CACHE_MAX_SIZE;
}

void UniqueName(char *name, size_t size, const char *purpose) {
  static std::atomic<uint32_t> made{0};
  snprintf(name, size, "rxb_%s_%u", purpose, made++);
}

rte_mempool *MakeSplit(const char *name, SplitLayout &layout, uint32_t count) {
  rte_pktmbuf_pool_private data{};
  data.mbuf_data_room_size = static_cast<uint16_t>(layout.arena->frame_size - (layout.colours - 1) * kCacheLine);
  return rte_mempool_create(name, count, sizeof(rte_mbuf), CacheSize(count), sizeof data, rte_pktmbuf_pool_init, &data,
                            InitSplit, &layout, SOCKET_ID_ANY, 0);
}

rte_mempool *MakeExternal(const char *name, const Arena *arena, const uint32_t *frames, uint32_t count) {
  std::vector<rte_pktmbuf_extmem> memory(count);
  for (uint32_t i = 0; i < count; i++) {
    void *at = arena->memory + arena->OffsetOf(frames[i]);
    memory[i] = {at, IovaOf(arena, at), arena->frame_size, static_cast<uint16_t>(arena->frame_size)};
  }
  return rte_pktmbuf_pool_create_extbuf(name, count, CacheSize(count), 0, static_cast<uint16_t>(arena->frame_size),
                                        SOCKET_ID_ANY, memory.data(), count);
}

uint32_t Alloc(Pool *base, uint64_t *handles, uint32_t n) {
  auto *pool = static_cast<MbufPool *>(base);
  auto **mbufs = reinterpret_cast<rte_mbuf **>(handles);
  uint32_t got = n;
  if (n && rte_pktmbuf_alloc_bulk(pool->mempool, mbufs, n) != 0)  // all or none
    for (got = 0; got < n && (mbufs[got] = rte_pktmbuf_alloc(pool->mempool)); got++) continue;
  pool->in_core += got;
  return got;
}

// Every mbuf here is one segment, held once, and of this pool: receive() sees to it. So it needs no look at the
// headers.
void Free(Pool *base, const uint64_t *handles, uint32_t n) {
  auto *pool = static_cast<MbufPool *>(base);
  if (__builtin_expect(pool->poison, 0))
    for (uint32_t i = 0; i < n; i++)
      memset(pool->arena->memory + pool->arena->OffsetOf(FrameOf(pool, handles[i])), kPoison, pool->arena->frame_size);
  pool->in_core -= n;
  rte_mempool_put_bulk(pool->mempool, reinterpret_cast<void *const *>(handles), n);
}

uint32_t FrameOfMbuf(const Pool *base, uint64_t handle) {
  const Arena *arena = static_cast<const MbufPool *>(base)->arena;
  auto *at = static_cast<uint8_t *>(reinterpret_cast<rte_mbuf *>(handle)->buf_addr);
  return static_cast<uint32_t>((at - arena->frames) >> arena->frame_shift);
}

uint64_t HandleOfFrame(const Pool *base, uint32_t frame) {
  return reinterpret_cast<uint64_t>(static_cast<const MbufPool *>(base)->mbuf_of[frame]);
}

void Count(const Pool *base, PoolCounts *counts) {
  auto *pool = static_cast<const MbufPool *>(base);
  counts->free = pool->counted = rte_mempool_avail_count(pool->mempool);
}

// A device that keeps frames after its queue is closed must not find them in somebody else's hands: they stay out of
// circulation, and their headers stay where the device knows them.
void Strand(MbufPool *pool) {
  Arena *arena = const_cast<Arena *>(pool->arena);
  std::vector<bool> back(arena->frame_count);
  rte_mbuf *m;
  while ((m = rte_mbuf_raw_alloc(pool->mempool))) back[FrameOf(pool, reinterpret_cast<uint64_t>(m))] = true;
  for (uint32_t frame = 0; frame < arena->frame_count; frame++)
    if (pool->mbuf_of[frame] && !back[frame]) arena->holder[frame] = 0xff;
}

void Destroy(Pool *base) {
  auto *pool = static_cast<MbufPool *>(base);
  auto missing = [&] { return rte_mempool_avail_count(pool->mempool) < pool->frames; };
  for (int i = 0; i < kReturnPolls && missing(); i++) usleep(kReturnPollUs);
  if (missing())
    Strand(pool);
  else
    rte_mempool_free(pool->mempool);
  free(pool->mbuf_of);
  delete pool;
  LeaveThread();
}

const PoolOps kOps = {Alloc, Free, FrameOfMbuf, HandleOfFrame, Count, Destroy};

}  // namespace

Status RegisterFrames(const Arena *arena) {
  if (frames_registered) return {};
  uint64_t page = arena->pages == Pages::kHuge ? kHugePage : 4096, pages = arena->frame_bytes / page;
  std::vector<rte_iova_t> iova;
  if (rte_eal_iova_mode() == RTE_IOVA_PA) {
    if (arena->pages != Pages::kHuge)
      return Fail(kEal,
                  "EAL uses physical addresses, which only hugepages keep, and packet memory lies on small pages. "
                  "Reserve hugepages, sysctl -w vm.nr_hugepages=%llu, or use an IOMMU: eal: '--iova-mode=va'.",
                  (unsigned long long)(arena->frame_bytes / kHugePage + 64));
    for (uint64_t i = 0; i < pages; i++) {
      page_iova.push_back(rte_mem_virt2phy(arena->frames + i * page));
      if (page_iova.back() == RTE_BAD_IOVA)
        return Fail(kEal,
                    "EAL uses physical addresses and the kernel does not tell them to this process. Run as root, or "
                    "use an IOMMU: eal: "
                    "'--iova-mode=va'.");
    }
    iova.assign(page_iova.begin(), page_iova.end());
  }
  if (rte_extmem_register(arena->frames, arena->frame_bytes, iova.empty() ? nullptr : iova.data(),
                          static_cast<unsigned>(pages), page) != 0)
    return Fail(kEal, "DPDK does not take packet memory of %llu MiB: %s", (unsigned long long)arena->frame_bytes >> 20,
                rte_strerror(rte_errno));
  frames_registered = true;
  return {};
}

uint64_t IovaOf(const Arena *arena, const void *address) {
  if (page_iova.empty()) return reinterpret_cast<uint64_t>(address);
  uint64_t at = static_cast<const uint8_t *>(address) - arena->frames;
  return page_iova[at / kHugePage] + at % kHugePage;
}

Status MakeMbufPool(const Arena *arena, Memory memory, uint32_t room, const uint32_t *frames, uint32_t count,
                    Pool **out) {
  RXB_TRY(EnterThread());
  auto *pool = new MbufPool{};
  pool->ops = &kOps;
  pool->frames = count;
  pool->arena = arena;
  pool->mbuf_of = static_cast<rte_mbuf **>(calloc(arena->frame_count, sizeof(rte_mbuf *)));
  char name[RTE_MEMPOOL_NAMESIZE];
  UniqueName(name, sizeof name, "frames");
  if (memory == Memory::kSplit) {
    uint32_t spare = (arena->frame_size - RTE_PKTMBUF_HEADROOM - room) / kCacheLine;
    SplitLayout layout{arena, frames, pool, spare + 1 < kColours ? spare + 1 : kColours};
    pool->mempool = MakeSplit(name, layout, count);
  } else {
    pool->mempool = MakeExternal(name, arena, frames, count);
    if (pool->mempool) rte_mempool_obj_iter(pool->mempool, NoteExternal, pool);
  }
  if (pool->mempool) {
    *out = pool;
    return {};
  }
  free(pool->mbuf_of);
  delete pool;
  LeaveThread();
  return Fail(kNoMemory,
              "DPDK has no memory for the headers of %u packets: %s. Reserve hugepages, sysctl -w vm.nr_hugepages=128, "
              "or give it more without: "
              "eal: '--no-huge -m %u'.",
              count, rte_strerror(rte_errno), count / 4096 + 32);
}

rte_mempool *MakeOwnPool(const char *purpose, uint32_t count, uint32_t room) {
  char name[RTE_MEMPOOL_NAMESIZE];
  UniqueName(name, sizeof name, purpose);
  uint32_t bytes = RTE_PKTMBUF_HEADROOM + (room < 2048 ? 2048 : room);
  return rte_pktmbuf_pool_create(name, count, CacheSize(count), 0, static_cast<uint16_t>(bytes), SOCKET_ID_ANY);
}

}  // namespace rxb::dpdk
