// The four single-producer single-consumer rings that an AF_XDP socket shares with the kernel
// (Documentation/networking/af_xdp.rst, "Rings"). They lie outside the arena: no JavaScript reaches them.
#pragma once
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../../abi/status.h"

#ifndef XDP_USE_SG  // since Linux 6.6
#define XDP_USE_SG (1 << 4)
#define XDP_PKT_CONTD (1 << 0)
#endif

namespace rxb {

struct XskRing {
  uint32_t *producer = nullptr, *consumer = nullptr, *flags = nullptr;
  void *entries = nullptr;
  uint32_t size = 0;
  // Ours: cached_prod of fill and tx, cached_cons of rx and completion. The other one is the kernel's as last read.
  uint32_t cached_prod = 0, cached_cons = 0;
  void *map = MAP_FAILED;
  size_t map_bytes = 0;

  Status Map(int fd, uint32_t entry_count, size_t entry_bytes, const xdp_ring_offset &at, off_t page) {
    size = entry_count;
    map_bytes = at.desc + entry_count * entry_bytes;
    map = mmap(nullptr, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
    if (map == MAP_FAILED) return FailErrno("mapping an AF_XDP ring");
    auto *bytes = static_cast<uint8_t *>(map);
    producer = reinterpret_cast<uint32_t *>(bytes + at.producer);
    consumer = reinterpret_cast<uint32_t *>(bytes + at.consumer);
    flags = reinterpret_cast<uint32_t *>(bytes + at.flags);
    entries = bytes + at.desc;
    return {};
  }
  void Unmap() {
    if (map != MAP_FAILED) munmap(map, map_bytes);
    *this = {};
  }

  uint64_t &Address(uint32_t index) const { return static_cast<uint64_t *>(entries)[index & (size - 1)]; }
  xdp_desc &Descriptor(uint32_t index) const { return static_cast<xdp_desc *>(entries)[index & (size - 1)]; }
  bool NeedsWakeup() const { return __atomic_load_n(flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP; }

  // As producer (libxdp's xsk_prod_nb_free and xsk_ring_prod__submit): entries free to write, looking at the kernel's
  // index only when fewer than `enough` seem free.
  uint32_t Free(uint32_t enough) {
    uint32_t free = size - (cached_prod - cached_cons);
    if (free >= enough) return free;
    cached_cons = __atomic_load_n(consumer, __ATOMIC_ACQUIRE);
    return size - (cached_prod - cached_cons);
  }
  void Submit(uint32_t n) { __atomic_store_n(producer, cached_prod += n, __ATOMIC_RELEASE); }
  // Whether the kernel has taken everything that was submitted.
  bool Drained() const { return __atomic_load_n(consumer, __ATOMIC_ACQUIRE) == cached_prod; }

  // As consumer (libxdp's xsk_cons_nb_avail and xsk_ring_cons__release): entries there to read.
  uint32_t Available(uint32_t enough) {
    uint32_t available = cached_prod - cached_cons;
    if (available >= enough) return available;
    cached_prod = __atomic_load_n(producer, __ATOMIC_ACQUIRE);
    return cached_prod - cached_cons;
  }
  void Release(uint32_t n) { __atomic_store_n(consumer, cached_cons += n, __ATOMIC_RELEASE); }
};

}  // namespace rxb
